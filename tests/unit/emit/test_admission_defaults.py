"""What `admission.defaults` becomes: mutating policies over pods alone, and templates judged by what no default mends."""

import pytest

from backstay.claims import baseline
from support import casebook
from support.compiler import compile_spec

POLICY, BINDING = "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"
ASKED = {"tolerations": [{"key": "dedicated", "effect": "NoSchedule"}]}


def compiled(kubernetes="1.36", **admission):
    """The base spec with such a section."""
    spec = {"platform": {"kubernetes": kubernetes}, "admission": {"baseline": ASKED, **admission}}
    return compile_spec(casebook.on_base(spec))


def objects(**admission):
    """The objects for the API server, by kind and name."""
    return {
        (one.value["kind"], one.value["metadata"]["name"]): one.value
        for one in compiled(**admission).settled
        if one.file.startswith("component/admission/")
    }


def found(rule, **admission):
    """The findings of a rule."""
    return [one for one in compiled(**admission).findings if one.rule == rule]


def test_nothing_is_mended_where_nobody_asks():
    """Defaults are opt-in, rule by rule."""
    assert not [kind for kind, _ in objects() if kind.startswith("Mutating")]
    named = {name for kind, name in objects(defaults=["SEC004"]) if kind.startswith("Mutating")}
    assert named == {"backstay-sec004"}


def test_only_pods_of_controllers_are_changed_and_only_when_they_are_made():
    """They are in no repository, so that nothing drifts."""
    made = objects(defaults=["SEC003", "SEC004", "SEC005"], exemptNamespaces=["lab"])
    for rule in ("sec003", "sec004", "sec005"):
        policy, binding = made[POLICY, f"backstay-{rule}"], made[BINDING, f"backstay-{rule}"]["spec"]
        (asked,) = policy["spec"]["matchConstraints"]["resourceRules"]
        assert asked["resources"] == ["pods"]
        assert asked["operations"] == ["CREATE"]
        assert "owner.?controller" in policy["spec"]["matchConditions"][0]["expression"]
        assert policy["spec"]["failurePolicy"] == "Ignore"
        assert binding["policyName"] == f"backstay-{rule}"
        assert "lab" in binding["matchResources"]["namespaceSelector"]["matchExpressions"][0]["values"]


@pytest.mark.parametrize(("line", "version"), [("1.36", "v1"), ("1.37", "v1"), ("1.34", "v1beta1"), ("1.35", "v1beta1")])  # fmt: skip
def test_the_version_is_the_clusters(line, version):
    """Stable from 1.36 on."""
    made = objects(kubernetes=line, defaults=["SEC004"])
    assert (
        made[POLICY, "backstay-sec004"]["apiVersion"]
        == made[BINDING, "backstay-sec004"]["apiVersion"]
        == f"admissionregistration.k8s.io/{version}"
    )


def test_a_cluster_that_cannot_mend_is_told():
    """An error before 1.34, and a warning with the switches where it is off by default."""
    (early,) = found("ADM004", kubernetes="1.33", defaults=["SEC004"])
    assert (early.severity, early.place.path) == ("error", "admission.defaults")
    (off,) = found("ADM004", kubernetes="1.35", defaults=["SEC004"])
    assert off.severity == "warning"
    assert "--feature-gates=MutatingAdmissionPolicy=true" in off.help
    assert not found("ADM004", defaults=["SEC004"])
    assert not found("ADM004", kubernetes="1.33")


def test_a_rule_that_has_no_default_is_a_finding():
    """So is one that the baseline does not ask for."""
    told = found(
        "ADM003", defaults=["SEC004", "SEC002", "JOB001", "SEC005"], baseline={"memoryLimits": False}
    )
    assert [(one.place.path, one.message) for one in told] == [
        ("admission.defaults[0]", "JOB001 has no default"),
        ("admission.defaults[1]", "SEC002 has no default"),
        ("admission.defaults[2]", "SEC004 asks for nothing that can be filled in"),
        ("admission.defaults[3]", "SEC005 asks for nothing that can be filled in"),
    ]
    assert not found("ADM003", defaults=list(baseline.DEFAULTS))


def test_a_default_goes_with_its_rule():
    """A rule that is off mends nothing; Gatekeeper judges, and the API server mends all the same."""
    off = objects(defaults=["SEC004"], rules={"SEC004": "off"})
    assert (POLICY, "backstay-sec004") not in off
    beside = objects(defaults=["SEC004"], engine="gatekeeper")
    assert (POLICY, "backstay-sec004") in beside
    assert ("ConstraintTemplate", "backstaysec004") in beside


def test_templates_are_judged_by_what_no_default_mends():
    """In files as in the cluster: tolerations are filled in for all pods, a limit only where there is a request."""
    mended = compiled(defaults=["SEC004", "SEC005"])
    claims = {
        one.rule: {kind for claim in one.claims(None) for kind in claim.over}
        for one in baseline.expressed(
            mended.cluster.admission.baseline, mended.cluster.admission.defaults.value
        )
    }
    assert claims["SEC004"] == {"Pod"}
    assert {"Pod", "Deployment", "JobSet"} <= claims["SEC005"]
    assert "requests" in str(objects(defaults=["SEC005"])["ValidatingAdmissionPolicy", "backstay-sec005"])
    assert "requests" not in str(objects()["ValidatingAdmissionPolicy", "backstay-sec005"])
