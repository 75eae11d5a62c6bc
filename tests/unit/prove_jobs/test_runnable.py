"""Emitted objects of workloads, made to run: images, namespaces, nodes, and times."""

from __future__ import annotations

import pytest

from backstay.prove.jobs.claims import promises, untried
from backstay.prove.jobs.nodes import TRIAL_LABEL
from backstay.prove.jobs.pace import Pace, recovery_bound
from backstay.prove.jobs.runnable import SAFE, queued, runnable
from backstay.prove.jobs.templates import joined, pod_templates
from backstay.prove.jobs.words import Kind
from support.casebook import on_base
from support.compiler import compile_spec

PLATFORM = {"trainer": "2.3", "trainingOperator": "1.9", "jobset": "0.12", "kueue": "0.18"}
COMMON = {"namespace": "team-a", "memory": "4Gi", "runsFor": "1h", "retryOn": ["disruption", "failure"]}
WORKLOADS = {
    "ranker": {"kind": "pytorchjob", "replicas": 3, "attempts": 3, **COMMON},
    "vision": {"kind": "trainjob", "replicas": 2, "attempts": 3, **COMMON},
    "sweep": {"kind": "jobset", "replicas": 2, "attempts": 3, **COMMON},
    "report": {"kind": "job", "attempts": 3, **COMMON},
}
SPEC = on_base(
    {
        "platform": PLATFORM,
        "termination": {
            "nodeLoss": {
                "recoverIn": "10m",
                "strategy": "kueue-failure-recovery",
                "restartSafe": ["team-a/*"],
            }
        },
        "memory": {"pools": {"cpu": {"nodes": 4, "capacity": "64Gi"}}, "budgets": {"team-a": "64Gi"}},
        "workloads": WORKLOADS,
    }
)


@pytest.fixture(scope="module")
def compiled():
    """The spec above, compiled."""
    found = compile_spec(SPEC)
    assert found.cluster is not None, found.findings
    return found


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_kind_becomes_an_object_that_runs(compiled, name: str):
    """Each container has an image, and nothing asks for a queue."""
    workload = next(one for one in compiled.cluster.jobs.workloads if one.name == name)
    made = runnable(workload, compiled.settled)
    assert untried(workload, made) is None
    templates = [one for obj in (made.workload, *made.objects) for one in pod_templates(obj)]
    assert templates
    assert all(container["image"] for one in templates for container in one["spec"]["containers"])
    assert made.workload["metadata"] == {"name": name, "labels": {}}


@pytest.mark.parametrize("name", WORKLOADS)
def test_in_its_own_namespace_it_asks_for_its_queue(compiled, name: str):
    """As it was emitted."""
    workload = next(one for one in compiled.cluster.jobs.workloads if one.name == name)
    made = queued(workload, compiled.settled)
    assert made.workload["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-a"
    assert made.workload["metadata"]["namespace"] == "team-a"


def test_without_leave_no_pod_is_marked(compiled):
    """The trial that shows what the strategy is for."""
    workload = next(one for one in compiled.cluster.jobs.workloads if one.kind == "job")
    made = runnable(workload, compiled.settled)
    marks = [t["metadata"]["annotations"].get(SAFE) for t in pod_templates(made.workload)]
    bare = [t["metadata"]["annotations"].get(SAFE) for t in pod_templates(made.unguarded().workload)]
    assert (marks, bare) == (["true"], [None])


def test_a_trial_has_its_own_nodes_and_its_own_pace(compiled):
    """The emitted object itself stays as it is."""
    workload = next(one for one in compiled.cluster.jobs.workloads if one.kind == "job")
    made = runnable(workload, compiled.settled).workload
    mine = joined(made, "w0-loss", Pace(scale=10))
    [before], [after] = list(pod_templates(made)), list(pod_templates(mine))
    grace = before["spec"]["terminationGracePeriodSeconds"]
    assert after["spec"]["terminationGracePeriodSeconds"] == -(-grace // 10)
    assert after["spec"]["nodeSelector"] == {TRIAL_LABEL: "w0-loss"}
    assert TRIAL_LABEL not in str(before)


def test_the_waits_of_a_recovery_are_those_that_the_model_sums_up(compiled):
    """Stated, they are the derived number; played, none is longer but the fixed ones."""
    recovery = compiled.cluster.jobs.recovery
    for workload in compiled.cluster.jobs.workloads:
        bound = recovery_bound(workload, recovery, Pace(node_grace=recovery.monitor_grace.value))
        assert sum(wait.stated for wait in bound.waits) == workload.recovers_in.value
        assert bound.in_spec(bound.played) == workload.recovers_in.value


def test_everything_that_is_promised_has_a_trial(compiled):
    """Its name is a label of a namespace, and each promise points into the spec."""
    workload = next(one for one in compiled.cluster.jobs.workloads if one.kind == "trainjob")
    made = runnable(workload, compiled.settled)
    found = list(promises(compiled.cluster, workload, made, "w1", Pace()))
    assert {one.claim.kind for one in found} == set(Kind) - {Kind.ADMITTED}
    assert all(one.claim.place.route for one in found)
    assert {one.trial.name.split("-")[0] for one in found} == {"w1"}
