"""Values, limits and ways as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.core.fact import Fact, Origin, OriginKind, from_spec
from backstay.core.manifest import Manifest, Role, YamlText, settle
from backstay.core.units import read_duration
from backstay.explain.failure import Unknown
from backstay.explain.fields import fields, select
from backstay.explain.lines import page
from backstay.explain.steps import with_value
from backstay.explain.words import amount, contrast, duration, shown
from backstay.render.yaml import dump

FIXED = Origin(OriginKind.FIXED, "upstream")


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0, "0s"), (150, "150ms"), (1500, "1.5s"), (60_000, "1m"), (86_956, "1m26.956s"), (3_600_001, "1h0.001s"), (-5000, "-5s")],
)  # fmt: skip
def test_durations_are_exact_and_short(ms, words):
    """To the millisecond, as Go prints them."""
    assert duration(ms) == words


@given(st.integers(0, 10**7).map(lambda n: n * 1000))
def test_whole_seconds_read_back(ms):
    """What is printed is what a spec may say."""
    assert read_duration(duration(ms)) == ms


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (1, "retries", "1 retry"),
        (3, "retries", "3 retries"),
        (1, "attempts", "1 attempt"),
        (2**20, "bytes", "1Mi"),
    ],
)
def test_numbers_carry_their_unit(value, unit, words):
    """One retry, three retries."""
    assert amount(value, unit) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [("60s", "60s"), ("", '""'), (" x", '" x"'), ("a\nb", '"a\\nb"'), (None, "null"), (True, "true"), ([1, "a"], '[1, "a"]')],
)  # fmt: skip
def test_values_stand_on_one_line(value, words):
    """Quoted only where they would be misread."""
    assert shown(value) == words


def test_long_values_are_cut_where_they_differ():
    """The part that is alike says nothing."""
    one, other = contrast("x" * 200 + "1", "x" * 200 + "2")
    assert one.startswith("...x")
    assert (one[-1], other[-1]) == ("1", "2")
    assert len(one) < 40


def test_short_values_are_contrasted_whole():
    """Nothing to cut."""
    assert contrast("60s", 5) == ("60s", "5")


def test_only_our_own_colours_reach_the_terminal():
    """Anything else that drives it is written out."""
    assert page(["\x1b[1ma\x1b[0m", "b\x1b]0;x\x07\u202e"]) == "\x1b[1ma\x1b[0m\nb\\x1b]0;x\\x07\\x202e\n"


def settled(body, role=Role.OBJECT):
    """A file with that body."""
    return settle(Manifest("x.yaml", role, body, FIXED), dump)


def test_a_field_has_the_nearest_origins():
    """Its own, those of the container that was made whole, or the file's."""
    made = Fact({"b": [1, 2]}, from_spec(0, "made").origins)
    found = {
        one.route: one.origins[0].ref
        for one in fields(settled({"kind": "K", "a": made, "c": from_spec(1, "c")}))
    }
    assert found == {("kind",): "upstream", ("a", "b", 0): "made", ("a", "b", 1): "made", ("c",): "c"}


def test_fields_inside_a_text_have_their_own_origins():
    """The emitter's words in it stay the emitter's; a text that came as a text is its writer's throughout."""
    body = {"ours": YamlText({"x": from_spec(1, "x"), "y": 2}), "theirs": from_spec("x: 1\ny: 2\n", "pin")}
    found = {one.route: one.origins[0].ref for one in fields(settled({"data": body}))}
    assert found == {
        ("data", "ours", "x"): "x", ("data", "ours", "y"): "upstream",
        ("data", "theirs", "x"): "pin", ("data", "theirs", "y"): "pin",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a: [", "just words\nin two lines\n", "- a\n- b\n"])
def test_a_text_that_holds_no_mapping_is_one_field(text):
    """Broken YAML, prose and lists are not taken apart."""
    assert [one.value for one in fields(settled({"data": {"x": text}}))] == [text]


def test_files_of_a_kustomization_go_by_their_names():
    """Its lists are sets."""
    kustomization = settled(
        {"resources": ["b.yaml", "a.yaml"], "patches": [{"path": "p.yaml"}]}, Role.KUSTOMIZE
    )
    assert [one.named for one in fields(kustomization)] == [
        ("resources", "b.yaml"), ("resources", "a.yaml"), ("patches", "p.yaml", "path"),
    ]  # fmt: skip


def test_a_way_from_the_root_beats_the_end_of_another():
    """`a` is the first, not the one below `b`."""
    found = select(settled({"a": 1, "b": {"a": 2}}), "a")
    assert [one.value for one in found] == [1]


def test_an_end_that_several_fields_have_is_refused_with_all_of_them():
    """At most ten are listed."""
    with pytest.raises(Unknown) as refused:
        select(settled({f"k{n}": {"x": {"v": 1}} for n in range(12)}), "x.v")
    assert refused.value.message == "`x.v` is the end of 12 fields of x.yaml"
    assert refused.value.help.endswith("... and 2 more")


@pytest.mark.parametrize(
    ("route", "value", "expected"),
    [
        (("a", "b"), 2, {"a": {"b": 2}, "l": [1, 2], "s": "2.15"}),
        (("a", "b"), None, {"a": {}, "l": [1, 2], "s": "2.15"}),
        (("l", 0), None, {"a": {"b": 1}, "l": [2], "s": "2.15"}),
        (("l", 1), 5, {"a": {"b": 1}, "l": [1, 5], "s": "2.15"}),
        (("n", "m"), 3, {"a": {"b": 1}, "l": [1, 2], "s": "2.15", "n": {"m": 3}}),
        (("s", "x"), 4, {"a": {"b": 1}, "l": [1, 2], "s": {"version": "2.15", "x": 4}}),
    ],
)
def test_a_value_is_put_or_taken_away_in_a_copy(route, value, expected):
    """What is missing is made, a short form is written out, and the original stays."""
    whole = {"a": {"b": 1}, "l": [1, 2], "s": "2.15"}
    assert with_value(whole, route, value, lambda at: "version" if at == ("s",) else None) == expected
    assert whole == {"a": {"b": 1}, "l": [1, 2], "s": "2.15"}
