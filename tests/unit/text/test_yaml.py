"""Plain values out of YAML texts: what they are, and what is refused before it can hurt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.text.yaml import MAX_BRACKETS, MAX_CHARACTERS, brackets_at_once, expanded, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("a: {b: [1, 2.5, true, null, x]}", {"a": {"b": [1, 2.5, True, None, "x"]}}),
        (
            "on: off\nat: 12:30\noctal: 0o14\nold: 010\n",
            {"on": "off", "at": "12:30", "octal": 12, "old": "010"},
        ),
        ('{"a": "x\\ty"}', {"a": "x\ty"}),
        ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
        ("8080: web\ntrue: yes\n", {"8080": "web", "true": "yes"}),
    ],
)
def test_values_are_those_of_the_core_schema(text, value):
    """A text means what YAML 1.2 says it means."""
    assert parse(text) == value


def test_merge_keys_bring_in_what_is_not_said_here():
    """The mapping's own keys win, then the first of the merged ones."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\n"
    assert parse(text)["c"] == {"x": 3, "y": 1, "z": 2}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a: [1\nb: 2", "expected ',' or ']'"),
        ("a: 1\na: 2\n", "duplicate"),
        ("a: 1\n---\nb: 2\n", "more than one document"),
        ("<<: 3\n", "mappings only"),
        ("null: 1\n", "key is not a text"),
        ("[" * 5000, "brackets"),
        ("{a: " * 5000, "brackets"),
        ("[" * 150 + "]" * 150, "brackets"),
        ("a" * (MAX_CHARACTERS + 1), "characters"),
        ("a: \ud800", "surrogates"),
    ],
)
def test_what_is_no_yaml_or_too_much_is_a_value_error(text, part):
    """The message says which it was."""
    with pytest.raises(ValueError, match=part):
        parse(text)


def test_aliases_that_multiply_are_refused_unread():
    """Nine levels of nine aliases, and one long list repeated, never reach the parser."""
    levels = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    long = f"a: &a [{','.join(['x'] * 5000)}]\nb: [{','.join(['*a'] * 5000)}]\n"
    for text in ("\n".join(levels), long):
        with pytest.raises(ValueError, match="aliases"):
            parse(text)


def test_stars_without_an_anchor_are_no_aliases():
    """Cron lines and globs do not count against the bound."""
    text = "\n".join(f"k{n}: 'x & y *a *b *c'" for n in range(200))
    assert expanded(text) == len(text)
    assert len(parse(text)) == 200


def test_many_small_brackets_are_fine():
    """The bound is on brackets open at one place, not on their number."""
    text = "a: [" + ",".join(["{b: [[1]]}"] * 1000) + "]"
    assert brackets_at_once(text) == 4
    assert len(parse(text)["a"]) == 1000


def test_brackets_are_counted_up_to_the_bound_only():
    """Balanced brackets deeper than the bound are as bad as open ones."""
    assert brackets_at_once("[" * 900 + "]" * 900) > MAX_BRACKETS
    assert brackets_at_once("]" * 900 + "[" * 101) > MAX_BRACKETS


@given(st.text(alphabet=st.sampled_from(list("ab:-&*[]{}<!|>'\"# \n\t,?0.\ud800\ufeff\x00é")), max_size=60))
def test_any_text_is_a_value_or_a_value_error(text):
    """Nothing else ever comes out, whatever goes in."""
    try:
        value = parse(text)
    except ValueError:
        return
    assert value is None or isinstance(value, bool | int | float | str | list | dict)
