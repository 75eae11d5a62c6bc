"""Defaults in a real API server: it fills in what pods of controllers lack, once, and then takes what it would have denied."""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING

import pytest

from backstay.claims import baseline
from backstay.claims.claim import Installed
from backstay.core.fix import changed
from e2e.support.kubeapi import Refused
from e2e.support.process import until
from support import casebook
from support.compiler import compile_spec

if TYPE_CHECKING:
    from e2e.support.kubeapi import Apiserver

pytestmark = pytest.mark.e2e

SECONDS = 60
DEDICATED = {"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}
SPOT = {"key": "spot", "operator": "Exists"}
ASKED = {
    "baseline": {"tolerations": [{"key": "dedicated", "effect": "NoSchedule"}, {"key": "spot"}]},
    "defaults": ["SEC003", "SEC004", "SEC005"],
}
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": "api-7d9",
    "uid": "5f3c1a52-0000-4000-8000-000000000001",
    "controller": True,
}
ASKS = {"requests": {"memory": "64Mi", "cpu": "1"}}


def pod(*containers, owner=OWNER, namespace="default", **spec):
    """A pod that a ReplicaSet made, or somebody by hand."""
    metadata = {"name": "api-7d9-x", "namespace": namespace} | ({"ownerReferences": [owner]} if owner else {})
    listed = [{"image": "api", **one} for one in containers]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": listed, **spec}}


def deployment(*containers, **spec):
    """A Deployment of such pods."""
    listed = [{"image": "api", **one} for one in containers]
    template = {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": listed, **spec}}
    selector = {"matchLabels": {"app": "api"}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "default"},
        "spec": {"selector": selector, "template": template},
    }


SILENT = (
    pod({"name": "main", "resources": ASKS}),
    pod({"name": "main", "resources": ASKS}, tolerations=[SPOT]),
    pod({"name": "main", "resources": ASKS}, tolerations=[DEDICATED, SPOT, {"key": "mine", "operator": "Exists"}]),
    pod(
        {"name": "main", "resources": {**ASKS, "limits": {"cpu": "2"}}, "securityContext": {"runAsUser": 1000}},
        {"name": "side", "resources": {"limits": {"memory": "1Gi"}, "requests": {"memory": "1Gi"}}, "securityContext": {"runAsNonRoot": True}},
        initContainers=[{"name": "fetch", "image": "api", "resources": ASKS}, {"name": "istio-init", "image": "i", "resources": ASKS}],
    ),
    pod({"name": "main", "resources": ASKS}, securityContext={"runAsNonRoot": True}),
)  # fmt: skip
"""Pods that lack something which can be filled in."""


DENIED = {
    "no-request": (pod({"name": "main"}), "SEC005: container main has no memory limit"),
    "says-root": (
        pod({"name": "main", "resources": ASKS, "securityContext": {"runAsNonRoot": False}}),
        "SEC003: container main may run as root",
    ),
    "host-network": (
        pod({"name": "main", "resources": ASKS}, hostNetwork=True),
        "SEC002: pods use their node's network",
    ),
    "by-hand": (
        pod(
            {"name": "main", "resources": {"limits": {"memory": "1Gi"}}},
            owner=None,
            securityContext={"runAsNonRoot": True},
        ),
        "SEC004: pods lack the toleration",
    ),
    "template-no-request": (deployment({"name": "main"}), "SEC005: container main has no memory limit"),
    "template-says-root": (
        deployment({"name": "main", "resources": ASKS, "securityContext": {"runAsNonRoot": False}}),
        "SEC003: container main may run as root",
    ),
}
"""What no default mends, each with one fault: a server tells the first policy that denies."""


def rules(cluster):
    """What the baseline of a cluster claims."""
    installed = Installed(cluster.features, cluster.versions)
    admission = cluster.admission
    asked = baseline.expressed(admission.baseline, admission.defaults.value)
    return [claim for one in asked for claim in one.claims(installed)]


def mended(cluster, obj):
    """An object with the repairs of all findings, one after the other, as `--fix` makes them."""
    for claim in rules(cluster):
        for found in claim.judge(obj["kind"], obj, partial=False):
            assert found.fix, found
            obj = changed(obj, found.fix.edits)
    return obj


def apply(apiserver, obj):
    """What the server would store."""
    return apiserver.apply(obj, dry_run=True)


@pytest.fixture(scope="module")
def cluster(apiserver: Apiserver):
    """The model of a cluster whose policies are in the server."""
    compiled = compile_spec(casebook.on_base({"admission": ASKED}))
    assert not compiled.stops
    policies = [one.value for one in compiled.settled if one.file.startswith("component/admission/")]
    policies = [one for one in policies if "-sec" in one["metadata"]["name"]]
    kinds = {one["kind"]: one["apiVersion"] for one in policies}
    assert kinds["MutatingAdmissionPolicy"] == "admissionregistration.k8s.io/v1"
    assert kinds["MutatingAdmissionPolicyBinding"] == "admissionregistration.k8s.io/v1"
    ordered = sorted(policies, key=lambda one: one["kind"])
    for one in ordered:
        apiserver.apply(one)
    until(partial(_at_work, apiserver), seconds=SECONDS, what="the policies")
    yield compiled.cluster
    for one in reversed(ordered):
        apiserver.delete(one)


def _at_work(apiserver):
    """Whether a silent pod is mended everywhere, and what nobody mends is denied for everything."""
    try:
        made = apply(apiserver, SILENT[0])
    except Refused:
        return False
    (container,) = made["spec"]["containers"]
    keys = {one["key"] for one in made["spec"]["tolerations"]}
    if (
        "limits" not in container["resources"]
        or "securityContext" not in container
        or not {"dedicated", "spot"} <= keys
    ):
        return False
    return all(said in _refusal(apiserver, obj) for obj, said in DENIED.values())


def _refusal(apiserver, obj):
    """What the server says when it denies an object; nothing when it takes it."""
    try:
        apply(apiserver, obj)
    except Refused as refused:
        return str(refused)
    return ""


def plain(spec):
    """What the baseline is about in a pod's spec, and nothing that the server adds by itself."""
    listed = [*spec["containers"], *spec.get("initContainers", [])]
    own = [one for one in spec.get("tolerations", []) if not one["key"].startswith("node.kubernetes.io/")]
    return own, [(one["name"], one.get("securityContext"), one.get("resources")) for one in listed]


@pytest.mark.parametrize("obj", SILENT, ids=range(len(SILENT)))
def test_what_a_pod_lacks_is_filled_in_as_the_repair_would(apiserver, cluster, obj):
    """The server's pod is the one that `--fix` writes, and passes the policies that judge it."""
    made = apply(apiserver, obj)
    assert plain(made["spec"]) == plain(mended(cluster, copy.deepcopy(obj))["spec"])
    assert not [found for claim in rules(cluster) for found in claim.judge("Pod", made, partial=False)]


@pytest.mark.parametrize("obj", SILENT, ids=range(len(SILENT)))
def test_a_second_time_changes_nothing(apiserver, cluster, obj):
    """What was filled in is not filled in again."""
    once = apply(apiserver, obj)
    again = {"apiVersion": "v1", "kind": "Pod", "metadata": obj["metadata"], "spec": once["spec"]}
    assert plain(apply(apiserver, again)["spec"]) == plain(once["spec"])
    assert len(plain(once["spec"])[0]) in {2, 3}


@pytest.mark.parametrize(("obj", "said"), DENIED.values(), ids=DENIED)
def test_what_nothing_mends_is_denied(apiserver, cluster, obj, said):
    """Of a template already, so that who applies it reads the message; a pod by hand is judged as it is."""
    assert said in _refusal(apiserver, obj)


def test_a_template_whose_pods_are_mended_passes_unchanged(apiserver, cluster):
    """What stands in a repository stays as it is: a GitOps engine sees no difference."""
    sent = deployment({"name": "main", "resources": ASKS})
    taken = apply(apiserver, sent)["spec"]["template"]["spec"]
    assert "tolerations" not in taken
    assert taken["containers"][0]["resources"] == ASKS
    assert "securityContext" not in taken["containers"][0]


def test_namespaces_of_kubernetes_are_left_alone(apiserver, cluster):
    """Their pods are neither mended nor judged."""
    apiserver.ensure_namespace("kube-system")
    taken = apply(apiserver, pod({"name": "main", "resources": ASKS}, namespace="kube-system"))
    assert "limits" not in taken["spec"]["containers"][0]["resources"]
