"""The fast way and the slow way to a value agree wherever the fast one is taken."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backstay.load.clean import clean_value, is_clean
from backstay.load.compose import compose, placed
from support.examples import times
from support.repository import REPO

_SCALARS = st.text(alphabet="0123456789+-.eExXoObB_:~infaINFNtrulTRUnyosf%", max_size=9) | st.sampled_from(
    [
        "0o14",
        "0x10",
        "1_000",
        "08",
        "1e3",
        ".5",
        "12:30",
        "yes",
        "on",
        "~",
        "0b1",
        ".inf",
        "-.INF",
        ".NaN",
        "1e400",
        "+012",
        "-0x1",
        "-0o7",
        "00",
        "1.",
        "1.e3",
        "-0",
        "0.10",
        "null",
        "Null",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "2026-01-05",
        "0123-45",
        "1e+400",
        "0.1e-400",
        "9e999",
        "52e556b3-57af-4969-8706-dc0f2b1e9d5a",
    ]
)
_TEXTS = st.text(
    alphabet=st.sampled_from(
        list("ab01.-:?,&*!%#|>'\"@`[]{}<~ \n\n\n  \t\r\x85\u2028\ufeffé\U0001f600\x00\\")
    ),
    max_size=80,
)


def _same(left, right):
    """Equal, with `1`, `1.0` and `True` told apart."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and left == right


def _assert_agreed(text):
    try:
        fast = clean_value(text)
    except ValueError:
        return
    composed, found = compose(text, "f")
    assert found == []
    assert len(composed) <= 1
    assert _same(composed[0].value if composed else None, fast)


@times(2.5)
@given(
    st.lists(_SCALARS, min_size=1, max_size=4),
    st.sampled_from(["a: {0}", "- {0}", "[{0}]", "{{a: {0}}}", '{{"a":{0}}}', "{0}: a"]),
)
@example(["1" * 400 + ".5"], "a: {0}")
def test_scalars_mean_the_same_both_ways(scalars, shape):
    """Numbers, words and what only looks like them."""
    _assert_agreed("\n".join(shape.format(scalar) for scalar in scalars))


@times(4)
@given(_TEXTS)
def test_texts_mean_the_same_both_ways(text):
    """Any mix of the characters that mean something to YAML."""
    _assert_agreed(text)


@pytest.mark.parametrize(
    "text",
    [
        "a:\t1", "a: &x 1", "a: !x 1", "a:\n  !!str 1", "a: ! 1", "- !<x> 1", "a:\n  - [b, !x 1]", "!x\na: 1", "<<: {a: 1}", "%YAML 1.2\n---\na: 1", "a: 1\n---\nb: 1", "a: 1\n...\n",
        "\ufeffa: 1", "a: 1\r\n", "a: \x85", "a: 010", "a: [08]", '{"a":010}', "a: 0b1", "a: -0x1", "a: 1e400", "a: .inf",
        "a: " + "9" * 400 + ".0", "a: " + "[" * 101 + "]" * 101, "- " * 200 + "a",
    ],
)  # fmt: skip
def test_whatever_is_read_differently_is_not_clean(text):
    """Such a text goes the slow way."""
    with pytest.raises(ValueError, match=r"not clean|a tag"):
        clean_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "uid: 52e556b3-57af-4969-8706-dc0f2b1e9d5a",
        "---\na: 1\n",
        "on: yes\nat: 12:30\n",
        "a: 'x & y! *'\nb: [team/train-*]\n",
        "uid: 0b3d2c11-1e55-4c4e-9a3e-0a3e12e34567\nday: 2026-01-05\nsum: sha256:01e5553e123\n",
        "version: 1.36.0\nidle: 300s\nsize: 64Gi\nhost: 10.0.0.1\nsite: a.info\n",
        "rule: self.all(t, !has(t.x)) || !has(self.y)\n",
        "run: |\n  test -x a && ! b || exit 1\n",
    ],
)
def test_what_specs_are_made_of_is_clean(text):
    """Such a text goes the fast way, and comes out as a mapping."""
    assert is_clean(text)
    assert isinstance(clean_value(text), dict)


@pytest.mark.parametrize(
    "text", ["1: a", "? [a]\n: b", "a: 1\na: 2", "a: [", "\n".join(" " * n + "a:" for n in range(120))]
)
def test_a_clean_text_may_still_be_refused(text):
    """Keys that are no text, duplicates, broken and deep texts are left to the slow way."""
    with pytest.raises(ValueError, match=r".+"):
        clean_value(text)


@times(4)
@given(_TEXTS)
@example("a: [db:5432]\nb: {url: http://x}\n")
@example("a:\n  - 'é'  # \U0001f600 note\n  - {b: 1, c: }\n")
def test_both_parsers_place_what_a_clean_text_says(text):
    """Documents of a clean text stand where ruamel's own parser sees them, whichever parser was asked."""
    if is_clean(text):
        assert placed(text, "f") == compose(text, "f")[0]


@pytest.mark.parametrize("name", ["lab", "prod-eu", "prod-us", "staging"])
def test_specs_are_placed_by_libyaml(name, monkeypatch):
    """What people write is read the fast way, to the same places."""
    text = (REPO / f"specs/clusters/{name}.yaml").read_text()
    slow = compose(text, "f")[0]
    monkeypatch.setattr("backstay.load.compose.events", None)
    assert placed(text, "f") == slow
