"""What a spec's `admission` section becomes."""

import pytest

from support import casebook
from support.compiler import compile_spec

POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"


def compiled(**admission):
    """The base spec with such a section, compiled."""
    return compile_spec(casebook.on_base({"admission": admission}))


def objects(**admission):
    """The objects for the API server, by kind and name."""
    made = compiled(**admission).settled
    return {
        (one.value["kind"], one.value["metadata"]["name"]): one.value
        for one in made
        if one.file.startswith("component/admission/")
    }


def actions(**admission):
    """What each binding does."""
    found = objects(**admission).items()
    return {name: one["spec"]["validationActions"] for (kind, name), one in found if kind == BINDING}


def test_nothing_is_emitted_where_nobody_asks():
    """The base spec has no such section."""
    made = compile_spec(casebook.on_base({})).settled
    assert made
    assert not [one.file for one in made if "admission" in one.file]


def test_every_policy_has_its_binding():
    """One without the other does nothing."""
    made = objects()
    policies = {name for kind, name in made if kind == POLICY}
    assert policies == {name for kind, name in made if kind == BINDING}
    assert len(policies) > 12
    assert all(made[BINDING, name]["spec"]["policyName"] == name for name in policies)


def test_severity_decides_the_answer_and_a_rule_may_have_its_own():
    """Errors are denied and warnings warned about, unless somebody says otherwise."""
    plain = actions()
    assert plain["backstay-job001"] == ["Deny"]
    assert plain["backstay-job023"] == ["Warn", "Audit"]
    assert plain["backstay-msh031"] == ["Deny"]
    assert plain["backstay-msh031-warning"] == ["Warn", "Audit"]
    other = actions(errors="audit", warnings="deny", rules={"JOB001": "warn", "JOB002": "off"})
    assert other["backstay-job010"] == ["Audit"]
    assert other["backstay-job023"] == ["Deny"]
    assert other["backstay-job001"] == ["Warn", "Audit"]
    assert "backstay-job002" not in other


def test_what_is_not_installed_brings_no_policy():
    """The base cluster has no Kueue, so nothing is known about its annotations."""
    assert (POLICY, "backstay-job009") not in objects()
    assert (POLICY, "backstay-kfp001") in objects()


def test_the_baseline_is_asked_for_line_by_line():
    """A line that is off, or has nothing to ask for, brings no policy."""
    assert not [name for _, name in objects() if "sec" in name]
    asked = {name for kind, name in objects(baseline={}) if kind == POLICY and "sec" in name}
    assert asked == {"backstay-sec002", "backstay-sec003", "backstay-sec005"}
    loose = {"hostNetwork": True, "runAsNonRoot": False, "memoryLimits": False, "tolerations": [{"key": "a"}]}
    assert {name for kind, name in objects(baseline=loose) if kind == POLICY and "sec" in name} == {
        "backstay-sec004"
    }


def test_kubernetes_own_namespaces_are_exempt_and_others_join_them():
    """What must start before anything can be mended is never locked up."""
    binding = objects(exemptNamespaces=["istio-system"])[BINDING, "backstay-kfp001"]
    selector = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"][0]
    assert selector["operator"] == "NotIn"
    assert selector["values"] == ["kube-node-lease", "kube-public", "kube-system", "istio-system"]


@pytest.mark.parametrize(("stated", "policy"), [("fail", "Fail"), ("ignore", "Ignore")])
def test_what_cannot_be_evaluated_is_denied_or_taken(stated, policy):
    """As the spec says."""
    assert objects(onFailure=stated)[POLICY, "backstay-kfp001"]["spec"]["failurePolicy"] == policy


def test_gatekeeper_comes_in_the_place_of_policies():
    """Two judges of one thing would answer twice."""
    made = objects(engine="gatekeeper", warnings="audit", exemptNamespaces=["lab"])
    assert not [kind for kind, _ in made if kind in {POLICY, BINDING}]
    assert ("ConstraintTemplate", "backstaykfp001") in made
    constraint = made["BackstayKfp001", "backstay-kfp001"]["spec"]
    assert constraint["enforcementAction"] == "deny"
    assert constraint["match"]["kinds"] == [{"apiGroups": [""], "kinds": ["ConfigMap"]}]
    assert "lab" in constraint["match"]["excludedNamespaces"]
    assert made["BackstayJob023", "backstay-job023"]["spec"]["enforcementAction"] == "dryrun"


def test_a_rule_without_a_policy_is_a_finding_at_its_line():
    """And so is one that does not exist; nobody may believe that it is enforced."""
    found = [
        one for one in compiled(rules={"MSH001": "deny", "JOB001": "warn"}).findings if one.rule == "ADM001"
    ]
    assert [(one.place.path, one.message) for one in found] == [
        ("admission.rules.MSH001", "no admission policy can be made of MSH001")
    ]
