"""A rule whose body is gone is noticed: finding nothing, it fails at least one of its own cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from backstay.check.registry import CHECKS
from support import casebook


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.id)
def test_a_rule_that_finds_nothing_fails_its_cases(check):
    """`test_rules.test_case` compares with what the cases expect; here: that an empty answer would not pass."""
    file = Path(casebook.FOLDER) / f"{check.rule.id}.yaml"
    assert [case.name for case in casebook.cases_in(file) if casebook.differences([], case.findings)]
