"""The real API server and the webhooks of every job controller take what the example clusters emit for jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backstay.core.manifest import Role
from backstay.prove.jobs.client import Refused, Struct
from backstay.prove.jobs.runnable import queued
from e2e.support.workloads import IGNORE_DISRUPTION, job, jobset, pytorchjob, trainjob
from support.repository import CLUSTERS
from support.specs import compiled

if TYPE_CHECKING:
    from e2e.support.plane import Running

pytestmark = pytest.mark.e2e

GROUPS = (
    "kueue.x-k8s.io",
    "trainer.kubeflow.org",
    "jobset.x-k8s.io",
    "kubeflow.org",
    "batch",
    "scheduling.k8s.io",
)
KINDS = ("ResourceQuota", "LimitRange")


def offered(plane: Running, obj: Struct) -> None:
    """Have an object judged as a create, stored nowhere; raises `Refused`."""

    async def create() -> None:
        space = obj["metadata"].get("namespace")
        if space:
            await plane.plane.client.apply(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}
            )
        path = (await plane.plane.client.path(obj)).rsplit("/", 1)[0]
        query = {"fieldValidation": "Strict", "dryRun": "All"}
        await plane.plane.client.ask("POST", path, params=query, content=obj)

    plane.call(create())


def objects_of(name: str) -> list[Struct]:
    """What an example cluster emits for jobs: its objects, and its workloads with an image in them."""
    found = compiled(name)
    assert found.cluster is not None
    own = [
        dict(one.value)
        for one in found.settled
        if one.role is Role.OBJECT
        and (str(one.value["apiVersion"]).partition("/")[0] in GROUPS or one.value["kind"] in KINDS)
    ]
    runs = [queued(workload, found.settled) for workload in found.cluster.jobs.workloads]
    return [
        *own,
        *(made.workload for made in runs if made is not None and made.workload["kind"] != "TrainJob"),
    ]


WITH_JOBS = [name for name in sorted(CLUSTERS) if objects_of(name)]


def test_the_fleet_has_jobs_to_judge():
    """Objects of every kind come up."""
    kinds = {obj["kind"] for name in WITH_JOBS for obj in objects_of(name)}
    assert {
        "PyTorchJob",
        "TrainingRuntime",
        "JobSet",
        "Job",
        "ClusterQueue",
        "LocalQueue",
        "ResourceFlavor",
    } <= kinds


@pytest.mark.parametrize("name", WITH_JOBS)
def test_every_object_of_an_example_cluster(name: str, job_plane: Running):
    """Strictly, with the webhooks of JobSet, Kueue, Trainer and the Training Operator in the way."""
    refused = {}
    for obj in objects_of(name):
        try:
            offered(job_plane, obj)
        except Refused as words:
            refused[f"{obj['kind']} {obj['metadata']['name']}"] = words.message
    assert refused == {}


def broken_queue() -> Struct:
    """A ClusterQueue with one flavor twice."""
    flavor = {"name": "cpu", "resources": [{"name": "memory", "nominalQuota": "1Gi"}]}
    groups = [{"coveredResources": ["memory"], "flavors": [flavor]}] * 2
    return {
        "apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "metadata": {"name": "broken"},
        "spec": {"resourceGroups": groups},
    }  # fmt: skip


def broken_pytorchjob() -> Struct:
    """A PyTorchJob whose container has another name than the operator looks for."""
    made = pytorchjob("broken", "OnFailure")
    for replica in made["spec"]["pytorchReplicaSpecs"].values():
        replica["template"]["spec"]["containers"][0]["name"] = "main"
    return made


def broken_jobset() -> Struct:
    """A JobSet whose failure policy is about a Job that it does not have."""
    made = jobset("broken")
    made["spec"]["failurePolicy"]["rules"] = [
        {"name": "other", "action": "FailJobSet", "targetReplicatedJobs": ["none-such"]}
    ]
    return made


def broken_job() -> Struct:
    """A Job with a pod failure policy whose pods restart in place."""
    made = job("broken", [IGNORE_DISRUPTION])
    made["spec"]["template"]["spec"]["restartPolicy"] = "OnFailure"
    return made


@pytest.mark.parametrize(
    ("obj", "who"),
    [
        (broken_queue(), "vclusterqueue.kb.io"),
        (broken_pytorchjob(), "validator.pytorchjob.training-operator.kubeflow.org"),
        (broken_jobset(), "vjobset.kb.io"),
        (trainjob("broken", "none-such"), r"validator\.trainjob\.trainer\.kubeflow\.org|vtrainjob\.kb\.io"),
        (broken_job(), "restartPolicy"),
    ],
    ids=["kueue", "training-operator", "jobset", "trainer", "kubernetes"],
)
def test_every_judge_is_awake(obj: Struct, who: str, job_plane: Running):
    """Each refuses in its own name; a TrainJob without a runtime is refused by Trainer or by Kueue, who asks first."""
    with pytest.raises(Refused, match=who):
        offered(job_plane, obj)
