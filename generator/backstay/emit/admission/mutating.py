"""MutatingAdmissionPolicy and its binding, one pair for each rule whose default is asked for.

Only pods that a controller makes are changed, and only when they are made. They stand in no repository, so that no GitOps engine
ever compares them with one; a pod that somebody wrote is judged as it is. What cannot be filled in is no reason to
refuse: the policy that validates comes after, and decides. Called again after webhooks have added containers of their own.
Source: kubernetes/api admissionregistration/v1 types.go (MutatingAdmissionPolicySpec, MutatingAdmissionPolicyBindingSpec).
"""

from collections.abc import Iterator

from backstay.claims.mutation import Mutation, mutations
from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.emit.admission.meant import Meant, installed_in, meant, named, of_baseline
from backstay.emit.admission.policies import elsewhere
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster

STABLE, BETA = "admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1"
SOURCE = "kubernetes/api admissionregistration/v1 types.go"
_BY_CONTROLLER = "object.metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false) && owner.kind != 'Node')"
"""A node owns what its kubelet runs from files; what the API server keeps of that is a mirror, and changes nothing."""
_FIELDS = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """A policy and a binding for each default, where the cluster can have them."""
    admission = cluster.admission
    if admission is None or not cluster.has(Feature.MUTATING_POLICIES):
        return
    api = STABLE if cluster.has(Feature.MUTATING_POLICIES_STABLE) else BETA
    asked = {one.rule: one for one in of_baseline(admission) if one.rule in admission.defaults.value}
    for one in meant(cluster, admission):
        if one.policy.rule in asked:
            changes = list(mutations(asked[one.policy.rule], installed_in(cluster)))
            binding: Body = {"policyName": one.name, "matchResources": elsewhere(admission)}
            yield new_object("admission", api, "MutatingAdmissionPolicy", one.name, "", SOURCE, spec=_policy(one, changes))  # fmt: skip
            yield new_object("admission", api, "MutatingAdmissionPolicyBinding", one.name, "", SOURCE, spec=binding)  # fmt: skip


def _policy(one: Meant, changes: list[Mutation]) -> Body:
    made = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    return {
        "failurePolicy": "Ignore",
        "reinvocationPolicy": "IfNeeded",
        "matchConstraints": {"resourceRules": [made]},
        "matchConditions": named((("made-by-a-controller", _BY_CONTROLLER), *one.conditions)),
        "mutations": [
            {"patchType": change.sort, _FIELDS[change.sort]: {"expression": change.expression}}
            for change in changes
        ],
    }
