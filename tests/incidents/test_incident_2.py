"""Retries of ten that never happened, and artifacts that were looked for in a store nobody ran any more.

Reported as kubeflow/pipelines#11301: Kubeflow 1.9 (Pipelines 2.2), the store moved to another namespace and written
into workflow-controller-configmap alone, `set_retry(10)` in the pipelines.
"""

from __future__ import annotations

from typing import Any

import pytest

from backstay.check import engine
from backstay.check.context import Context
from backstay.core.diagnostic import Severity
from backstay.rules import rules_by_id
from backstay.text.yaml import parse
from backstay.upstream.catalog import features
from support.casebook import item
from support.compiler import compile_spec, files_of
from support.specs import STORE, Spec, delivered, metadata_network, spec_of

HOST = "minio.kf-storage.svc.cluster.local"
SHIPPED = "minio-service"
KEYS = (
    {"name": "mlpipeline-minio-artifact", "key": "accesskey"},
    {
        "name": "mlpipeline-minio-artifact",
        "key": "secretkey",
    },
)
STEPS = {
    "attempts": 11,
    "on": ["error", "preemption", "eviction", "failure"],
    "backoff": {"initial": "10s", "factor": 2},
    "setRetry": {"attempts": 11, "max": "24h"},
}


def incident(
    *, store: Spec | None = None, pipelines: str = "2.2", silent_for: str = "20m", steps: Spec | None = None,
    istio: str | None = "1.22",
) -> Spec:  # fmt: skip
    """The cluster as its owners wanted it, or with one thing said otherwise."""
    call = {
        "from": "pipeline-steps",
        "to": "metadata",
        "via": ["firewall"],
        "silentFor": silent_for,
        "idempotent": True,
    }
    return spec_of(
        {"pipelines": {"version": pipelines, "multiUser": True}, **({"istio": istio} if istio else {})},
        network=metadata_network(calls=[call]),
        storage={"artifacts": {**STORE, **(store or {})}, "runNamespaces": ["team-x"]},
        retries={"pipelineSteps": STEPS if steps is None else steps},
        gitops=delivered("../../bases/kfp-multi-user"),
    )


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    """What is emitted for the incident, by file name."""
    return {
        name: parse(data.decode()) for name, data in files_of(incident()).items() if name.endswith(".yaml")
    }


def env(objects: dict[str, Any], deployment: str) -> dict[str, Any]:
    """The environment that a patch gives the first container of a Deployment."""
    patch = objects[f"component/patches/deployment-{deployment}-kubeflow.yaml"]
    variables = patch["spec"]["template"]["spec"]["containers"][0]["env"]
    return {each["name"]: each["value"] or each["valueFrom"] for each in variables}


def data(objects: dict[str, Any], file: str, key: str) -> dict[str, Any]:
    """The YAML in one key of an emitted ConfigMap."""
    return parse(objects[f"component/{file}.yaml"]["data"][key])


# --- the store, in all seven places


def test_the_api_server_has_the_store(objects: dict[str, Any]):
    """Host and port apart, TLS off, the two keys by reference."""
    access, secret = KEYS
    assert env(objects, "ml-pipeline") == {
        "OBJECTSTORECONFIG_HOST": HOST,
        "OBJECTSTORECONFIG_PORT": "80",
        "OBJECTSTORECONFIG_SECURE": "false",
        "OBJECTSTORECONFIG_REGION": "us-east-1",
        "OBJECTSTORECONFIG_BUCKETNAME": "mlpipeline",
        "OBJECTSTORECONFIG_ACCESSKEY": {"secretKeyRef": access},
        "OBJECTSTORECONFIG_SECRETACCESSKEY": {"secretKeyRef": secret},
    }


def test_the_launcher_has_the_store_in_every_run_namespace(objects: dict[str, Any]):
    """Its providers, which this release is the first to read; the fields that later ones brought are left out."""
    file = "pipelines/configmap-kfp-launcher-team-x"
    assert (
        objects[f"component/{file}.yaml"]["data"]["defaultPipelineRoot"] == "minio://mlpipeline/v2/artifacts"
    )
    assert data(objects, file, "providers") == {
        "minio": {
            "default": {
                "endpoint": f"{HOST}:80",
                "region": "us-east-1",
                "disableSSL": True,
                "credentials": {
                    "fromEnv": False,
                    "secretRef": {
                        "secretName": "mlpipeline-minio-artifact",
                        "accessKeyKey": "accesskey",
                        "secretKeyKey": "secretkey",
                    },
                },
            }
        }
    }


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("patches/configmap-workflow-controller-configmap-kubeflow", "artifactRepository"),
        ("workflows/configmap-artifact-repositories-team-x", "default-namespaced"),
    ],
)
def test_argo_has_the_store(objects: dict[str, Any], file: str, key: str):
    """In the controller's configuration and in the run namespace's own, which comes first."""
    s3 = data(objects, file, key)["s3"]
    assert (s3["endpoint"], s3["bucket"], s3["insecure"]) == (f"{HOST}:80", "mlpipeline", True)
    assert (s3["accessKeySecret"], s3["secretKeySecret"]) == KEYS


def test_the_ui_has_the_store(objects: dict[str, Any]):
    """Its namespace variable is empty, or the UI would dial `minio.kf-storage.svc.cluster.local.kubeflow`."""
    access, secret = KEYS
    told = env(objects, "ml-pipeline-ui")
    assert {
        key: value for key, value in told.items() if key.startswith("MINIO_") and key != "MINIO_NAMESPACE"
    } == {
        "MINIO_HOST": HOST,
        "MINIO_PORT": "80",
        "MINIO_SSL": "false",
        "MINIO_ACCESS_KEY": {"secretKeyRef": access},
        "MINIO_SECRET_KEY": {"secretKeyRef": secret},
    }
    assert not told["MINIO_NAMESPACE"]
    assert told["ARGO_ARCHIVE_BUCKETNAME"] == "mlpipeline"


def test_the_profile_controller_has_what_it_reads(objects: dict[str, Any]):
    """The pipeline root of new profiles; from 2.15 on it reads the store's URL instead."""
    assert env(objects, "kubeflow-pipelines-profile-controller") == {
        "KFP_DEFAULT_PIPELINE_ROOT": "minio://mlpipeline/v2/artifacts"
    }
    later = {name: parse(text.decode()) for name, text in files_of(incident(pipelines="2.16")).items()}
    url = f"http://{HOST}:80"
    assert env(later, "kubeflow-pipelines-profile-controller") == {
        "AWS_ENDPOINT_URL": url,
        "S3_ENDPOINT_URL": url,
    }


def test_the_store_that_the_release_ships_is_nowhere():
    """Not in an object, a patch or a bundled file."""
    assert not [name for name, text in files_of(incident()).items() if SHIPPED.encode() in text]


# --- the retries


def test_it_says_why_set_retry_did_nothing():
    """At its place in the spec, with the release and the fix that came later; the source is named."""
    (found,) = (each for each in compile_spec(incident()).findings if each.rule == "KFP027")
    assert found.severity is Severity.WARNING
    assert "Pipelines 2.2 does nothing for set_retry" in found.message
    assert "workflow controller retries" in found.message
    assert str(found.place.path).endswith("retries.pipelineSteps.setRetry")
    assert "#11673 (fixed in 2.5.0)" in rules_by_id()["KFP027"].source


def test_ten_retries_are_configured_all_the_same(objects: dict[str, Any]):
    """By the controller's defaults, for whatever a step fails of; Argo does not count the first try."""
    defaults = data(objects, "patches/configmap-workflow-controller-configmap-kubeflow", "workflowDefaults")
    assert defaults["spec"]["templateDefaults"]["retryStrategy"] == {
        "limit": "10",
        "retryPolicy": "Always",
        "backoff": {"duration": "10s", "factor": 2},
    }


def test_set_retry_alone_is_refused():
    """Nothing would be tried again, so nothing is written."""
    compiled = compile_spec(incident(steps={**STEPS, "attempts": 1}))
    (found,) = (each for each in compiled.findings if each.rule == "KFP027")
    assert found.severity is Severity.ERROR
    assert "upgrade to Pipelines 2.5" in found.help
    assert compiled.stops


# --- the incident as it happened, in manifests that people wrote


def config_map(name: str, namespace: str, **data: str) -> dict[str, Any]:
    """A ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def test_a_store_told_to_the_controller_alone_is_found():
    """The launcher would go on dialling the release's own."""
    repository = f"s3:\n  endpoint: {HOST}:80\n  bucket: mlpipeline\n  insecure: true\n"
    manifests = [
        config_map("workflow-controller-configmap", "kubeflow", artifactRepository=repository),
        config_map("kfp-launcher", "team-x", defaultPipelineRoot="minio://mlpipeline/v2/artifacts"),
    ]
    versions = {"pipelines": "2.2", "workflows": "3.4"}
    items = [item(each, f"{index}.yaml") for index, each in enumerate(manifests)]
    (found,) = engine.run(Context(items, features(**versions), versions))
    assert (found.rule, found.severity, str(found.object)) == (
        "KFP009",
        Severity.ERROR,
        "ConfigMap team-x/kfp-launcher",
    )
    assert SHIPPED in found.message


# --- one thing said otherwise changes every file that has to agree, and no other

CONTROLLER = {
    "component/patches/configmap-workflow-controller-configmap-kubeflow.yaml",
    "bundle/workflow-controller.yaml",
    "bundle/bundle.yaml",
}
LAUNCHER = {
    "component/pipelines/configmap-kfp-launcher-team-x.yaml",
    "bundle/kfp-launcher.yaml",
    "bundle/bundle.yaml",
}
REPOSITORY = {"component/workflows/configmap-artifact-repositories-team-x.yaml"}
SERVER = {"component/patches/deployment-ml-pipeline-kubeflow.yaml"}
UI = {"component/patches/deployment-ml-pipeline-ui-kubeflow.yaml"}
PROFILES = {"component/patches/deployment-kubeflow-pipelines-profile-controller-kubeflow.yaml"}
INSTALL = {"component/patches/configmap-pipeline-install-config-kubeflow.yaml"}
PINGS = {
    "component/mesh/envoyfilter-keepalive-inbound-metadata-kubeflow.yaml",
    "component/kustomization.yaml",
    "provenance.json",
}
ARGUMENTS = {
    "component/patches/deployment-metadata-grpc-deployment-kubeflow.yaml",
    "component/kustomization.yaml",
    "provenance.json",
}
STORES = CONTROLLER | LAUNCHER | REPOSITORY | SERVER | UI
ROOTS = STORES | PROFILES | INSTALL
CHANGES = {
    "the store's address": (incident(), incident(store={"url": "http://objects.kf-storage.svc.cluster.local:9000"}), STORES),
    "TLS to the store": (incident(), incident(store={"url": f"https://{HOST}"}), STORES),
    "the bucket": (incident(), incident(store={"bucket": "artifacts-eu"}), ROOTS),
    "the prefix": (incident(store={"prefix": "v3"}), incident(store={"prefix": "v4"}), LAUNCHER | PROFILES | INSTALL),
    "the store's Secret": (incident(), incident(store={"credentials": {"secret": "store-keys"}}), STORES),
    "a silence that the firewall cannot forget": (incident(), incident(silent_for="4m"), PINGS),
    "another silence that it would forget": (incident(), incident(silent_for="1h"), set()),
    "the same silences without a mesh": (incident(istio=None), incident(istio=None, silent_for="4m"), ARGUMENTS),
    "the release, to one that retries by itself": (
        incident(), incident(pipelines="2.5"), CONTROLLER | LAUNCHER | {"provenance.json"},
    ),
    "the release, to one with its own log paths": (
        incident(pipelines="2.14"), incident(pipelines="2.15"),
        CONTROLLER | REPOSITORY | UI | PROFILES | {"provenance.json"},
    ),
    "the attempts": (incident(), incident(steps={**STEPS, "attempts": 4}), CONTROLLER),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_reaches_every_file_that_has_to_agree(change: str):
    """By the bytes of all files of the overlay."""
    before, after, expected = CHANGES[change]
    old, new = files_of(before), files_of(after)
    assert {name for name in old | new if old.get(name) != new.get(name)} == expected
