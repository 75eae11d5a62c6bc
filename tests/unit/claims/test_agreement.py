"""The two readings of a claim agree: CEL as an API server evaluates it, and the rule in Python."""

import pytest

from backstay.claims.claim import Installed
from backstay.claims.policy import RESOURCES, policies
from backstay.claims.registry import EXPRESSED
from support import casebook
from support.celengine import BrokenError, messages

_CASES = [case for case in casebook.cases() if case.objects]
_OF_NO_SHAPE = {"KFP001: data of another shape"}
"""Cases with objects that the API server refuses before policies see them."""


def _said(expressed, installed, obj):
    """What Python says of one object, as a policy would put it."""
    return [
        f"{expressed.rule}: {found.message} ({found.help})"
        for claim in expressed.claims(installed)
        for found in claim.judge(obj["kind"], obj, partial=False)
    ]


def _whole(case):
    context = casebook.context(case)
    installed = Installed(context.features, context.versions)
    whole = [item.value for item in context.items if not item.partial and item.ref.kind in RESOURCES]
    return installed, [_stored(value) for value in whole]


def _stored(value):
    """A value as API servers keep it: what is null is not there."""
    if isinstance(value, dict):
        return {key: _stored(inner) for key, inner in value.items() if inner is not None}
    return [_stored(inner) for inner in value if inner is not None] if isinstance(value, list) else value


def _cases_for(rule):
    """The rule's own cases, and a seventh of all others: most of them are about kinds that it does not read."""
    others = [case for case in _CASES if case.rule != rule]
    return [
        case
        for case in (*(case for case in _CASES if case.rule == rule), *others[::7])
        if case.id not in _OF_NO_SHAPE
    ]


@pytest.mark.parametrize("expressed", EXPRESSED, ids=lambda one: one.rule)
def test_cel_and_python_agree_on_every_case(expressed):
    """An object of the cases is accepted by CEL iff Python finds nothing, and CEL says what Python says."""
    judged = denied = 0
    for case in _cases_for(expressed.rule):
        installed, objects = _whole(case)
        asked = list(policies(expressed, installed))
        for obj in objects:
            try:
                told = [said for one in asked if obj["kind"] in one.kinds for said in messages(one, obj)]
            except BrokenError as broken:
                pytest.fail(f"{case.id}: {broken}")
            expected = _said(expressed, installed, obj)
            assert bool(told) == bool(expected), f"{case.id}: {told} {expected}"
            assert set(told) <= set(expected), case.id
            judged, denied = judged + 1, denied + bool(told)
    assert judged > 20
    assert denied
