"""Every rule has a policy or a reason why not; what a policy says of severity is what its rule says."""

import re

from backstay.check.registry import CHECKS
from backstay.claims.claim import Installed
from backstay.claims.policy import policies
from backstay.claims.reasons import explained, left, reason
from backstay.claims.registry import EXPRESSED, known
from backstay.upstream.catalog import features

_CHECKS = {check.rule.id: check.rule for check in CHECKS}


def test_every_rule_has_a_policy_or_a_reason():
    """A new rule has to say whether a cluster can judge it."""
    assert explained() == set(_CHECKS)


def test_no_rule_has_both():
    """A reason that has become untrue is found."""
    assert not [rule for rule in known() if reason(rule)]
    assert left("JOB018")
    assert not left("JOB001")


def test_a_policy_is_as_severe_as_its_rule():
    """The severity is written beside the claims, and the rule takes it from there."""
    assert [one.rule for one in EXPRESSED if _CHECKS[one.rule].severity is not one.severity] == []


def test_ids_are_unique_and_in_order_of_families():
    """No rule is expressed twice."""
    ids = [one.rule for one in EXPRESSED]
    assert len(set(ids)) == len(ids) > 15


def test_variables_have_names_of_their_own():
    """Two variables of one name would make the API server refuse the policy."""
    installed = Installed(
        features(kueue="0.18", pipelines="2.15"), {"kueue": "0.18", "pipelines": "2.15", "istio": "1.30"}
    )
    made = [policy for one in EXPRESSED for policy in policies(one, installed)]
    assert {policy.rule for policy in made} == {one.rule for one in EXPRESSED}
    for policy in made:
        names = [name for name, _ in policy.variables]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z_0-9]+", name) for name in names)
        assert all(one.message.startswith(f"'{policy.rule}: ") for one in policy.validations)
