"""The times of workloads against a small simulation of what happens when a node dies."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.model.jobs import Strategy, Workload
from support.modelling import model
from support.specs import Spec, spec_of

SECOND = 1000
PLATFORM = {"kueue": "0.19", "jobset": "0.12", "trainer": "2.3", "trainingOperator": "1.9", "zenml": "0.98"}


def one(workload: Spec, node_loss: Spec | None = None, checkpoint: int = 0, **sections: Any) -> Workload:
    """The only workload of a spec."""
    termination: Spec = {"drain": {"checkpoint": f"{checkpoint}ms"}}
    if node_loss is not None:
        termination["nodeLoss"] = node_loss
    stated = {"kind": "job", "namespace": "team-a", **workload}
    cluster = model(spec_of(PLATFORM, termination=termination, workloads={"train": stated}, **sections))
    (found,) = cluster.jobs.workloads
    return found


def runs_again_at(found: Workload, loss: dict[str, int], strategy: str) -> int:
    """When new pods run, from the loss of the node: every actor acts as soon as it may."""
    lost = loss["monitorGrace"]
    if strategy == Strategy.KUEUE:
        assert found.toleration is not None
        deleted = lost + found.toleration.value
        could_have_ended = deleted + found.grace.value
        freed = could_have_ended + 60 * SECOND
    else:
        fenced = lost + loss["unhealthyFor"] + loss["fencedIn"]
        freed = fenced + (20 if strategy == Strategy.SELF_NODE_REMEDIATION else 60) * SECOND
    return freed + loss["podStart"]


times = st.integers(1, 900).map(lambda seconds: seconds * SECOND)


@given(
    strategy=st.sampled_from([one.value for one in Strategy if one is not Strategy.NONE]),
    monitor=times, start=times, unhealthy=times, fenced=times, target=times, checkpoint=times,
)  # fmt: skip
def test_recovery_is_what_happens(
    strategy: str, monitor: int, start: int, unhealthy: int, fenced: int, target: int, checkpoint: int
) -> None:
    """Recovery, as it is told, is when the simulation has the pods running again."""
    loss = {"monitorGrace": monitor, "podStart": start, "unhealthyFor": unhealthy, "fencedIn": fenced}
    found = one({}, {
        "recoverIn": f"{target}ms", "strategy": strategy, "monitorGrace": f"{monitor}ms", "podStart": f"{start}ms",
        "remediation": {"unhealthyFor": f"{unhealthy}ms", "fencedIn": f"{fenced}ms"}, "restartSafe": ["*/*"],
    }, checkpoint)  # fmt: skip
    assert found.recovers_in is not None
    assert found.recovers_in.value == runs_again_at(found, loss, strategy)


@given(target=st.integers(1, 3600), checkpoint=st.integers(0, 900), start=st.integers(0, 300))
def test_a_toleration_is_as_patient_as_the_target_allows(target: int, checkpoint: int, start: int) -> None:
    """It keeps the target where 30s do, is never below 30s nor above the default, and no longer round one fits."""
    found = one({}, {"recoverIn": f"{target}s", "strategy": "kueue-failure-recovery", "podStart": f"{start}s"},
                checkpoint * SECOND)  # fmt: skip
    assert found.toleration is not None
    held = found.toleration.value // SECOND
    left = target - 50 - found.grace.value // SECOND - 60 - start
    assert 30 <= held <= 300
    if left < 30:
        assert held == 30
        return
    assert held <= left
    assert not [longer for longer in (30, 45, 60, 90, 120, 150, 180, 240, 300) if held < longer <= left]


@given(checkpoint=st.integers(0, 3600 * SECOND))
def test_a_grace_period_covers_the_checkpoint(checkpoint: int) -> None:
    """Whole seconds, at least Kubernetes' default, and time to notice the signal and to end."""
    grace = one({}, checkpoint=checkpoint).grace.value
    assert grace % SECOND == 0
    assert max(30 * SECOND, checkpoint + 30 * SECOND) <= grace < checkpoint + 31 * SECOND


def started(layers: list[int], run: int, waits: dict[int, list[int]]) -> tuple[int, int]:
    """Play nested retries in which every try fails: how often the innermost starts, and how long it all takes."""
    if not layers:
        return 1, run
    starts = took = 0
    for number in range(1 + layers[0]):
        if number:
            took += waits.get(len(layers), [0] * 20)[number - 1]
        inner, time = started(layers[1:], run, waits)
        starts, took = starts + inner, took + time
    return starts, took


@given(
    jobset=st.integers(0, 3), job=st.integers(0, 9), argo=st.integers(0, 3), run=st.integers(1, 7200),
    lost=st.integers(0, 3),
)  # fmt: skip
def test_attempts_and_deadline_are_what_nested_retries_make(
    jobset: int, job: int, argo: int, run: int, lost: int
) -> None:
    """The product is how often it starts; the deadline, without what starts the object, is how long that takes."""
    found = one({
        "kind": "jobset", "runsFor": f"{run}s", "attempts": 1000, "disruptions": lost,
        "overrides": {"retries": {"argo": argo, "jobset": jobset, "job": job}},
    })  # fmt: skip
    waits = {1: [10, 20, 40, 80, 160, 320, 360, 360, 360]}
    starts, took = started([jobset, job], run, waits)
    assert found.total_attempts == (1 + argo) * starts
    assert found.deadline is not None
    assert found.deadline.value == took * SECOND


def test_what_starts_from_nothing_runs_once_more_for_each_disruption() -> None:
    """A run without checkpoints loses everything with its node."""
    loss = {"recoverIn": "30m", "strategy": "cloud-repair"}
    kept, gone = (
        one({"runsFor": "1h", "disruptions": 2, "checkpointsTo": where}, loss)
        for where in ("object-store", "nothing")
    )
    assert kept.deadline is not None
    assert gone.deadline is not None
    assert gone.deadline.value - kept.deadline.value == 2 * 3600 * SECOND


@pytest.mark.parametrize(
    "node_loss",
    [
        {"recoverIn": "10m", "strategy": "none", "restartSafe": ["*/*"]},
        {"recoverIn": "10m", "strategy": "kueue-failure-recovery", "restartSafe": ["team-b/*"]},
    ],
)
def test_nothing_is_promised_where_nobody_frees_pods(node_loss: Spec) -> None:
    """The pods still may not be deleted by force before they could have ended."""
    found = one({}, node_loss)
    assert found.recovers_in is None
    assert found.earliest_force_delete is not None
    assert found.toleration is not None
    assert found.earliest_force_delete.value == 50 * SECOND + found.toleration.value + found.grace.value


@pytest.mark.parametrize(("kubernetes", "seconds"), [("1.31", 40), ("1.32", 50)])
def test_when_a_node_counts_as_lost_depends_on_kubernetes(kubernetes: str, seconds: int) -> None:
    """The controller manager's default grew."""
    spec = spec_of({}, termination={"nodeLoss": {"recoverIn": "10m", "strategy": "cloud-repair"}})
    spec["platform"]["kubernetes"] = kubernetes
    recovery = model(spec).jobs.recovery
    assert recovery is not None
    assert recovery.monitor_grace.value == seconds * SECOND


@given(checkpoints=st.lists(st.integers(0, 600), min_size=1, max_size=4))
def test_a_shutdown_waits_for_the_slowest_pod_of_the_pool(checkpoints: list[int]) -> None:
    """And for critical pods after it."""
    workloads = {
        f"w{number}": {"kind": "job", "namespace": "team-a", "checkpoint": f"{seconds}s"}
        for number, seconds in enumerate(checkpoints)
    }
    pools = {"cpu": {"nodes": 2, "capacity": "64Gi", "shutdownGraceCritical": "20s"}}
    cluster = model(spec_of({}, memory={"pools": pools}, workloads=workloads))
    (pool,) = cluster.jobs.pools
    assert pool.shutdown_grace is not None
    assert pool.shutdown_grace.value == max(one.grace.value for one in cluster.jobs.workloads) + 20 * SECOND


def test_kueue_is_more_patient_than_recovery_takes() -> None:
    """From the moment at which a pod is not ready any more, which is when its node counts as lost."""
    cluster = model(spec_of(
        {"kueue": "0.19"},
        termination={"nodeLoss": {"recoverIn": "10m", "strategy": "kueue-failure-recovery", "restartSafe": ["*/*"]}},
        memory={"budgets": {"team-a": "64Gi"}},
        workloads={"train": {"kind": "job", "namespace": "team-a", "checkpoint": "3m"}},
    ))  # fmt: skip
    (train,) = cluster.jobs.workloads
    assert train.recovers_in is not None
    assert cluster.jobs.ready_recovery is not None
    assert cluster.jobs.ready_recovery.value >= train.recovers_in.value - 50 * SECOND


def test_a_pin_stands_in_for_the_number_and_is_held_against_it() -> None:
    """The pinned value counts, and `explain` finds the derivation behind it."""
    found = one({"overrides": {"gracePeriod": "5m", "toleration": "2m"}},
                {"recoverIn": "20m", "strategy": "kueue-failure-recovery"})  # fmt: skip
    assert found.toleration is not None
    assert (found.grace.value, found.toleration.value) == (300 * SECOND, 120 * SECOND)
    assert [origin.ref for origin in found.grace.origins] == [
        "workloads.train.overrides.gracePeriod",
        "workloads/train/grace-period",
    ]
