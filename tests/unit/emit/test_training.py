"""What is emitted for training jobs, per kind and per version."""

from collections.abc import Mapping
from typing import Any

import pytest

from backstay.check.context import Item
from backstay.check.schema import SchemaSet, judge
from backstay.core.manifest import Settled, ref_of
from backstay.core.place import Place
from backstay.pipeline import Compiled
from support.compiler import compile_spec
from support.specs import Spec, spec_of

PLATFORM = {"kueue": "0.19", "jobset": "0.12", "trainer": "2.3", "trainingOperator": "1.9"}
RECOVERY = {
    "drain": {"checkpoint": "2m"},
    "nodeLoss": {"recoverIn": "10m", "strategy": "kueue-failure-recovery", "restartSafe": ["team-a/*"]},
}
POOLS = {
    "gpu": {
        "nodes": 4,
        "capacity": "256Gi",
        "nodeLabels": {"pool": "gpu"},
        "taints": [{"key": "nvidia.com/gpu"}],
    }
}
KINDS = ("pytorchjob", "trainjob", "jobset", "job")
IGNORED = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
ENDED = {**IGNORED, "action": "FailJob"}
JOB_NAMES = {"trainjob": "node", "jobset": "main", "job": "main"}


def compiled(platform: Spec | None = None, termination: Spec | None = None, **workload: Any) -> Compiled:
    """A cluster with one workload, `train`."""
    stated = {"namespace": "team-a", "runsFor": "1h", "memory": "8Gi", **workload}
    done = compile_spec(spec_of(
        {**PLATFORM, **(platform or {})},
        termination=termination or RECOVERY,
        memory={"pools": POOLS, "budgets": {"team-a": "128Gi"}},
        workloads={"train": stated},
    ))  # fmt: skip
    assert not done.stops, [f"{one.rule} {one.place.path}: {one.message}" for one in done.findings]
    return done


def files(done: Compiled) -> dict[str, Settled]:
    """The emitted files by name."""
    return {one.file: one for one in done.settled}


def job_of(done: Compiled, kind: str) -> Mapping[str, Any]:
    """The batch Job's spec in what is emitted for a workload."""
    found = files(done)
    if kind == "trainjob":
        runtime: Any = found["component/training/trainingruntime-train-team-a.yaml"].value
        return runtime["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]  # type: ignore[no-any-return]
    value: Any = found[f"bundle/workloads/{kind}-train.yaml"].value
    return value["spec"]["replicatedJobs"][0]["template"]["spec"] if kind == "jobset" else value["spec"]  # type: ignore[no-any-return]


def policy_of(done: Compiled, kind: str) -> Mapping[str, Any]:
    """The JobSet's failurePolicy."""
    if kind == "trainjob":
        runtime: Any = files(done)["component/training/trainingruntime-train-team-a.yaml"].value
        return runtime["spec"]["template"]["spec"]["failurePolicy"]  # type: ignore[no-any-return]
    value: Any = files(done)["bundle/workloads/jobset-train.yaml"].value
    return value["spec"]["failurePolicy"]  # type: ignore[no-any-return]


def pods_of(done: Compiled, kind: str) -> Mapping[str, Any]:
    """The pod template."""
    if kind != "pytorchjob":
        return job_of(done, kind)["template"]  # type: ignore[no-any-return]
    value: Any = files(done)["bundle/workloads/pytorchjob-train.yaml"].value
    return value["spec"]["pytorchReplicaSpecs"]["Master"]["template"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_carries_the_same_times(kind: str) -> None:
    """Both taints of a lost node, the grace period, the annotation, and where it runs."""
    done = compiled(kind=kind)
    pods = pods_of(done, kind)
    assert done.cluster is not None
    (workload,) = done.cluster.jobs.workloads
    assert workload.toleration is not None
    held = {one["key"]: one.get("tolerationSeconds") for one in pods["spec"]["tolerations"]}
    assert held == {
        "node.kubernetes.io/not-ready": workload.toleration.value // 1000,
        "node.kubernetes.io/unreachable": workload.toleration.value // 1000,
        "nvidia.com/gpu": None,
    }
    assert pods["spec"]["terminationGracePeriodSeconds"] == 150
    assert pods["spec"]["nodeSelector"] == {"pool": "gpu"}
    assert pods["metadata"]["annotations"] == {"kueue.x-k8s.io/safe-to-forcefully-delete": "true"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("kueue", "verb"),
    [
        ("0.15.5", "terminate"),
        ("0.15.6", "delete"),
        ("0.16.2", "terminate"),
        ("0.16.3", "delete"),
        ("0.17", "delete"),
    ],
)
def test_the_annotation_has_its_versions_name(kind: str, kueue: str, verb: str) -> None:
    """It was renamed in patch releases."""
    pods = pods_of(compiled({"kueue": kueue}, kind=kind), kind)
    assert list(pods["metadata"]["annotations"]) == [f"kueue.x-k8s.io/safe-to-forcefully-{verb}"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "node_loss",
    [
        {"recoverIn": "20m", "strategy": "self-node-remediation", "restartSafe": ["team-a/*"]},
        {"recoverIn": "20m", "strategy": "cloud-repair", "restartSafe": ["team-a/*"]},
    ],
)
def test_nothing_is_marked_for_force_where_nodes_are_fenced(kind: str, node_loss: Spec) -> None:
    """The annotation is Kueue's business only."""
    assert "metadata" not in pods_of(compiled(termination={"nodeLoss": node_loss}, kind=kind), kind)


@pytest.mark.parametrize("kind", sorted(JOB_NAMES))
def test_one_pod_alone_is_replaced_and_nothing_counted(kind: str) -> None:
    """The disruption first, then the OOM kill that the same limit would repeat; pods never restart in place."""
    job = job_of(compiled(kind=kind, attempts=3, retryOn=["disruption", "failure"]), kind)
    name = JOB_NAMES[kind]
    rules = job["podFailurePolicy"]["rules"]
    assert rules[0] == IGNORED
    assert rules[1] == {
        "action": "FailJob",
        "onExitCodes": {"containerName": name, "operator": "In", "values": [137]},
    }
    assert job["podReplacementPolicy"] == "Failed"
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert job["backoffLimit"] == (2 if kind == "job" else 0)
    assert job["activeDeadlineSeconds"] > 3 * 3600


def test_an_oom_kill_may_be_retried_where_people_say_so() -> None:
    """No rule about 137 then, where nobody states a limit that would kill it again."""
    train = {"kind": "job", "namespace": "team-a", "attempts": 3, "retryOn": ["disruption", "failure", "oom"]}
    done = compile_spec(spec_of({}, workloads={"train": {**train, "runsFor": "1h"}}))
    assert not done.stops
    rules = job_of(done, "job")["podFailurePolicy"]["rules"]
    assert rules[0] == IGNORED
    assert "137" not in str(rules)


@pytest.mark.parametrize("kind", sorted(JOB_NAMES))
def test_what_is_not_to_be_tried_again_ends_the_job(kind: str) -> None:
    """A disruption that nobody wants to survive fails it at once."""
    job = job_of(compiled(kind=kind, attempts=2, retryOn=["failure"]), kind)
    assert job["podFailurePolicy"]["rules"][0] == ENDED


@pytest.mark.parametrize("kind", ["trainjob", "jobset"])
def test_a_group_starts_anew_as_a_whole(kind: str) -> None:
    """A lost pod fails the Job, and JobSet tells by the words of the failure what may start again."""
    done = compiled(kind=kind, replicas=4, attempts=3, retryOn=["disruption", "failure"])
    job, policy = job_of(done, kind), policy_of(done, kind)
    assert job["podFailurePolicy"]["rules"][0] == ENDED
    assert job["backoffLimit"] == 0
    assert policy["maxRestarts"] == 2
    assert [(rule["name"], rule["action"]) for rule in policy["rules"]] == [
        ("deadline", "FailJobSet"),
        ("outOfMemory", "FailJobSet"),
        ("disruption", "RestartJobSetAndIgnoreMaxRestarts"),
    ]
    assert policy["rules"][1]["onJobFailureMessagePatterns"] == ["failed with exit code 137 "]


@pytest.mark.parametrize(("kind", "older"), [("trainjob", {"trainer": "2.0"}), ("jobset", {"jobset": "0.9"})])
def test_a_group_of_an_older_release_counts_its_oom_kills(kind: str, older: Spec) -> None:
    """Where JobSet sees no words, a Job that fails on 137 would restart without a count: so it does not."""
    done = compiled(older, kind=kind, replicas=4, attempts=3, retryOn=["disruption", "failure"])
    assert job_of(done, kind)["podFailurePolicy"]["rules"] == [ENDED]
    assert [rule["name"] for rule in policy_of(done, kind)["rules"]] == ["deadline", "disruption"]


@pytest.mark.parametrize("kind", ["trainjob", "jobset"])
def test_restarts_count_where_no_clock_ends_them(kind: str) -> None:
    """Without a queue, nothing but the count bounds how often a group starts anew."""
    done = compile_spec(spec_of(
        PLATFORM, termination=RECOVERY,
        workloads={"train": {"kind": kind, "namespace": "team-a", "replicas": 2, "runsFor": "1h"}},
    ))  # fmt: skip
    assert [rule["action"] for rule in policy_of(done, kind)["rules"]] == [
        "FailJobSet", "FailJobSet", "RestartJobSet",
    ]  # fmt: skip


def test_a_trainjob_refers_to_its_runtime() -> None:
    """The runtime names no image; queue, size, memory and deadline are the TrainJob's."""
    done = compiled(kind="trainjob", replicas=3)
    job: Any = files(done)["bundle/workloads/trainjob-train.yaml"].value
    assert job["spec"]["runtimeRef"] == {
        "apiGroup": "trainer.kubeflow.org", "kind": "TrainingRuntime", "name": "train",
    }  # fmt: skip
    assert job["spec"]["trainer"]["numNodes"] == 3
    assert job["spec"]["trainer"]["resourcesPerNode"]["limits"] == {"memory": "8Gi"}
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-a"
    assert job["metadata"]["labels"]["kueue.x-k8s.io/max-exec-time-seconds"] == str(
        job["spec"]["activeDeadlineSeconds"]
    )
    (container,) = job_of(done, "trainjob")["template"]["spec"]["containers"]
    assert "image" not in container


def test_a_trainjob_before_it_had_a_deadline() -> None:
    """Trainer 2.1 does not know the field."""
    job: Any = files(compiled({"trainer": "2.1"}, kind="trainjob"))[
        "bundle/workloads/trainjob-train.yaml"
    ].value
    assert "activeDeadlineSeconds" not in job["spec"]


def test_a_pytorchjob_frees_its_gpus_and_knows_its_limit() -> None:
    """One more restart than the replicas make in the tries that are meant."""
    done = compiled(kind="pytorchjob", replicas=3, attempts=2, retryOn=["disruption", "failure"])
    value: Any = files(done)["bundle/workloads/pytorchjob-train.yaml"].value
    assert value["spec"]["runPolicy"]["cleanPodPolicy"] == "Running"
    assert value["spec"]["runPolicy"]["backoffLimit"] == 4
    replicas = value["spec"]["pytorchReplicaSpecs"]
    assert {name: (one["replicas"], one["restartPolicy"]) for name, one in replicas.items()} == {
        "Master": (1, "OnFailure"), "Worker": (2, "OnFailure"),
    }  # fmt: skip


def test_an_elastic_pytorchjob_has_workers_only() -> None:
    """Torchrun restarts its processes where that is pinned; the master is whoever wins the election."""
    done = compiled(
        kind="pytorchjob", replicas=3, attempts=3, retryOn=["failure"], overrides={"retries": {"torchrun": 2}}
    )
    value: Any = files(done)["bundle/workloads/pytorchjob-train.yaml"].value
    assert value["spec"]["elasticPolicy"] == {"maxRestarts": 2}
    assert list(value["spec"]["pytorchReplicaSpecs"]) == ["Worker"]


@pytest.mark.parametrize(("kind", "containers"), [("pytorchjob", False), ("job", True)])
def test_a_job_of_the_base_is_patched(kind: str, containers: bool) -> None:  # noqa: FBT001 - a column of the table
    """A custom resource's containers stay alone, as a merge would replace them with their image."""
    found = files(compiled(kind=kind, inBase=True))
    patch: Any = found[f"component/patches/{kind}-train-team-a.yaml"].value
    assert not [name for name in found if name.startswith("bundle/workloads/")]
    assert patch["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-a"
    assert ("containers" in str(patch["spec"])) is containers


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("replicas", [1, 4])
@pytest.mark.parametrize(
    "platform",
    [
        {},
        {"trainer": "2.0", "jobset": "0.10", "trainingOperator": "1.8", "kueue": "0.18"},
        {"trainer": "2.4"},
    ],
)
def test_schemas_accept_what_submitted_jobs_carry(kind: str, replicas: int, platform: Spec) -> None:
    """Everything but the image is there, and every field is known to the version."""
    done = compiled(platform, kind=kind, replicas=replicas, retryOn=["disruption", "failure"], attempts=3)
    carried = [one for one in done.settled if one.file.startswith("bundle/workloads/")]
    assert carried
    assert done.cluster is not None
    items = [
        Item(ref_of(one.value), one.value, partial=True, file=one.file, place_of=lambda _: Place())
        for one in carried
    ]
    found = judge(SchemaSet.of(done.cluster.versions), items)
    assert [one for one in found if one.rule != "SCH006"] == []
    assert [one for one in done.findings if one.rule.startswith("SCH") and one.rule != "SCH006"] == []
