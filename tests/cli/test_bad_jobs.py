"""Statements about jobs that cannot hold are told at their line, with the sum that shows it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cli.conftest import Repository

JOBS: dict[str, Any] = {
    "platform": {
        "kubernetes": "1.36", "pipelines": "2.15", "workflows": "3.7", "trainingOperator": "1.9", "trainer": "2.3",
        "jobset": "0.12", "kueue": {"version": "0.19"}, "zenml": "0.98",
    },
    "network": {},
    "storage__runNamespaces": ["team-a"],
    "termination": {
        "drain": {"checkpoint": "2m"},
        "nodeLoss": {"recoverIn": "10m", "strategy": "kueue-failure-recovery", "restartSafe": ["team-a/*"], "podStart": "30s"},
    },
    "memory": {
        "pools": {"cpu": {"nodes": 4, "capacity": "64Gi", "systemReserved": "2Gi", "largestDaemonSets": "1Gi"}},
        "budgets": {"team-a": {"total": "128Gi"}},
        "steps": {"default": "2Gi"},
    },
    "retries": {},
    "workloads": {
        "train": {"kind": "jobset", "namespace": "team-a", "memory": "8Gi", "runsFor": "1h", "attempts": 3,
                  "retryOn": ["disruption", "failure"], "overrides": {}},
    },
}  # fmt: skip
TRAIN = "workloads__train__"
WRONG = {
    "a budget below what a step takes by default": (
        {"memory__budgets__team-a__total": "1Gi", "workloads": {}}, "JOB035", "memory.budgets.team-a.total",
        "takes 2Gi and 512Mi for Argo's executor, and `team-a` may use 1Gi", "raise the budget to 2560Mi",
    ),
    "a step that no node holds": (
        {"memory__steps__big": "100Gi"}, "JOB035", "memory.steps.big",
        "takes 100Gi, and a node of `cpu` has 62364Mi for pods", "62364Mi or less",
    ),
    "a step of ZenML's that no node holds": (
        {"workloads": {"churn": {"kind": "zenml", "namespace": "team-a", "pipeline": "churn",
                                 "steps": {"fit": {"memory": "100Gi", "runsFor": "1h"}}}}},
        "JOB035", "workloads.churn.steps.fit.memory", "takes 100Gi, and a node of `cpu` has 62364Mi", "larger nodes",
    ),
    "gigabytes for a pod": ({f"{TRAIN}memory": "8GB"}, "SPC004", "workloads.train.memory", "`8GB`", "`8Gi` (powers of 1024)"),
    "ZenML's own unit": ({"memory__steps__default": "8GiB"}, "SPC004", "memory.steps.default", "`8GiB`", "write `8Gi`"),
    "a forced deletion before the pod has surely ended": (
        {f"{TRAIN}overrides__forceDeleteAfter": "1m"}, "JOB006", "workloads.train.overrides.forceDeleteAfter",
        "1m after the loss of their node, and may run until 8m20s after it", "write 8m20s or more",
    ),
    "a forced deletion of what writes to a volume": (
        {f"{TRAIN}overrides__forceDeleteAfter": "20m", f"{TRAIN}checkpointsTo": "own-volume",
         "termination__nodeLoss__restartSafe": []},
        "JOB007", "workloads.train.overrides.forceDeleteAfter", "nobody says that two copies of it do no harm", "restartSafe",
    ),
    "trying again with the limit that killed it": (
        {f"{TRAIN}retryOn": ["oom"]}, "JOB019", "workloads.train.retryOn", "with 8Gi as before", "raise `memory`",
    ),
    "a deadline that ends the tries": (
        {f"{TRAIN}deadline": "2h"}, "JOB030", "workloads.train.deadline",
        "take 3h9m50s (3 x 1h for the tries, 1 x 9m50s for evictions and lost nodes), and its deadline is 2h",
        "write `deadline: 3h9m50s` or more",
    ),
    "a framework of Kueue's that is off": (
        {"platform__kueue__frameworks": ["batch/job"]}, "JOB038", "platform.kueue.frameworks",
        "does not manage JobSets here (it manages batch/job)", "add `jobset.x-k8s.io/jobset`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_is_an_error_at_its_line_with_its_sum(fault: str, repository: Repository) -> None:
    """Nothing is written, and what helps is said in numbers."""
    changes, rule, path, message, help_ = WRONG[fault]
    repository.spec(**copy.deepcopy({**JOBS, **changes}))
    checked = repository.backstay("check", "--format", "json")
    assert checked.code == 1
    (found,) = [one for one in checked.findings if one["rule"] == rule]
    assert found["severity"] == "error"
    assert found["place"]["path"] == path
    assert found["place"]["file"] == "specs/clusters/one.yaml"
    assert found["place"]["line"] > 1
    assert message in found["message"]
    assert help_ in found["help"]
    assert repository.backstay("compile").code == 1
    assert not (repository.root / "overlays").exists()


def test_without_a_fault_it_compiles(repository: Repository) -> None:
    """What each of the faults is one change away from."""
    repository.spec(**copy.deepcopy(JOBS))
    compiled = repository.backstay("compile")
    assert compiled.code == 0, compiled.err


def test_nested_retries_multiply_and_what_fits_is_offered(repository: Repository) -> None:
    """Argo 2, ZenML 3, JobSet 3 and a Job's 6 make 336 tries; what the help offers is taken and compiles."""
    nested = {"argo": 2, "zenml": 3, "jobset": 3, "job": 6}
    changes = {
        **JOBS, "retries": {"maxAttempts": 6}, f"{TRAIN}attempts": 6,
        f"{TRAIN}startedBy": ["pipeline-steps", "zenml"], f"{TRAIN}overrides__retries": nested,
    }  # fmt: skip
    repository.spec(**copy.deepcopy(changes))
    checked = repository.backstay("check", "--format", "json")
    (found,) = [one for one in checked.findings if one["rule"] == "JOB029" and one["severity"] == "error"]
    assert found["place"]["path"] == "workloads.train.overrides.retries.argo"
    product = "3 (Argo) x 4 (ZenML) x 4 (JobSet) x 7 (Job) tries, and the budget is 6"
    assert found["message"] == f"train may start 336 times: {product}"
    assert "makes 6" in found["help"]
    offered = {
        words.split(" ")[0].lower(): int(words.split(" ")[1])
        for words in found["help"].partition(": ")[2].removesuffix(" makes 6").split(", ")
    }
    assert set(offered) == set(nested)
    repository.spec(**copy.deepcopy({**changes, f"{TRAIN}overrides__retries": offered}))
    assert repository.backstay("check").code == 0
    told = repository.backstay("explain", "workloads.train.attempts", "--cluster", "one")
    assert "6 attempts" in told.out
