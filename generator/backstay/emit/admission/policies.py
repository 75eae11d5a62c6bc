"""ValidatingAdmissionPolicy and its binding, one pair for each rule and severity.

The API group is stable from Kubernetes 1.30 on, which is the oldest that is supported. All versions of a kind are asked for,
so that objects are judged as they were sent. Namespaces are told apart by the label that the API server gives them itself.
Source: kubernetes/api admissionregistration/v1 types.go (ValidatingAdmissionPolicySpec, ValidatingAdmissionPolicyBindingSpec).
"""

from collections.abc import Iterator

from backstay.claims.policy import RESOURCES
from backstay.core.fact import Fact
from backstay.core.manifest import Manifest
from backstay.emit.admission.meant import CHANGED, Meant, meant, named
from backstay.emit.parts import Body, new_object
from backstay.model.admission import Admission, Answer, Engine
from backstay.model.cluster import Cluster

API = "admissionregistration.k8s.io/v1"
SOURCE = "kubernetes/api admissionregistration/v1 types.go"
NAME_LABEL = "kubernetes.io/metadata.name"
_ACTIONS = {Answer.DENY: ["Deny"], Answer.WARN: ["Warn", "Audit"], Answer.AUDIT: ["Audit"]}


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """A policy and a binding for everything that is asked for, where the API server judges itself."""
    admission = cluster.admission
    if admission is None or admission.engine.value is not Engine.POLICIES:
        return
    for one in meant(cluster, admission):
        yield new_object("admission", API, "ValidatingAdmissionPolicy", one.name, "", SOURCE, spec=_policy(one, admission))  # fmt: skip
        yield new_object("admission", API, "ValidatingAdmissionPolicyBinding", one.name, "", SOURCE, spec=_binding(one, admission))  # fmt: skip


def _policy(one: Meant, admission: Admission) -> Body:
    policy = one.policy
    variables = named(policy.variables)
    spec: Body = {
        "failurePolicy": admission.fails_closed.to(lambda closed: "Fail" if closed else "Ignore"),
        "matchConstraints": {"resourceRules": [_rule(group, kinds) for group, kinds in policy.by_group.items()]},
        "matchConditions": named((("says-something-new", CHANGED), *one.conditions)),
        "variables": variables,
        "validations": [
            {"expression": check.expression, "messageExpression": check.message, "message": f"{policy.rule} is violated"}
            for check in policy.validations
        ],
    }  # fmt: skip
    return spec if variables else {key: value for key, value in spec.items() if key != "variables"}


def _rule(group: str, kinds: list[str]) -> Body:
    return {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [RESOURCES[kind][1] for kind in kinds],
    }


def _binding(one: Meant, admission: Admission) -> Body:
    return {
        "policyName": one.name,
        "validationActions": _actions(one.answer),
        "matchResources": elsewhere(admission),
    }


def elsewhere(admission: Admission) -> Body:
    """Every namespace but those that are left alone, and what is in none."""
    others = {"key": NAME_LABEL, "operator": "NotIn", "values": admission.exempt_namespaces.to(list)}
    return {"namespaceSelector": {"matchExpressions": [others]}}


def _actions(answer: Fact[Answer]) -> Fact[list[str]]:
    return answer.to(lambda chosen: _ACTIONS[chosen])
