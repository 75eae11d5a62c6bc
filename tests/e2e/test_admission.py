"""Policies in a real API server: it takes the good, denies the bad in our words, and warns where that is asked for."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from backstay.claims import baseline
from backstay.claims.claim import Installed
from backstay.claims.registry import EXPRESSED
from backstay.core.diagnostic import Severity
from e2e.support.kubeapi import Refused
from e2e.support.process import until
from support import casebook
from support.compiler import compile_spec

if TYPE_CHECKING:
    from e2e.support.crds import GetCrds
    from e2e.support.kubeapi import Apiserver

pytestmark = pytest.mark.e2e

KINDS = (
    ("istio", "1.30", "EnvoyFilter"),
    ("istio", "1.30", "VirtualService"),
    ("jobset", "0.12", "JobSet"),
    ("training-operator", "1.9", "PyTorchJob"),
    ("argo-workflows", "3.7", "Workflow"),
)
BASELINE = {"tolerations": [{"key": "dedicated", "effect": "NoSchedule"}]}
SECONDS = 60
MANAGED = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")


def _job(**spec):
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "train"}]}}
    policy = {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]}
    body = {"template": template, "podFailurePolicy": policy, **spec}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "whole"}, "spec": body}


def _pytorchjob(**labels):
    containers = [{"name": "pytorch", "image": "train"}]
    replicas = {"Worker": {"replicas": 1, "template": {"spec": {"containers": containers}}}}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": "whole", "labels": labels},
        "spec": {"runPolicy": {"activeDeadlineSeconds": 60}, "pytorchReplicaSpecs": replicas},
    }


def _workflow(factor):
    backoff = {"duration": "30s", "factor": factor}
    template = {"name": "main", "retryStrategy": {"limit": "3", "backoff": backoff}, "suspend": {}}
    spec = {"entrypoint": "main", "templates": [template]}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "whole"},
        "spec": spec,
    }


def _deployment(**spec):
    container = {
        "name": "main",
        "image": "api",
        "securityContext": {"runAsNonRoot": True},
        "resources": {"limits": {"memory": "1Gi"}},
    }
    pod = {
        "containers": [container],
        "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
        **spec,
    }
    template = {"metadata": {"labels": {"app": "api"}}, "spec": pod}
    selector = {"matchLabels": {"app": "api"}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "whole"},
        "spec": {"selector": selector, "template": template},
    }


WHOLE = (
    _job(), _job(activeDeadlineSeconds=600),
    _pytorchjob(), _pytorchjob(**{"kueue.x-k8s.io/max-exec-time-seconds": "60"}),
    _workflow("1.5"), _workflow("2"),
    _deployment(), _deployment(hostNetwork=True), _deployment(tolerations=[]),
    _deployment(containers=[{"name": "main", "image": "api", "resources": {"limits": {"memory": "1Gi"}}}]),
    _deployment(initContainers=[{"name": "fetch", "image": "api", "securityContext": {"runAsNonRoot": True}}]),
)  # fmt: skip
"""Objects that API servers take, the good and the bad: those of the cases often lack what their schema asks for."""


def emitted(**admission):
    """The cluster model of the base spec with such a section, and the objects for its API server."""
    compiled = compile_spec(casebook.on_base({"admission": admission}))
    assert not compiled.stops, [str(found) for found in compiled.findings]
    objects = [one.value for one in compiled.settled if one.file.startswith("component/admission/")]
    return compiled.cluster, sorted(objects, key=lambda one: one["kind"])


def said(cluster, obj):
    """What the claims of a cluster say of an object as a policy would, errors alone."""
    installed = Installed(cluster.features, cluster.versions)
    more = baseline.expressed(cluster.admission.baseline) if cluster.admission.baseline else ()
    return {
        f"{one.rule}: {found.message} ({found.help})"
        for one in (*EXPRESSED, *more)
        for claim in one.claims(installed)
        if (claim.severity or one.severity) is Severity.ERROR
        for found in claim.judge(obj["kind"], obj, partial=False)
    }


def corpus(apiserver):
    """Objects of all cases that the server takes before there are policies, as it stores them."""
    kinds = {"ConfigMap", "Deployment", "Job", *(kind for *_, kind in KINDS)}
    cases = [case for case in casebook.cases() if case.objects and case.before is None]
    items = [item for case in cases for item in casebook.context(case).items]
    of_cases = [item.value for item in items if not item.partial and item.ref.kind in kinds]
    found = {}
    for value in (*WHOLE, *of_cases):
        obj = {**value, "metadata": {"namespace": "default", **value.get("metadata", {})}}
        try:
            apiserver.ensure_namespace(obj["metadata"]["namespace"])
            stored = apiserver.apply(obj, strict=False, dry_run=True)
        except Refused:
            continue
        found[json.dumps(obj, sort_keys=True)] = (obj, stored)
    return list(found.values())


@pytest.fixture(scope="module")
def objects(apiserver: Apiserver, crds: GetCrds):
    """The corpus, with the kinds it needs installed."""
    for project, line, kind in KINDS:
        apiserver.install_crds(crds(project, line, kind))
    found = corpus(apiserver)
    assert len(found) > 100
    assert {obj["kind"] for obj, _ in found if obj["metadata"]["name"] == "whole"} == {
        one["kind"] for one in WHOLE
    }
    return found


@pytest.fixture
def installed(apiserver: Apiserver):
    """A function that applies policies and returns when one of them answers; they are gone when the test is over."""
    there = []

    def install(policies, bad):
        for one in policies:
            apiserver.apply(one)
            there.append(one)
        until(partial(_answers, apiserver, bad), seconds=SECONDS, what="the policies")

    yield install
    for one in reversed(there):
        apiserver.delete(one)
    if there:
        until(lambda: not _answers(apiserver, BAD), seconds=SECONDS, what="the policies to be gone")


BAD = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "kfp-launcher", "namespace": "default"},
    "data": {"MINIO_ENDPOINT": "minio:9000"},
}


def _answers(apiserver, bad):
    """Whether a bad object is denied or warned about."""
    answer = _post(apiserver, bad)
    return not answer.is_success or "warning" in answer.headers


def _refusal(apiserver, obj, expected):
    """What the server says when it denies an object in one of our words; it learns of each policy in its own time."""
    told = ""

    def denied():
        nonlocal told
        answer = _post(apiserver, obj)
        told = "" if answer.is_success else answer.json()["message"]
        return any(one in told for one in expected)

    until(denied, seconds=SECONDS, what=f"{expected} of {obj}")
    return told


def _post(apiserver, obj):
    query = {"fieldManager": "e2e", "force": "true", "dryRun": "All"}
    headers = {"Content-Type": "application/apply-patch+yaml"}
    return apiserver.client.request(
        "PATCH", apiserver.path(obj), params=query, headers=headers, content=json.dumps(obj)
    )


@pytest.mark.parametrize(
    ("pods", "rules"),
    [
        (
            None,
            {
                "JOB001",
                "JOB010",
                "JOB018",
                "JOB022",
                "JOB028",
                "KFP001",
                "KFP011",
                "KFP028",
                "MSH021",
                "MSH031",
            },
        ),
        (BASELINE, {"SEC002", "SEC003", "SEC004", "SEC005"}),
    ],
)
def test_the_server_denies_what_python_finds_and_nothing_else(apiserver, objects, installed, pods, rules):
    """Every object of the cases: denied iff the claims find an error in what the server would store, in our words."""
    cluster, policies = emitted(warnings="audit", baseline=pods)
    assert {one["kind"] for one in policies} == set(MANAGED)
    installed(policies, BAD)
    denied = set()
    accepted = 0
    for obj, stored in objects:
        expected = said(cluster, stored)
        if not expected:
            answer = _post(apiserver, obj)
            assert answer.is_success, f"{obj}: {answer.text}"
            accepted += 1
            continue
        told = _refusal(apiserver, obj, expected)
        denied |= {one.split(":")[0] for one in expected if one in told}
    assert accepted > 20
    assert rules <= denied


def test_warnings_are_warned_about_and_the_object_is_taken(apiserver, objects, installed):
    """`errors: warn`: the object passes, and kubectl's user reads our message."""
    _, policies = emitted(errors="warn", warnings="audit")
    installed(policies, BAD)
    answer = _post(apiserver, BAD)
    assert answer.is_success
    assert "no Pipelines release reads `MINIO_ENDPOINT` of kfp-launcher" in answer.headers["warning"]


def test_namespaces_of_kubernetes_are_left_alone(apiserver, objects, installed):
    """What is denied elsewhere is taken in kube-system."""
    _, policies = emitted()
    installed(policies, BAD)
    apiserver.ensure_namespace("kube-system")
    own = {**BAD, "metadata": {"name": "kfp-launcher", "namespace": "kube-system"}}
    assert not _post(apiserver, BAD).is_success
    assert _post(apiserver, own).is_success


def test_an_old_fault_does_not_hold_finalizers(apiserver, objects, installed):
    """An object that was bad before the policy came can lose its finalizer, and cannot be made bad anew."""
    old = {
        **BAD,
        "metadata": {"name": "kfp-launcher", "namespace": "default", "finalizers": ["example.com/held"]},
    }
    apiserver.apply(old)
    _, policies = emitted()
    installed(policies, {**BAD, "data": {"OTHER": "x"}})
    freed = {**BAD, "metadata": {"name": "kfp-launcher", "namespace": "default", "finalizers": []}}
    assert apiserver.apply(freed)["metadata"].get("finalizers") is None
    worse = {**BAD, "data": {"MINIO_ENDPOINT": "minio:9001"}}
    with pytest.raises(Refused, match="KFP001"):
        apiserver.apply(worse)
    apiserver.delete(BAD)


def test_gatekeepers_templates_are_taken(apiserver, crds):
    """Strictly, by the schema that Gatekeeper ships; each constraint is of a kind that a template makes."""
    _, objects = emitted(engine="gatekeeper", baseline=BASELINE)
    templates = [one for one in objects if one["kind"] == "ConstraintTemplate"]
    apiserver.install_crds(crds("gatekeeper", "3.23", "ConstraintTemplate"))
    for one in templates:
        apiserver.apply(one)
    made = {one["spec"]["crd"]["spec"]["names"]["kind"]: one["metadata"]["name"] for one in templates}
    assert all(kind.lower() == name for kind, name in made.items())
    constraints = [one for one in objects if one["kind"] != "ConstraintTemplate"]
    assert [one["kind"] for one in constraints] == sorted(made)
    assert {one["spec"]["enforcementAction"] for one in constraints} == {"deny", "warn"}


def test_gatekeepers_expressions_are_those_of_the_policies():
    """One text for both: what the API server was asked above holds for Gatekeeper."""
    _, by_policy = emitted(baseline=BASELINE)
    _, by_template = emitted(engine="gatekeeper", baseline=BASELINE)
    policies = [one["spec"]["validations"] for one in by_policy if one["kind"] == MANAGED[0]]
    sources = [
        one["spec"]["targets"][0]["code"][0]["source"]
        for one in by_template
        if one["kind"] == "ConstraintTemplate"
    ]
    assert sorted(map(str, policies)) == sorted(str(one["validations"]) for one in sources)
    assert all("matchCondition" in one for one in sources)


MANY = 400
_DISRUPTED = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
_EXITS = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": list(range(1, 200))}}
_CONTAINER = {
    "image": "api", "securityContext": {"runAsNonRoot": True}, "resources": {"limits": {"memory": "1Gi"}},
}  # fmt: skip
_TOLERATED = {"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}
LARGE = {
    "pod of many containers": _deployment(
        containers=[{**_CONTAINER, "name": f"c{number}"} for number in range(MANY)],
        tolerations=[*({"key": f"k{number}", "operator": "Exists"} for number in range(MANY)), _TOLERATED],
    ),
    "many rules": _job(activeDeadlineSeconds=60, podFailurePolicy={"rules": [_DISRUPTED, *[_EXITS] * 19]}),
    "many keys": {**WHOLE[0], "apiVersion": "v1", "kind": "ConfigMap", "data": {f"key{number}": "x" * 100 for number in range(4 * MANY)}},
    "many routes": {
        "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "whole"},
        "spec": {"hosts": ["a.shop"], "http": [
            {"match": [{"uri": {"prefix": f"/{number}"}}], "route": [{"destination": {"host": "a.shop"}}],
             "retries": {"attempts": 2, "retryOn": "5xx,reset,connect-failure,503"}} for number in range(MANY)
        ]},
    },
    "many templates": {**_workflow("2"), "spec": {"entrypoint": "t0", "templates": [
        {"name": f"t{number}", "retryStrategy": {"limit": "3", "backoff": {"duration": "30s", "factor": "2"}}, "suspend": {}} for number in range(2 * MANY)
    ]}},
}  # fmt: skip
"""Objects as large as people make them, and larger, without a fault."""
LARGE["many keys"].pop("spec")


@pytest.mark.parametrize("name", LARGE)
def test_large_objects_stay_within_the_servers_budget(apiserver, objects, installed, name):
    """An expression that costs too much is an error, which denies: every policy judges them to the end."""
    _, policies = emitted(warnings="deny", baseline=BASELINE if name.startswith("pod") else None)
    installed(policies, BAD)
    large = {**LARGE[name], "metadata": {"name": "whole", "namespace": "default"}}
    answer = _post(apiserver, large)
    assert answer.is_success, answer.text[:2000]


def test_a_message_that_is_too_long_gives_way_to_the_rules_id(apiserver, objects, installed):
    """The server takes messages up to 5 kB; the object is denied all the same."""
    _, policies = emitted()
    installed(policies, BAD)
    root = "ftp" + "p" * 6000 + "://x"
    answer = _post(apiserver, {**BAD, "data": {"defaultPipelineRoot": root}})
    assert not answer.is_success
    assert "KFP011 is violated" in answer.json()["message"]
