"""Pinned values end up where they belong, once, and are judged like derived ones."""

from __future__ import annotations

from typing import Any

from support.casebook import on_base
from support.compiler import compile_spec


def _env(compiled: Any, deployment: str) -> list[dict[str, Any]]:
    (found,) = [s.value for s in compiled.settled if s.ref.kind == "Deployment" and s.ref.name == deployment]
    return found["spec"]["template"]["spec"]["containers"][0]["env"]


def test_a_pinned_variable_takes_the_place_of_the_derived_one():
    """A name stands once, with the pin's value and the pin as its origin; the rules see the disagreement."""
    pins = {"apiServerEnv": {"OBJECTSTORECONFIG_HOST": "elsewhere.example", "EXTRA": "1"}}
    compiled = compile_spec(on_base({"storage": {"overrides": pins}}))
    variables = _env(compiled, "ml-pipeline")
    values = {v["name"]: v["value"] for v in variables}
    assert len(values) == len(variables)
    assert values["OBJECTSTORECONFIG_HOST"] == "elsewhere.example"
    assert values["EXTRA"] == "1"
    assert "KFP012" in {finding.rule for finding in compiled.findings}


def test_pins_reach_every_place_they_name():
    """The UI, the profile controller, the launcher, the workflow controller, the root and the key format."""
    pins = {
        "uiEnv": {"MINIO_PORT": "1"},
        "profileControllerEnv": {"S3_ENDPOINT_URL": "http://x.example"},
        "launcher": {"plugins.x": "{}"},
        "workflowController": {"parallelism": "5"},
        "pipelineRoot": "minio://mlpipeline/other",
        "keyFormat": "k/{{workflow.name}}",
    }
    compiled = compile_spec(on_base({"storage": {"overrides": pins}}))
    assert {v["name"]: v["value"] for v in _env(compiled, "ml-pipeline-ui")}["MINIO_PORT"] == "1"
    profile = _env(compiled, "kubeflow-pipelines-profile-controller")
    assert {v["name"]: v["value"] for v in profile}["S3_ENDPOINT_URL"] == "http://x.example"
    data = {s.ref.name: s.value["data"] for s in compiled.settled if s.ref.kind == "ConfigMap"}
    assert data["kfp-launcher"]["plugins.x"] == "{}"
    assert data["kfp-launcher"]["defaultPipelineRoot"] == "minio://mlpipeline/other"
    assert data["workflow-controller-configmap"]["parallelism"] == "5"
    assert "k/{{workflow.name}}" in data["workflow-controller-configmap"]["artifactRepository"]
