"""Failures in a real control plane: what upstream's defaults leave hanging, and what frees it."""

from __future__ import annotations

import pytest

from backstay.prove.jobs.pace import KUEUE_FORCE_MS
from backstay.prove.jobs.trials import Event, Outcome, Repair, Trial, run
from backstay.prove.together import together
from e2e.support.plane import PACE, Running
from e2e.support.workloads import (
    FAIL_ON_OOM,
    IGNORE_DISRUPTION,
    SAFE,
    job,
    jobset,
    pytorchjob,
    runtime,
    trainjob,
)

pytestmark = pytest.mark.e2e

RULES = [IGNORE_DISRUPTION, FAIL_ON_OOM]
LOSS = Event.NODE_LOSS
HANGS_SECONDS, FREED_SECONDS = 100, 140
START_SECONDS = 15
TAINT, GONE = Repair.OUT_OF_SERVICE, Repair.DELETE_NODE
TRIALS = (
    Trial("job-hangs", job("job-hangs", RULES), LOSS, HANGS_SECONDS),
    Trial("job-twins", job("job-twins", []), LOSS, HANGS_SECONDS),
    Trial("job-kueue", job("job-kueue", RULES, SAFE), LOSS, FREED_SECONDS),
    Trial("job-taint", job("job-taint", RULES), LOSS, FREED_SECONDS, repair=TAINT),
    Trial("job-gone", job("job-gone", RULES), LOSS, FREED_SECONDS, repair=GONE),
    Trial("pytorch-hangs", pytorchjob("pytorch-hangs", "OnFailure"), LOSS, HANGS_SECONDS, pods=2),
    Trial("pytorch-fails", pytorchjob("pytorch-fails", "Never"), LOSS, 40, pods=2),
    Trial("pytorch-kueue", pytorchjob("pytorch-kueue", "OnFailure", SAFE), LOSS, FREED_SECONDS, pods=2),
    Trial(
        "pytorch-taint", pytorchjob("pytorch-taint", "OnFailure"), LOSS, FREED_SECONDS, pods=2, repair=TAINT
    ),
    Trial(
        "train-kueue", trainjob("train-kueue", "kueue"), LOSS, FREED_SECONDS, pods=2,
        objects=(runtime("kueue", SAFE),),
    ),
    Trial(
        "train-hangs", trainjob("train-hangs", "hangs"), LOSS, HANGS_SECONDS, pods=2,
        objects=(runtime("hangs"),),
    ),
    Trial("set-kueue", jobset("set-kueue", SAFE), LOSS, FREED_SECONDS, pods=2),
    Trial("job-evicted", job("job-evicted", RULES), Event.EVICTION, 60),
    Trial("job-preempted", job("job-preempted", RULES), Event.PREEMPTION, 60),
    Trial("job-oom", job("job-oom", RULES), Event.OUT_OF_MEMORY, 40, most=3),
    Trial("job-oom-retried", job("job-oom-retried", []), Event.OUT_OF_MEMORY, 90, most=9),
)  # fmt: skip
HANGING = ("job-hangs", "pytorch-hangs", "train-hangs")
BY_KUEUE = ("job-kueue", "pytorch-kueue", "train-kueue", "set-kueue")
BY_REPAIR = ("job-taint", "job-gone", "pytorch-taint")


@pytest.fixture(scope="module")
def outcomes(job_plane: Running) -> dict[str, Outcome]:
    """What became of every trial, all made side by side."""

    async def everything() -> list[Outcome]:
        return await together(run(trial, job_plane.plane, job_plane.watcher) for trial in TRIALS)

    return {outcome.trial.name: outcome for outcome in job_plane.call(everything())}


def evicted_after() -> float:
    """When the pods of a lost node are asked to go and their grace is over: seconds after the loss."""
    return PACE.node_grace_ms / 1000 + 2 * PACE.seconds(30)


@pytest.mark.parametrize("name", HANGING)
def test_a_dead_node_holds_a_workload_for_ever_by_default(outcomes: dict[str, Outcome], name: str):
    """kubernetes#134038 and kubeflow/training-operator#2072: evicted pods stay, and nothing takes their place."""
    outcome = outcomes[name]
    assert outcome.recovered is None
    assert [life.deleted is not None for life in outcome.journal.lives.values()] == [
        True
    ] * outcome.trial.pods
    assert all(life.gone is None for life in outcome.journal.lives.values())


def test_a_pytorchjob_says_that_it_restarts_while_it_hangs(outcomes: dict[str, Outcome]):
    """Its condition is no help: Restarting, for as long as anybody looks."""
    assert "Restarting" in outcomes["pytorch-hangs"].conditions


def test_a_pytorchjob_that_never_restarts_fails(outcomes: dict[str, Outcome]):
    """The one policy that ends on a lost node."""
    assert "Failed" in outcomes["pytorch-fails"].conditions


def test_a_job_without_pod_failure_policy_runs_twice(outcomes: dict[str, Outcome]):
    """Its replacement starts beside a pod that nobody knows to be dead."""
    outcome = outcomes["job-twins"]
    assert outcome.recovered is not None
    pairs = [(first.identity, second.identity) for first, second, _ in outcome.journal.twins(outcome.until)]
    assert pairs == [("job-twins[]", "job-twins[]")]


@pytest.mark.parametrize("name", BY_KUEUE)
def test_kueue_frees_what_is_safe_to_delete(outcomes: dict[str, Outcome], name: str):
    """After the node's grace, the toleration, the pod's grace and Kueue's minute; and only one copy ever ran."""
    outcome = outcomes[name]
    assert outcome.took is not None
    assert outcome.took <= evicted_after() + KUEUE_FORCE_MS / 1000 + START_SECONDS
    assert list(outcome.journal.twins(outcome.until)) == []
    assert outcome.journal.attempts() == 2


@pytest.mark.parametrize("name", BY_REPAIR)
def test_repairing_the_node_frees_a_workload(outcomes: dict[str, Outcome], name: str):
    """Once the taint or the deletion says that the node is off, its pods are gone, and run elsewhere."""
    outcome = outcomes[name]
    assert outcome.recovered is not None
    assert list(outcome.journal.twins(outcome.until)) == []
    assert all(life.node.endswith("spare") for life in outcome.journal.running())


@pytest.mark.parametrize(
    ("name", "why"), [("job-evicted", "EvictionByEvictionAPI"), ("job-preempted", "PreemptionByScheduler")]
)
def test_a_disruption_costs_no_retry(outcomes: dict[str, Outcome], name: str, why: str):
    """The first rule ignores it, whatever exit code the pod ends with."""
    outcome = outcomes[name]
    assert outcome.recovered is not None
    assert [life.why for life in outcome.journal.lives.values() if life.why] == [why]
    assert outcome.workload is not None
    assert outcome.workload["status"].get("failed", 0) == 0


def test_a_kill_for_memory_is_retried_only_where_nothing_forbids_it(outcomes: dict[str, Outcome]):
    """With the same limit each retry ends the same way."""
    assert outcomes["job-oom"].journal.attempts() == 1
    assert outcomes["job-oom"].conditions["Failed"] == "PodFailurePolicy"
    assert outcomes["job-oom-retried"].journal.attempts() == 3
