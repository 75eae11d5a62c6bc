"""Argo's own reading of the emitted workflow-controller-configmap: what it reports back is what was meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from backstay.core.units import show_duration
from backstay.emit.workflows.retry_strategy import PODS_ONLY
from backstay.upstream.catalog import PIPELINES
from backstay.upstream.pipelines import RELEASES
from backstay.upstream.versions import order
from e2e.support import argo
from e2e.support.errors import Failed
from e2e.support.overlay import built
from support.compiler import compile_spec
from support.repository import CLUSTERS, REPO
from support.specs import STORE, example, spec_of, store_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from backstay.model.cluster import Cluster
    from e2e.support.argo import ArgoConfig
    from e2e.support.kubeapi import Object
    from e2e.support.kustomize import KustomizeBuild
    from e2e.support.toolbox import GetProgram

pytestmark = pytest.mark.e2e

NAME = "workflow-controller-configmap"
DATED = "{{workflow.creationTimestamp.Y}}/{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}"


def data_of(objects: Iterable[Object]) -> dict[str, str]:
    """The data of the one workflow-controller-configmap among the objects."""
    (found,) = (each for each in objects if each["metadata"]["name"] == NAME)
    return found["data"]


def meant(cluster: Cluster) -> Object:
    """The artifact repository of a cluster's model, in Argo's fields."""
    assert cluster.storage is not None
    store, keys = cluster.storage.store, cluster.storage.store.credentials
    s3: Object = {
        "endpoint": f"{store.host.value}:{store.port.value}",
        "bucket": store.bucket.value,
        "region": store.region.value,
        "insecure": not store.secure.value,
        "keyFormat": store.key_format.value,
    }
    if keys is None:
        return {"archiveLogs": True, "s3": {**s3, "useSDKCreds": True}}
    s3["accessKeySecret"] = {"name": keys.name.value, "key": keys.access_key.value}
    s3["secretKeySecret"] = {"name": keys.name.value, "key": keys.secret_key.value}
    return {"archiveLogs": True, "s3": s3}


def retries_of(config: Object) -> Object:
    """The retryStrategy that every template gets."""
    strategy: Object = config["workflowDefaults"]["spec"]["templateDefaults"]["retryStrategy"]
    return strategy


@pytest.mark.parametrize("name", CLUSTERS)
def test_the_controller_of_an_example_cluster_runs_with_the_spec(
    name: str, argo_config: ArgoConfig, kustomize_build: KustomizeBuild
):
    """Store and retries as the model has them, and what the base says beside them."""
    cluster = example(name)
    config = argo_config(data_of(kustomize_build(REPO / "overlays" / name)))
    assert config["artifactRepository"] == meant(cluster)
    assert config["executor"]["imagePullPolicy"] == "IfNotPresent"
    steps, strategy = cluster.retries.steps, retries_of(config)
    assert steps is not None
    assert (strategy["limit"], strategy["retryPolicy"]) == (str(steps.limit.value), steps.policy.value)
    assert strategy["backoff"]["duration"] == show_duration(steps.initial_ms.value)
    assert strategy["backoff"]["factor"] == steps.factor.value


@pytest.mark.parametrize("version", PIPELINES.lines)
def test_the_controller_of_every_pipelines_release(
    version: str, tmp_path: Path, argo_config: ArgoConfig, kustomize_build: KustomizeBuild
):
    """With the fields that its own Argo knows and no others: `cap` from 3.7, `lastRetry.message` from 3.5."""
    steps = {"attempts": 4, "on": ["error", "eviction", "failure"], "longestStep": "1h",
             "backoff": {"initial": "30s", "factor": 3, "max": "3m"}}  # fmt: skip
    line = order(RELEASES[version].workflows)
    if line < (3, 7):
        del steps["backoff"]["max"]
    base = "kfp-3" if version == "3.0" else "kfp"
    sections = {"storage": {"artifacts": store_for(version)}, "retries": {"pipelineSteps": steps}}
    config = argo_config(data_of(built(tmp_path, base, kustomize_build, {"pipelines": version}, **sections)))
    waits = {"maxDuration": "4h6m30s"} if line < (3, 7) else {"cap": "3m", "maxDuration": "4h5m"}
    assert retries_of(config) == {
        "limit": "3",
        "retryPolicy": "Always",
        "backoff": {"duration": "30s", "factor": 3, **waits},
        **({"expression": PODS_ONLY} if line >= (3, 5) else {}),
    }
    spec, late = config["workflowDefaults"]["spec"], order(version) >= (2, 17)
    assert set(spec.get("ttlStrategy", {}).values()) == ({3600} if late else set())
    assert config["artifactRepository"]["s3"] == {
        "endpoint": "minio.kf-storage.svc.cluster.local:80" if order(version) >= (2, 2) else "minio-service.kubeflow:9000",
        "bucket": "mlpipeline",
        "region": "us-east-1",
        "insecure": True,
        "keyFormat": f"{'private-artifacts/{{workflow.namespace}}' if order(version) >= (2, 15) else 'artifacts'}"
        f"/{{{{workflow.name}}}}/{DATED}",
        "accessKeySecret": {"name": "mlpipeline-minio-artifact", "key": "accesskey"},
        "secretKeySecret": {"name": "mlpipeline-minio-artifact", "key": "secretkey"},
    }  # fmt: skip


def pinned(**data: str) -> dict[str, Any]:
    """A spec with further keys for the controller."""
    storage = {"artifacts": STORE, "overrides": {"workflowController": data}}
    return spec_of({"pipelines": "2.15"}, storage=storage)


@pytest.mark.parametrize(
    ("key", "text"),
    [("paralelism", "10"), ("metricsConfig", "options: {}\n"), ("config", "parallelism: 10\n")],
)
def test_what_the_controller_would_stop_on_is_found_before(key: str, text: str, argo_config: ArgoConfig):
    """A misspelt key, the field that upstream's example has wrong, and `config` beside other keys."""
    compiled = compile_spec(pinned(**{key: text}))
    (patch,) = (one.value for one in compiled.settled if one.value.get("metadata", {}).get("name") == NAME)
    with pytest.raises(Failed, match=r"unknown field|only have one item") as refusal:
        argo_config(patch["data"])
    assert refusal.value.status == 1
    (found,) = (finding for finding in compiled.findings if finding.rule == "KFP023")
    assert str(found.place.path).endswith(f"storage.overrides.workflowController.{key}")
    assert compiled.stops


def test_a_key_that_the_controller_reads_is_passed_on(argo_config: ArgoConfig):
    """A pinned key stands beside the store, and nothing is found."""
    compiled = compile_spec(pinned(parallelism="10"))
    (patch,) = (one.value for one in compiled.settled if one.value.get("metadata", {}).get("name") == NAME)
    assert argo_config(patch["data"])["parallelism"] == 10
    assert not [finding for finding in compiled.findings if finding.rule == "KFP023"]


# --- the condition on retries, by the engine that the controller evaluates it with

Judge = Callable[..., list[bool]]


@pytest.fixture(scope="session")
def tries_again(program: GetProgram) -> Judge:
    """Whether there is another try, by an expression and the last try's messages."""
    judge = partial(argo.tries_again, program("argoconfig"))

    def ask(expression: str, *messages: str) -> list[bool]:
        return judge(expression, [last_try(message) for message in messages])

    return ask


def last_try(message: str) -> dict[str, str]:
    """The variables that the controller gives the expression (buildRetryStrategyLocalScope)."""
    return {
        "retries": "0",
        "lastRetry.exitCode": "-1",
        "lastRetry.status": "Failed",
        "lastRetry.duration": "12",
        "lastRetry.message": message,
    }


def test_failed_pods_are_tried_again(tries_again: Judge):
    """Whatever they failed of, quotes and line ends in the message included."""
    messages = [
        "pod deleted",
        "OOMKilled (exit code 137)",
        "Error (exit code 1)",
        "main: Error (exit code 1): the 'child ' of this step failed\n",
        "The node was low on resource: memory.",
        "Pod was active on the node longer than the specified deadline",
    ]
    assert tries_again(PODS_ONLY, *messages) == [True] * len(messages)


def test_failed_dags_and_steps_are_not(tries_again: Judge):
    """A DAG fails without a message, a list of steps names its child: their pods have been tried already."""
    assert tries_again(PODS_ONLY, "", "child 'wf-main-1234567' failed") == [False, False]


def test_an_expression_that_argo_cannot_evaluate_is_told(tries_again: Judge):
    """So a mistake in ours would not pass unnoticed."""
    with pytest.raises(Failed, match=re.escape("unknown name lastTry")) as refusal:
        tries_again("lastTry.message != ''", "x")
    assert refusal.value.status == 1
