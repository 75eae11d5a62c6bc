"""Gatekeeper's ConstraintTemplates and Constraints: the same expressions, for its engine K8sNativeValidation.

The engine is on by default from Gatekeeper 3.17 on. It reads the CEL of ValidatingAdmissionPolicy, so that there is no second text in
Rego that could say something else. It spells `matchCondition` in the singular, and ignores the plural. It makes no policies of its own
from these templates (`generateVAP`): two judges would answer twice.
Source: open-policy-agent/gatekeeper pkg/drivers/k8scel/schema/schema.go (Source), open-policy-agent/frameworks
constraint/pkg/apis/templates/v1 (ConstraintTemplateSpec).
"""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.manifest import Manifest
from backstay.emit.admission.meant import CHANGED, Meant, meant, named
from backstay.emit.parts import Body, new_object
from backstay.model.admission import Admission, Answer, Engine
from backstay.model.cluster import Cluster

TEMPLATE_API, CONSTRAINT_API = "templates.gatekeeper.sh/v1", "constraints.gatekeeper.sh/v1beta1"
SOURCE = "open-policy-agent/gatekeeper pkg/drivers/k8scel/schema/schema.go"
ENGINE, TARGET = "K8sNativeValidation", "admission.k8s.gatekeeper.sh"
_ACTIONS = {Answer.DENY: "deny", Answer.WARN: "warn", Answer.AUDIT: "dryrun"}


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """A template and a constraint for everything that is asked for, where Gatekeeper judges."""
    admission = cluster.admission
    if admission is None or admission.engine.value is not Engine.GATEKEEPER:
        return
    for one in meant(cluster, admission):
        kind = "".join(word.capitalize() for word in one.name.split("-"))
        yield new_object("admission", TEMPLATE_API, "ConstraintTemplate", kind.lower(), "", SOURCE, spec=_template(one, kind))  # fmt: skip
        yield new_object("admission", CONSTRAINT_API, kind, one.name, "", SOURCE, spec=_constraint(one, admission))  # fmt: skip


def _template(one: Meant, kind: str) -> Body:
    source: Body = {
        "failurePolicy": "Fail",
        "generateVAP": False,
        "matchCondition": named((("says-something-new", _CHANGED_OR_AUDITED), *one.conditions)),
        "variables": named(one.policy.variables),
        "validations": [
            {"expression": check.expression, "messageExpression": check.message, "message": f"{one.policy.rule} is violated"}
            for check in one.policy.validations
        ],
    }  # fmt: skip
    code = [{"engine": ENGINE, "source": source}]
    return {
        "crd": {"spec": {"names": {"kind": kind}}},
        "targets": [{"target": TARGET, "code": code}],
    }


_CHANGED_OR_AUDITED = f"oldObject == null || {CHANGED}"
"""An audit of what is there has no old object, and means every object."""


def _constraint(one: Meant, admission: Admission) -> Body:
    kinds = [{"apiGroups": [group], "kinds": kinds} for group, kinds in one.policy.by_group.items()]
    return {
        "enforcementAction": _action(one.answer),
        "match": {"kinds": kinds, "excludedNamespaces": admission.exempt_namespaces.to(list)},
    }


def _action(answer: Fact[Answer]) -> Fact[str]:
    return answer.to(lambda chosen: _ACTIONS[chosen])
