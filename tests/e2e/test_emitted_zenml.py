"""ZenML's own models read what is emitted for it: nothing in it is unknown to them, dead, or warned of.

ZenML keeps keys that it does not know without a word, so a run that goes through proves nothing: what is looked at is
what the models did not know, and the Job that ZenML's own builder makes of a step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backstay.text.yaml import parse
from backstay.upstream import zenml
from backstay.upstream.own_pods import ZENML_POD_REQUEST
from e2e.support.libraries import ZENML, ask
from e2e.support.missing import skip_or_fail
from support.compiler import compile_spec
from support.repository import CLUSTERS, REPO
from support.specs import STORE, spec_of

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.support.kubeapi import Apiserver

pytestmark = pytest.mark.e2e

LINE = "0.98"
SAFE = "kueue.x-k8s.io/safe-to-forcefully-delete"
SPEC = spec_of(
    {"zenml": LINE, "kueue": "0.19"},
    storage={"artifacts": STORE},
    termination={
        "drain": {"checkpoint": "2m"},
        "nodeLoss": {"recoverIn": "10m", "strategy": "kueue-failure-recovery", "restartSafe": ["zenml/churn"]},
    },
    memory={
        "pools": {"cpu": {"nodes": 4, "capacity": "64Gi", "nodeLabels": {"pool": "cpu"}, "taints": [{"key": "jobs"}]}},
        "budgets": {"zenml": "64Gi"},
        "steps": {"default": "2Gi"},
    },
    workloads={
        "churn": {
            "kind": "zenml", "namespace": "zenml", "attempts": 3, "retryOn": ["disruption", "failure"], "deadline": "12h",
            "fanOut": 10, "steps": {"load": {}, "train": {"memory": "16Gi", "runsFor": "2h"}},
        }
    },
)  # fmt: skip


def run_of(workload: dict[str, Any]) -> Any:
    """The run configuration of a pipeline in the cluster above."""
    compiled = compile_spec(SPEC | {"workloads": {"churn": workload}})
    assert not compiled.stops, compiled.findings
    return next(one.value for one in compiled.settled if one.file == "bundle/zenml/run-churn.yaml")


@pytest.fixture(scope="module")
def files() -> dict[str, Any]:
    """The files of the bundle's ZenML folder."""
    compiled = compile_spec(SPEC)
    assert not compiled.stops, compiled.findings
    return {one.file: one.value for one in compiled.settled if one.file.startswith("bundle/zenml/")}


@pytest.fixture(scope="module")
def told(files: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ZenML makes of them."""
    question = {
        "run": files["bundle/zenml/run-churn.yaml"],
        "stack": files["bundle/zenml/stack-kubernetes.yaml"],
    }
    return asked(question, tmp_path_factory.mktemp("zenml"))


def asked(question: dict[str, Any], folder: Path) -> dict[str, Any]:
    """ZenML's answer."""
    with skip_or_fail():
        found: dict[str, Any] = ask(ZENML, question, folder)
    return found


def test_nothing_is_unknown_and_nothing_is_warned_of(told):
    """Of the pipeline, of each step, of both components."""
    assert told["warnings"] == []
    assert told["run"]["unknown"] == []
    assert {name: step["unknown"] for name, step in told["run"]["steps"].items()} == {"load": [], "train": []}
    assert {kind: one["unknown"] for kind, one in told["stack"].items()} == {
        "orchestrator": [],
        "artifact_store": [],
    }


def test_a_step_gets_the_job_that_the_spec_means(told):
    """The step's own settings over the pipeline's, through ZenML's own builder."""
    spec = told["run"]["steps"]["train"]["job"]["spec"]
    pod = spec["template"]["spec"]
    assert spec["backoffLimit"] == 2
    assert spec["activeDeadlineSeconds"] >= 3 * 2 * 3600
    assert [rule["action"] for rule in spec["podFailurePolicy"]["rules"]] == ["Ignore", "FailJob", "Count"]
    assert pod["containers"][0]["resources"] == {"requests": {"memory": "16Gi"}, "limits": {"memory": "16Gi"}}
    assert pod["terminationGracePeriodSeconds"] == 150
    assert pod["nodeSelector"] == {"pool": "cpu"}
    assert {one["key"]: one.get("tolerationSeconds") is None for one in pod["tolerations"]} == {
        "node.kubernetes.io/not-ready": False, "node.kubernetes.io/unreachable": False, "jobs": True,
    }  # fmt: skip
    assert spec["template"]["metadata"]["annotations"] == {SAFE: "true"}


def test_a_step_without_retries_has_none(tmp_path):
    """`max_retries: 0` would be refused, and a step inherits what the pipeline says: so the pipeline says nothing."""
    steps = {"load": {"attempts": 1}, "train": {}}
    run = run_of(
        {"kind": "zenml", "namespace": "zenml", "attempts": 3, "retryOn": ["failure"], "steps": steps}
    )
    assert "retry" not in run
    assert "retry" not in run["steps"]["load"]
    found = asked({"run": run}, tmp_path)["run"]["steps"]
    assert {name: step["job"]["spec"]["backoffLimit"] for name, step in found.items()} == {
        "load": 0,
        "train": 2,
    }


def test_the_real_server_takes_the_jobs(told, apiserver: Apiserver):
    """A podFailurePolicy asks for more than a schema can say."""
    jobs = [
        step["job"]
        | {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": "zenml"}}
        for name, step in told["run"]["steps"].items()
    ]
    assert apiserver.apply_all(jobs, dry_run=True) == {}


def test_the_pipeline_is_limited_as_a_whole(told):
    """At the only place where ZenML looks."""
    pipeline = told["run"]["pipeline"]
    assert pipeline["max_parallelism"] == 3
    assert pipeline["active_deadline_seconds"] == 12 * 3600
    assert (
        pipeline["orchestrator_pod_settings"]["resources"]["requests"]["memory"]
        == f"{ZENML_POD_REQUEST >> 20}Mi"
    )


def test_the_keys_that_backstay_knows_are_those_of_the_models(told):
    """Part by part, and which of them do nothing any more."""
    ours = {part: {name: key.dead for name, key in zenml.keys(part, LINE).items()} for part in told["keys"]}
    assert ours == told["keys"]


def test_a_key_that_nobody_reads_goes_through_without_a_word(files, tmp_path):
    """Which is why it has to be found here: the models keep it and say nothing."""
    run = files["bundle/zenml/run-churn.yaml"]
    settings = {**run["settings"]["orchestrator"], "max_paralelism": 3}
    told = asked({"run": {**run, "sttings": {}, "settings": {"orchestrator": settings}}}, tmp_path)
    assert told["warnings"] == []
    assert told["run"]["unknown"] == ["max_paralelism"]


def test_every_run_configuration_of_the_example_fleet(tmp_path):
    """As it is committed."""
    runs = [
        path
        for name in CLUSTERS
        for path in sorted((REPO / "overlays" / name).glob("bundle/zenml/run-*.yaml"))
    ]
    assert runs
    for path in runs:
        told = asked({"run": parse(path.read_text())}, tmp_path)
        assert told["warnings"] == []
        assert told["run"]["unknown"] == []
        assert all(step["unknown"] == [] for step in told["run"]["steps"].values())
