"""An object is held against policies as data, and read as CUE only where something is wrong: both come to the same."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstay.check.cue.door import Context
from e2e.support.cue import config, engine, faults, item, judge
from e2e.support.missing import skip_or_fail

pytestmark = pytest.mark.e2e

LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=4)
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abc"), below, max_size=3),
)
ASKS = (
    "int", "<5 & >-5", "float", "number", 'string & !=""', "bool", "null", "[...int]", "{a?: int, b!: string, ...}",
    "int | [...string] | {a!: null, ...}", '{a?: int, if a != _|_ if a > 3 {error("more than 3")}, ...} | int',
)  # fmt: skip


@cache
def asked() -> tuple[Any, Any]:
    """Policies of all types, with a judge and by the door."""
    text = "\n".join(f"p{number}: {{@policy(), x?: {one}}}" for number, one in enumerate(ASKS))
    with skip_or_fail():
        program = engine()
    one = judge(program, text)
    return one, Context(one._process).compile(text)


@settings(max_examples=100, deadline=None)
@given(value=VALUES)
def test_both_readings_come_to_the_same(value: Any) -> None:
    """Of any value under any type."""
    one, policies = asked()
    given_ = config(x=value)
    judged = {told.policy for told in one.judge([item(given_)])}
    broken = {policy.name for policy in one.compiled.policies if faults(policies.lookup(policy.name), given_)}
    assert broken == judged
