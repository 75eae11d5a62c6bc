"""The two readings of a claim agree: CEL as an API server evaluates it, and the rule in Python."""

import pytest

from backstay.claims import baseline
from backstay.claims.claim import Installed
from backstay.claims.policy import RESOURCES, policies
from backstay.claims.registry import EXPRESSED, known
from support import casebook
from support.celengine import BrokenError, messages
from support.modelling import model
from support.stored import stored

_CASES = [case for case in casebook.cases() if case.objects and case.rule in known()]
"""The cases of all rules that have a policy; each policy is asked about all of them."""


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
    return installed, [stored(value) for value in whole]


_ASKED = {
    "tolerations": [
        {"key": "dedicated", "operator": "Equal", "value": "ml", "effect": "NoSchedule"},
        {"key": "spot"},
    ]
}
_BASELINE = model(casebook.on_base({"admission": {"baseline": _ASKED}})).admission.baseline
_EVERY = {
    **{one.rule: one for one in EXPRESSED},
    **{one.rule: one for one in baseline.expressed(_BASELINE)},
    **{f"{one.rule}-filled": one for one in baseline.expressed(_BASELINE, baseline.DEFAULTS)},
}


@pytest.mark.parametrize("expressed", _EVERY.values(), ids=_EVERY)
def test_cel_and_python_agree_on_every_case(expressed):
    """An object of the cases is accepted by CEL iff Python finds nothing, and CEL says what Python says."""
    judged = denied = 0
    for case in _CASES:
        installed, objects = _whole(case)
        asked = list(policies(expressed, installed))
        kinds = {kind for one in asked for kind in one.kinds}
        for obj in (one for one in objects if one["kind"] in kinds):
            try:
                told = [said for one in asked if obj["kind"] in one.kinds for said in messages(one, obj)]
            except BrokenError as broken:
                pytest.fail(f"{case.id}: {broken}")
            expected = _said(expressed, installed, obj)
            assert bool(told) == bool(expected), f"{case.id}: {told} {expected}"
            assert set(told) <= set(expected), case.id
            judged, denied = judged + 1, denied + bool(told)
    assert judged > 3
    assert denied
