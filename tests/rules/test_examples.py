"""The Bad and Good of every rule's page: the rule finds the one and passes the other."""

import pytest

from backstay.check.registry import CHECKS
from backstay.core.diagnostic import Severity
from backstay.core.ruledoc import read_doc
from support.showing import found_in


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.id)
def test_the_bad_example_is_found(check):
    """By the rule whose page shows it."""
    found = found_in(check.rule.id, read_doc(check.rule.doc)["Bad"])
    assert check.rule.id in {one.rule for one in found}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.id)
def test_the_good_example_passes(check):
    """It has no finding of the rule, and is no error by another; what it leaves out only the schemas miss."""
    found = found_in(check.rule.id, read_doc(check.rule.doc)["Good"])
    assert check.rule.id not in {one.rule for one in found}
    assert not [one for one in found if one.severity is Severity.ERROR and not one.rule.startswith("SCH")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.id)
def test_examples_are_whole(check):
    """What stands there can be copied: nothing is left out by dots."""
    bad, good = (read_doc(check.rule.doc)[name] for name in ("Bad", "Good"))
    assert bad
    assert good
    assert bad != good
    assert "..." not in bad + good
