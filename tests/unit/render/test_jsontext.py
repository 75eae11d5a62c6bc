"""JSON files: readable diffs, one order, exact values."""

import json

from hypothesis import given
from hypothesis import strategies as st

from backstay.render.jsontext import dump

VALUES = st.dictionaries(
    st.text(),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda below: st.lists(below) | st.dictionaries(st.text(), below),
        max_leaves=10,
    ),
)


@given(value=VALUES)
def test_the_value_comes_back_and_order_does_not_matter(value):
    """Any value survives, in ASCII, and insertion order leaves no trace."""
    assert json.loads(dump(value)) == value
    assert dump(dict(reversed(value.items()))) == dump(value)
    assert dump(value).isascii()


def test_the_layout():
    """One entry a line, flat containers on one, keys by code point."""
    assert dump({"b": {"x": [1, 2], "a": {"k": "v"}}, "a": [], "c": [{"n": 1, "m": "ü"}, 2]}) == (
        '{\n "a": [],\n "b": {\n  "a": {"k": "v"},\n  "x": [1, 2]\n },\n'
        ' "c": [\n  {"m": "\\u00fc", "n": 1},\n  2\n ]\n}\n'
    )
