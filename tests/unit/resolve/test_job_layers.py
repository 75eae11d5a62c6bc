"""Who tries a workload again: one layer, within the budget, whatever is nested."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.model.jobs import Layer, Workload, attempts
from support.modelling import model
from support.specs import Spec, spec_of

PLATFORM = {
    "kueue": "0.19", "jobset": "0.12", "trainer": "2.3", "trainingOperator": "1.9", "zenml": "0.98",
    "pipelines": "2.15",
}  # fmt: skip
KINDS = ("pytorchjob", "trainjob", "jobset", "job", "zenml")


def one(workload: Spec, **sections: Any) -> Workload:
    """The only workload of a spec."""
    stated = {"namespace": "team-a", **workload}
    (found,) = model(spec_of(PLATFORM, workloads={"train": stated}, **sections)).jobs.workloads
    return found


def test_the_stacked_example() -> None:
    """Argo 2, ZenML 3, JobSet 3 and a Job's 6 make 336; one layer keeps the budget."""
    found = one({
        "kind": "jobset", "attempts": 6, "retryOn": ["failure"],
        "overrides": {"retries": {"argo": 2, "zenml": 3, "jobset": 3, "job": 6}},
    })  # fmt: skip
    assert [one.layer for one in found.layers] == [Layer.ARGO, Layer.ZENML, Layer.JOBSET, Layer.JOB]
    assert found.total_attempts == 3 * 4 * 4 * 7 == 336
    assert [(one.layer.value, one.retries.value) for one in found.compiled] == [
        ("argo", 0), ("zenml", 0), ("jobset", 5), ("job", 0),
    ]  # fmt: skip


@given(
    kind=st.sampled_from(KINDS), replicas=st.integers(1, 8), budget=st.integers(1, 50),
    causes=st.sets(st.sampled_from(["disruption", "failure", "oom"])), lost=st.integers(0, 4),
    starters=st.sets(st.sampled_from(["pipeline-steps", "zenml"])), steps=st.integers(1, 6),
    most=st.none() | st.integers(1, 50),
    pins=st.dictionaries(st.sampled_from([layer.value for layer in Layer]), st.integers(0, 5), max_size=3),
)  # fmt: skip
def test_what_is_offered_keeps_the_budget_from_one_layer(
    kind: str, replicas: int, budget: int, causes: set[str], lost: int, starters: set[str], steps: int,
    most: int | None, pins: dict[str, int],
) -> None:  # fmt: skip
    """Pins stay, the offer keeps the budget, and besides Argo's given retries one layer at most tries again."""
    retries: Spec = {"pipelineSteps": {"attempts": steps}} | ({"maxAttempts": most} if most else {})
    found = one({
        "kind": kind, "replicas": replicas, "attempts": budget, "retryOn": sorted(causes), "disruptions": lost,
        "startedBy": sorted(starters), "overrides": {"retries": pins},
    }, retries=retries)  # fmt: skip
    allowed = min(budget, most or budget)
    assert attempts(found.compiled) <= allowed
    if attempts(found.layers) <= allowed:
        assert found.compiled == found.layers
    else:
        own = [one for one in found.compiled if one.retries.value and one.layer is not Layer.ARGO]
        assert len(own) <= 1
    for layer, pinned in ((one.layer, one.retries.value) for one in found.layers if one.pinned):
        if layer is not Layer.PYTORCHJOB:
            assert pinned == pins[layer.value]
    product = 1
    for layer in found.layers:
        product *= 1 + layer.retries.value
    assert found.total_attempts == product


@pytest.mark.parametrize(
    ("workload", "tries"),
    [
        ({"kind": "job", "disruptions": 3}, 1),
        ({"kind": "pytorchjob", "replicas": 4, "disruptions": 3}, 1),
        ({"kind": "jobset", "disruptions": 3}, 1),
        ({"kind": "jobset", "replicas": 4, "disruptions": 3}, 4),
        ({"kind": "trainjob", "replicas": 2, "disruptions": 1}, 2),
        ({"kind": "trainjob", "replicas": 2, "disruptions": 1, "retryOn": ["failure"]}, 1),
        ({"kind": "zenml", "pipeline": "flows.nightly", "disruptions": 2}, 3),
    ],
)
def test_the_default_budget_is_what_disruptions_use_up(workload: Spec, tries: int) -> None:
    """Only where one pod's loss is a try: groups under JobSet, and ZenML's steps."""
    found = one(workload)
    assert (found.attempts.value, found.total_attempts) == (tries, tries)


@given(replicas=st.integers(1, 64), tries=st.integers(1, 6))
def test_a_pytorchjob_fails_after_the_tries_that_are_meant(replicas: int, tries: int) -> None:
    """It ends when the sum of all containers' restarts reaches its limit: not before every replica restarted so often."""
    found = one({"kind": "pytorchjob", "replicas": replicas, "attempts": tries, "retryOn": ["failure"]})
    assert found.backoff_limit is not None
    restarts = 0
    while restarts < found.backoff_limit.value:
        restarts += replicas
    assert restarts // replicas == tries


@pytest.mark.parametrize(
    ("stated", "loss", "policy"),
    [
        ({"retryOn": []}, "cloud-repair", "Never"),
        ({}, None, "Never"),
        ({"retryOn": ["failure"]}, None, "OnFailure"),
        ({}, "cloud-repair", "OnFailure"),
        ({"overrides": {"restartPolicy": "ExitCode"}}, "cloud-repair", "ExitCode"),
    ],
)
def test_a_pytorchjob_restarts_where_that_helps(stated: Spec, loss: str | None, policy: str) -> None:
    """Never is the only policy that fails cleanly where nobody frees lost pods."""
    sections = {} if loss is None else {"termination": {"nodeLoss": {"recoverIn": "30m", "strategy": loss}}}
    found = one({"kind": "pytorchjob", **stated}, **sections)
    assert found.restart_policy is not None
    assert found.restart_policy.value == policy
