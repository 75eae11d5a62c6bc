"""Run by an interpreter that has ZenML: what its own models make of a run configuration and a stack.

Reads JSON `{"run": ..., "stack": ...}` on stdin and prints JSON: the keys that the models know, what they warned of,
the settings that each step ends up with, and the Job that ZenML makes of them.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from typing import Any

from kubernetes import client as k8s
from zenml.config.pipeline_run_configuration import PipelineRunConfiguration
from zenml.config.resource_settings import ResourceSettings
from zenml.config.retry_config import StepRetryConfig
from zenml.config.step_configurations import StepConfigurationUpdate
from zenml.enums import StackComponentType
from zenml.integrations.kubernetes.flavors.kubernetes_orchestrator_flavor import (
    KubernetesOrchestratorConfig,
    KubernetesOrchestratorSettings,
)
from zenml.integrations.kubernetes.manifest_utils import (
    build_job_manifest,
    build_pod_manifest,
    pod_template_manifest_from_pod,
)
from zenml.integrations.kubernetes.pod_settings import KubernetesPodSettings
from zenml.integrations.s3.flavors.s3_artifact_store_flavor import S3ArtifactStoreConfig
from zenml.utils import pydantic_utils

MODELS = {
    "run": PipelineRunConfiguration,
    "step": StepConfigurationUpdate,
    "retry": StepRetryConfig,
    "orchestrator": KubernetesOrchestratorSettings,
    "pod": KubernetesPodSettings,
    "resources": ResourceSettings,
}
FLAVORS = {"kubernetes": KubernetesOrchestratorConfig, "s3": S3ArtifactStoreConfig}
_SETTINGS = "orchestrator"


def main() -> None:
    """Read, judge, print."""
    asked = json.load(sys.stdin)
    told = _Told()
    logging.getLogger("zenml").addHandler(told)
    answer: dict[str, Any] = {"keys": _keys()}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if "run" in asked:
            answer["run"] = _run(asked["run"])
        if "stack" in asked:
            answer["stack"] = _stack(asked["stack"])
    answer["warnings"] = [*told.lines, *(str(one.message) for one in caught)]
    json.dump(answer, sys.stdout)


class _Told(logging.Handler):
    """What ZenML logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _keys() -> dict[str, dict[str, bool]]:
    known = {
        part: {name: bool(field.deprecated) for name, field in model.model_fields.items()}
        for part, model in MODELS.items()
    }
    own = set(KubernetesOrchestratorConfig.__annotations__)
    return known | {"component": dict.fromkeys(sorted(own), False)}


def _run(value: dict[str, Any]) -> dict[str, Any]:
    run = PipelineRunConfiguration.model_validate(value)
    pipeline = _settings(run.settings)
    steps = {name: _step(step, pipeline, run.retry) for name, step in (run.steps or {}).items()}
    return {"pipeline": pipeline.model_dump(mode="json"), "unknown": _unknown(pipeline), "steps": steps}


def _settings(settings: dict[str, Any] | None) -> KubernetesOrchestratorSettings:
    found = (settings or {}).get(_SETTINGS)
    dumped = found.model_dump() if found is not None else {}
    return KubernetesOrchestratorSettings.model_validate(dumped)


def _step(
    step: StepConfigurationUpdate, pipeline: KubernetesOrchestratorSettings, default: Any
) -> dict[str, Any]:
    """The step's own over the pipeline's, as ZenML's compiler merges them, and the Job of it."""
    own = _settings(step.settings)
    merged = pydantic_utils.update_model(pipeline, update=own.model_dump(exclude_unset=True))
    retry = step.retry or default
    return {
        "settings": merged.model_dump(mode="json"),
        "unknown": _unknown(own),
        "job": _job(merged, retry.max_retries if retry else 0),
    }


def _unknown(settings: KubernetesOrchestratorSettings) -> list[str]:
    """Keys that the models keep without knowing them."""
    found = list(settings.model_extra or {})
    for name in ("pod_settings", "orchestrator_pod_settings"):
        pod = getattr(settings, name)
        found += [f"{name}.{key}" for key in (pod.model_extra or {})] if pod else []
    return found


def _job(settings: KubernetesOrchestratorSettings, retries: int) -> Any:
    pod = build_pod_manifest(
        pod_name=None, image_name="example.test/image", command=["run"], args=[], privileged=False,
        pod_settings=settings.pod_settings, service_account_name=None, env={}, labels={}, mount_local_stores=False,
        termination_grace_period_seconds=settings.pod_stop_grace_period,
    )  # fmt: skip
    job = build_job_manifest(
        job_name="step",
        pod_template=pod_template_manifest_from_pod(pod),
        backoff_limit=retries + settings.backoff_limit_margin,
        active_deadline_seconds=settings.active_deadline_seconds,
        pod_failure_policy=settings.pod_failure_policy,
    )
    return k8s.ApiClient().sanitize_for_serialization(job)


def _stack(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, components in value["components"].items():
        for component in components:
            assert StackComponentType(kind) == StackComponentType(component["type"])
            config = FLAVORS[component["flavor"]].model_validate(component["configuration"])
            found[kind] = {
                "unknown": list(config.model_extra or {}),
                "remote": config.model_dump(mode="json"),
            }
    return found


main()
