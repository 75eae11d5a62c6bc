"""The programs of the toolbox do what the tests over the compiler's output lean on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from e2e.support.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from e2e.support.argo import ArgoConfig
    from e2e.support.kustomize import KustomizeBuild

pytestmark = pytest.mark.e2e

BASE = {
    "base/kustomization.yaml": {"resources": ["settings.yaml"]},
    "base/settings.yaml": {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings"},
        "data": {"kept": "base", "changed": "base"},
    },
}
COMPONENT = {
    "component/kustomization.yaml": {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "patches": [{"path": "settings.yaml"}],
    },
    "component/settings.yaml": {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings"},
        "data": {"changed": "component"},
    },
}
OVERLAY = {"overlay/kustomization.yaml": {"resources": ["../base"], "components": ["../component"]}}


def write(root: Path, files: Mapping[str, object]) -> None:
    """Write `files`, a map from path below `root` to an object, as JSON (which is YAML)."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))


def test_kustomize_applies_a_component_over_a_base(kustomize_build: KustomizeBuild, tmp_path: Path):
    """A Component changes what it patches and keeps the rest of the base."""
    write(tmp_path, BASE | COMPONENT | OVERLAY)
    (settings,) = kustomize_build(tmp_path / "overlay")
    assert settings["data"] == {"kept": "base", "changed": "component"}


def test_kustomize_refuses_a_patch_without_a_target(kustomize_build: KustomizeBuild, tmp_path: Path):
    """A patch that finds nothing to patch is an error, told in kustomize's words."""
    stray = {
        "component/settings.yaml": COMPONENT["component/settings.yaml"] | {"metadata": {"name": "stray"}}
    }
    write(tmp_path, BASE | COMPONENT | OVERLAY | stray)
    with pytest.raises(Failed, match="no resource matches"):
        kustomize_build(tmp_path / "overlay")


def test_argos_parser_reads_every_key_as_a_field(argo_config: ArgoConfig):
    """Without a key `config`, each key of the ConfigMap is a field: numbers, nested YAML and all."""
    read = argo_config(
        {
            "parallelism": "10",
            "artifactRepository": 's3:\n  endpoint: "store.example:80"\n  insecure: true\n',
            "workflowDefaults": "spec:\n  templateDefaults: {retryStrategy: {limit: '2', retryPolicy: OnError}}\n",
        }
    )
    assert read["parallelism"] == 10
    assert read["artifactRepository"]["s3"] == {"endpoint": "store.example:80", "insecure": True}
    retries = read["workflowDefaults"]["spec"]["templateDefaults"]["retryStrategy"]
    assert retries == {"limit": "2", "retryPolicy": "OnError"}


def test_argos_parser_refuses_a_misspelt_key(argo_config: ArgoConfig):
    """The controller parses strictly: a key it does not know ends it."""
    with pytest.raises(Failed, match='unknown field "paralelism"') as refusal:
        argo_config({"paralelism": "10"})
    assert refusal.value.status == 1


def test_argos_parser_refuses_company_for_the_key_config(argo_config: ArgoConfig):
    """A key `config` holds the whole configuration or is an error."""
    with pytest.raises(Failed, match="you must only have one item"):
        argo_config({"config": "parallelism: 10\n", "parallelism": "10"})
