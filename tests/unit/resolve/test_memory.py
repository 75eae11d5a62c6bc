"""What pods of a node may request together, how many steps may run at once, and the worst moment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.model.jobs import Kind
from support.modelling import model
from support.specs import STORE, spec_of

GiB, MiB = 2**30, 2**20
CPU = {"nodes": 6, "capacity": "64Gi", "systemReserved": "2Gi", "largestDaemonSets": "1Gi"}
ROOM = 61 * GiB - 100 * MiB
"""What a node of that pool has left."""


def jobs(memory, platform=None, **sections):
    """The model's jobs and the derivations by id."""
    found = model(spec_of(platform or {}, memory=memory, **sections))
    return found.jobs, found.derivations


def pipelines(memory, **sections):
    """The same where Pipelines run in team-a and team-b."""
    storage = {"artifacts": STORE, "runNamespaces": ["team-a", "team-b"]}
    return jobs(memory, {"pipelines": "2.15"}, storage=storage, **sections)


def zenml(cluster_memory, /, **workload):
    """The pipeline of a cluster with ZenML, and the derivations."""
    stated = {"kind": "zenml", "namespace": "zenml", **workload}
    found, numbers = jobs(cluster_memory, {"zenml": "0.98"}, workloads={"churn": stated})
    (pipeline,) = found.of_kind(Kind.ZENML)
    return pipeline, numbers


def decided(numbers, id_):
    """The ids of the bounds that decided a number, and their words."""
    return {bound.id: bound.words for bound in numbers[id_].binding}


def test_a_node_has_what_nobody_keeps_back():
    """Every part of the arithmetic is told."""
    found, numbers = jobs({"pools": {"cpu": CPU}})
    (pool,) = found.pools
    assert pool.allocatable.value == ROOM
    assert pool.total == 6 * ROOM
    words = decided(numbers, "memory/cpu/allocatable")["node-holds"]
    assert (
        words
        == "a node has 64Gi, 2Gi for the system, 100Mi as the eviction threshold, and DaemonSets take 1Gi"
    )


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4), st.integers(1, 200))
def test_what_is_kept_back_and_what_is_left_make_the_capacity(taken, capacity):
    """Whatever the parts are."""
    names = ("systemReserved", "kubeReserved", "evictionHard", "largestDaemonSets")
    parts = {name: f"{size}Gi" for name, size in zip(names, taken, strict=True)}
    found, _ = jobs({"pools": {"one": {"nodes": 1, "capacity": f"{capacity}Gi", **parts}}})
    assert found.pools[0].allocatable.value + sum(taken) * GiB == capacity * GiB


def test_the_smallest_budget_decides_how_many_steps_run_at_once():
    """128Gi and 64Gi for steps of 16Gi, each with Argo's executor beside it."""
    found, numbers = pipelines(
        {
            "pools": {"cpu": CPU},
            "budgets": {"team-a": "128Gi", "team-b": "64Gi"},
            "steps": {"default": "2Gi", "train": "16Gi", "fanOut": 8},
        }
    )
    assert found.steps.parallelism.value == 3
    assert decided(numbers, "memory/steps/parallelism") == {
        "budget-of-team-b-holds": "`team-b` may use 64Gi: a pod takes 16Gi (the largest step) and 512Mi (Argo's executor)"
    }


def test_budgets_of_other_namespaces_hold_no_workflows():
    """Only where pipelines run."""
    found, _ = pipelines({"budgets": {"elsewhere": "1Gi"}, "steps": {"default": "2Gi", "fanOut": 8}})
    assert found.steps.parallelism.value == 8


def test_a_step_stands_on_one_node():
    """Two nodes of 60Gi hold four steps of 25Gi, not the five that 120Gi would."""
    pool = {"nodes": 2, "capacity": "60Gi", "evictionHard": "0Gi"}
    found, numbers = pipelines({"pools": {"cpu": pool}, "steps": {"default": "25Gi"}})
    assert found.steps.parallelism.value == 4
    assert (
        "2 nodes of `cpu` hold 2 each in 60Gi" in decided(numbers, "memory/steps/parallelism")["nodes-hold"]
    )


def test_steps_without_sizes_are_limited_by_what_is_stated():
    """Nothing is made up."""
    assert pipelines({"steps": {"fanOut": 5}})[0].steps.parallelism.value == 5
    assert pipelines({"steps": {}})[0].steps.parallelism is None
    assert pipelines({})[0].steps is None


def test_ten_steps_of_4g_on_a_node_of_14g():
    """The upstream incident: the orchestrator has its place, and three steps theirs."""
    memory = {"pools": {"one": {"nodes": 1, "capacity": "14Gi", "evictionHard": "0Gi"}}}
    pipeline, numbers = zenml(
        memory, fanOut=10, memory="4Gi", steps={"load": {}, "train": {}, "score": {}, "tell": {}}
    )
    assert pipeline.max_parallelism.value == 3
    words = decided(numbers, "workloads/churn/max-parallelism")["nodes-hold"]
    assert words.startswith("the node of `one` holds 3 in 14Gi, with room for the orchestrator beside them")
    assert pipeline.peak.value == 13 * GiB


def test_the_orchestrator_takes_a_steps_place_where_steps_fill_the_nodes():
    """16Gi are four steps of 4Gi, and then nothing is left."""
    memory = {"pools": {"one": {"nodes": 1, "capacity": "16Gi", "evictionHard": "0Gi"}}}
    pipeline, numbers = zenml(memory, fanOut=10, steps={"a": {"memory": "4Gi"}})
    assert pipeline.max_parallelism.value == 3
    assert "less 1 for the orchestrator" in decided(numbers, "workloads/churn/max-parallelism")["nodes-hold"]


@pytest.mark.parametrize(
    ("step", "expected"),
    [("own", 1), ("named", 2), ("other", 4)],
)
def test_the_closest_word_says_what_a_step_needs(step, expected):
    """The step, its kind, its pipeline."""
    steps = {"own": {"memory": "1Gi"}, "named": {}, "other": {}}
    pipeline, _ = zenml({"steps": {"default": "3Gi", "named": "2Gi"}}, memory="4Gi", steps=steps)
    assert {one.name: one.memory.value // GiB for one in pipeline.steps}[step] == expected


def test_any_step_is_the_last_word():
    """Where nobody says more, `default`; where nobody says anything, nothing is known."""
    assert zenml({"steps": {"default": "3Gi"}}, steps={"a": {}})[0].steps[0].memory.value == 3 * GiB
    assert zenml({}, steps={"a": {}})[0].steps[0].memory is None


def test_only_the_budget_of_the_pipelines_own_namespace_counts():
    """Less what the orchestrator may use: (20Gi - 1Gi) / 4Gi."""
    memory = {"budgets": {"zenml": "20Gi", "team-a": "1Gi"}}
    pipeline, numbers = zenml(memory, fanOut=10, steps={"a": {"memory": "4Gi"}})
    assert pipeline.max_parallelism.value == 4
    words = decided(numbers, "workloads/churn/max-parallelism")["budget-of-zenml-holds"]
    assert words == "`zenml` may use 20Gi less 1Gi for the orchestrator: a pod takes 4Gi (the largest step)"


def test_a_pinned_parallelism_is_kept_with_what_it_is_held_against():
    """Checked, never trusted: the rules see both."""
    memory = {"budgets": {"zenml": "20Gi"}}
    pins = {"maxParallelism": 7}
    pipeline, numbers = zenml(memory, fanOut=10, steps={"a": {"memory": "4Gi"}}, overrides=pins)
    assert pipeline.max_parallelism.value == 7
    assert numbers["workloads/churn/max-parallelism"].value == 4
    assert "workloads/churn/max-parallelism" in [origin.ref for origin in pipeline.max_parallelism.origins]


@given(
    st.integers(1, 64),
    st.integers(1, 64),
    st.integers(1, 9),
    st.lists(st.integers(1, 20), min_size=1, max_size=5),
    st.integers(1, 30),
)
def test_what_runs_at_once_fits(budget, capacity, nodes, sizes, fan_out):
    """Whatever the sizes: so many of the largest step and the orchestrator keep to the budget and to the nodes."""
    pool = {"nodes": nodes, "capacity": f"{capacity}Gi", "evictionHard": "0Gi"}
    steps = {f"s{index}": {"memory": f"{size}Gi"} for index, size in enumerate(sizes)}
    pipeline, _ = zenml(
        {"budgets": {"zenml": f"{budget}Gi"}, "pools": {"one": pool}}, fanOut=fan_out, steps=steps
    )
    many, largest = pipeline.max_parallelism.value, max(sizes)
    assert 0 <= many <= fan_out
    assert many == 0 or many * largest + 1 <= budget
    slots = nodes * (capacity // largest)
    assert many <= slots
    more = many + 1
    assert more > fan_out or more * largest + 1 > budget or more >= slots


def test_the_peak_of_a_job_is_all_its_pods():
    """None of them has a twin; nothing is said of pods whose memory nobody stated."""
    workload = {"kind": "pytorchjob", "namespace": "team-a", "replicas": 4}
    sized = {"big": {**workload, "memory": "100Gi"}, "unknown": workload}
    found, numbers = jobs({}, {"trainingOperator": "1.9"}, workloads=sized)
    assert {one.name: one.peak and one.peak.value for one in found.workloads} == {
        "big": 400 * GiB,
        "unknown": None,
    }
    assert "4 pods of 100Gi" in decided(numbers, "workloads/big/peak")["pods-at-once"]
