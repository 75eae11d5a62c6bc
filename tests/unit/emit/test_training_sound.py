"""Whatever jobs people state: nothing crashes, and what is compiled for a sound statement passes every rule."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support.compiler import compile_spec
from support.examples import times
from support.specs import Spec, spec_of

KINDS = ("pytorchjob", "trainjob", "jobset", "job")
CAUSES = st.sets(st.sampled_from(["disruption", "failure"])).map(sorted)
few = times(0.6)


@st.composite
def platforms(draw: st.DrawFn) -> Spec:
    """Versions of every controller that may be installed together."""
    return {
        "kubernetes": draw(st.sampled_from(["1.31", "1.33", "1.37"])),
        "kueue": draw(st.sampled_from(["0.15.5", "0.17", "0.19", "0.20"])),
        "jobset": draw(st.sampled_from(["0.9", "0.12"])),
        "trainer": draw(st.sampled_from(["2.0", "2.1", "2.3", "2.4"])),
        "trainingOperator": draw(st.sampled_from(["1.7", "1.9"])),
    }


@st.composite
def workloads(draw: st.DrawFn) -> Spec:
    """A sound workload: within its budget, with a memory limit, and a run time."""
    lost, replicas = draw(st.integers(0, 3)), draw(st.integers(1, 5))
    stated: Spec = {
        "kind": draw(st.sampled_from(KINDS)), "namespace": draw(st.sampled_from(["team-a", "team-b"])),
        "replicas": replicas, "memory": "4Gi", "runsFor": f"{draw(st.integers(1, 3000))}m", "disruptions": lost,
        "attempts": 1 + lost + draw(st.integers(0, 3)), "retryOn": draw(CAUSES),
        "checkpointsTo": draw(st.sampled_from(["object-store", "nothing"])),
    }  # fmt: skip
    return stated


@few
@given(
    platform=platforms(), found=st.lists(workloads(), min_size=1, max_size=3), checkpoint=st.integers(1, 300),
    strategy=st.sampled_from(["kueue-failure-recovery", "self-node-remediation", "cloud-repair"]),
)  # fmt: skip
def test_what_is_compiled_for_sound_jobs_passes_every_rule(
    platform: Spec, found: list[Spec], checkpoint: int, strategy: str
) -> None:
    """No error, whatever the kind, the version and the strategy."""
    done = compile_spec(spec_of(
        platform,
        termination={
            "drain": {"checkpoint": f"{checkpoint}s"},
            "nodeLoss": {"recoverIn": "30m", "strategy": strategy, "restartSafe": ["*/*"]},
        },
        memory={"pools": {"cpu": {"nodes": 8, "capacity": "64Gi"}}, "budgets": {"team-a": "128Gi"}},
        workloads={f"w{number}": one for number, one in enumerate(found)},
    ))  # fmt: skip
    errors = [one for one in done.findings if one.severity == "error"]
    assert done.settled
    assert not errors, [f"{one.rule} {one.place.path}: {one.message}" for one in errors]


numbers = st.sampled_from([0, 1, 2, 7, 1_000_000])
durations = st.sampled_from(["0s", "1s", "999s", "8000h", "500ms"])


@few
@given(data=st.data())
def test_nothing_that_the_spec_allows_is_too_much(data: st.DataObject) -> None:
    """Extreme numbers give findings, or objects: never a crash."""
    layer = st.sampled_from(["argo", "zenml", "jobset", "job", "torchrun", "pytorchjob"])
    some: dict[str, st.SearchStrategy[Any]] = {
        "replicas": numbers.filter(bool), "attempts": numbers.filter(bool), "disruptions": numbers,
        "runsFor": durations, "checkpoint": durations, "deadline": durations.filter(lambda one: one != "500ms"),
        "queuedFor": durations, "memory": st.sampled_from(["1Ki", "64Pi"]), "inBase": st.booleans(),
        "startedBy": st.sets(st.sampled_from(["pipeline-steps", "zenml"])).map(sorted),
        "retryOn": st.sets(st.sampled_from(["disruption", "failure", "oom"])).map(sorted),
        "overrides": st.fixed_dictionaries({"retries": st.dictionaries(layer, numbers, max_size=3)}),
        "steps": st.just({"a": {"attempts": 3, "runsFor": "1h"}, "b": {"checkpoint": "20m"}}),
    }  # fmt: skip
    stated = data.draw(st.fixed_dictionaries(
        {"kind": st.sampled_from([*KINDS, "zenml"]), "namespace": st.just("team-a")}, optional=some
    ))  # fmt: skip
    loss = data.draw(st.fixed_dictionaries({
        "recoverIn": durations,
        "strategy": st.sampled_from(["kueue-failure-recovery", "self-node-remediation", "cloud-repair", "none"]),
        "podStart": durations, "monitorGrace": durations,
        "remediation": st.fixed_dictionaries({"fencedIn": durations}, optional={"unhealthyFor": durations}),
    }))  # fmt: skip
    done = compile_spec(spec_of(
        data.draw(platforms()) | {"zenml": "0.98"},
        termination={"nodeLoss": loss},
        memory=data.draw(st.sampled_from([{}, {"pools": {"cpu": {"nodes": 1, "capacity": "1Gi"}}}])),
        workloads={"train": stated},
    ))  # fmt: skip
    assert done.settled or done.stops
