"""The committed overlays, built by the real kustomize: what comes out is what was meant."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from backstay.text.yaml import parse
from e2e.support.manifests import read_objects
from support.compiler import files_of
from support.repository import CLUSTERS, REPO, SHARED, needs_fixtures

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.support.kustomize import KustomizeBuild

pytestmark = pytest.mark.e2e

Found = dict[tuple[str, str], dict[str, Any]]
OWN_SECRET = {"secret": "mlpipeline-minio-artifact", "accessKey": "accesskey", "secretKey": "secretkey"}
STORE = {
    "url": "http://minio.kf-storage.svc.cluster.local:80",
    "bucket": "artifacts-eu",
    "credentials": {"secret": "store-keys", "accessKey": "id", "secretKey": "key"},
}


def _by_name(objects: list[dict[str, Any]]) -> Found:
    return {(o["kind"], f"{o['metadata'].get('namespace', '')}/{o['metadata']['name']}"): o for o in objects}


def _container(found: Found, deployment: str) -> dict[str, Any]:
    return found["Deployment", f"kubeflow/{deployment}"]["spec"]["template"]["spec"]["containers"][0]


def _env(found: Found, deployment: str) -> dict[str, Any]:
    variables = _container(found, deployment)["env"]
    assert len({v["name"] for v in variables}) == len(variables)
    assert not [v for v in variables if "value" in v and "valueFrom" in v]
    return {v["name"]: v.get("value", v.get("valueFrom")) for v in variables}


def _build(files: dict[str, bytes], base: Path, folder: Path, build: KustomizeBuild) -> Found:
    """A compiled cluster over an upstream install."""
    (folder / "base").mkdir()
    names = sorted(path.name for path in base.glob("*.yaml"))
    for name in names:
        (folder / "base" / name).write_bytes((base / name).read_bytes())
    (folder / "base/kustomization.yaml").write_text(json.dumps({"resources": names}))
    for name, data in files.items():
        path = folder / "overlay" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return _by_name(build(folder / "overlay"))


def _spec(**sections: Any) -> dict[str, Any]:
    return {
        "apiVersion": "backstay.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "built"},
        "gitops": {
            "engine": "argocd", "repository": "https://git.example/p.git", "path": "o", "base": {"kustomize": "../base"},
        },
        **sections,
    }  # fmt: skip


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_every_overlay_builds_over_the_bases_of_this_repository(
    cluster: str, kustomize_build: KustomizeBuild
) -> None:
    """Each committed overlay builds, every patch finds its object, and nothing is lost on the way."""
    found = _by_name(kustomize_build(REPO / "overlays" / cluster))
    store = parse((REPO / f"overlays/{cluster}/bundle/workflow-controller.yaml").read_text())
    assert isinstance(store, dict)
    data = found["ConfigMap", "kubeflow/workflow-controller-configmap"]["data"]
    assert data["artifactRepository"] == store["artifactRepository"]
    assert parse(data["executor"])["imagePullPolicy"] == "IfNotPresent"
    host = _env(found, "ml-pipeline")["OBJECTSTORECONFIG_HOST"]
    assert parse(data["artifactRepository"])["s3"]["endpoint"].startswith(host)
    objects = [
        p for p in (REPO / f"overlays/{cluster}/component").glob("*/*.yaml") if p.parent.name != "patches"
    ]
    assert objects
    assert len(found) >= len(objects)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_kubectl_builds_the_same(cluster: str, kustomize_build: KustomizeBuild) -> None:
    """What `kubectl apply -k` would send, where this machine has a kubectl; else there is nothing to compare."""
    kubectl = shutil.which("kubectl")
    command = [kubectl or "", "kustomize", str(REPO / "overlays" / cluster)]
    built = (
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        if kubectl
        else ""
    )
    expected = _by_name(kustomize_build(REPO / "overlays" / cluster))
    assert expected
    assert not kubectl or _by_name(read_objects(built)) == expected


def test_the_fleet_folder_builds(kustomize_build: KustomizeBuild) -> None:
    """One object for the GitOps engine per cluster, and its source where Flux needs one."""
    found = kustomize_build(REPO / "overlays/fleet")
    kinds = [o["kind"] for o in found]
    assert kinds.count("Application") + kinds.count("Kustomization") == len(CLUSTERS)
    assert kinds.count("GitRepository") == kinds.count("Kustomization")


INSTALLS = {
    "kfp-2.0.5-platform-agnostic": {"version": "2.0"},
    "kfp-2.5.0-platform-agnostic": {"version": "2.5"},
    "kfp-2.5.0-multi-user": {"version": "2.5", "multiUser": True},
    "kfp-2.17.0-platform-agnostic": {"version": "2.17"},
}


@needs_fixtures
@pytest.mark.parametrize("install", INSTALLS)
def test_the_store_reaches_every_place_of_an_upstream_install(
    install: str, tmp_path: Path, kustomize_build: KustomizeBuild
) -> None:
    """Over the real manifests of a release, no place keeps the store that the release ships."""
    pipelines = INSTALLS[install]
    told = pipelines["version"] != "2.0"  # that launcher dials the release's own store, whatever it is told
    credentials = STORE["credentials"] if told else OWN_SECRET
    host, port = ("minio.kf-storage.svc.cluster.local", "80") if told else ("minio-service.kubeflow", "9000")
    runs = ["team-a"] if pipelines.get("multiUser") else ["kubeflow"]
    spec = _spec(
        platform={"kubernetes": "1.36", "pipelines": pipelines},
        storage={
            "artifacts": {**STORE, "url": f"http://{host}:{port}", "credentials": credentials},
            "runNamespaces": runs,
            "overrides": {},
        },
        retries={"pipelineSteps": {"attempts": 3}},
    )
    found = _build(files_of(spec), SHARED / "fixtures/installs" / install, tmp_path, kustomize_build)
    keys = {"name": credentials["secret"], "key": credentials["accessKey"]}
    server = _env(found, "ml-pipeline")
    assert server["OBJECTSTORECONFIG_HOST"] == host
    assert (server["OBJECTSTORECONFIG_PORT"], server["OBJECTSTORECONFIG_SECURE"]) == (port, "false")
    assert server["OBJECTSTORECONFIG_BUCKETNAME"] == "artifacts-eu"
    assert server["OBJECTSTORECONFIG_ACCESSKEY"] == {"secretKeyRef": keys}
    assert server["DBCONFIG_USER"], "the install's own variables stay"
    ui = _env(found, "ml-pipeline-ui")
    assert (ui["MINIO_HOST"], ui["MINIO_PORT"], ui.get("MINIO_NAMESPACE", "")) == (
        host, port, "",
    )  # fmt: skip
    assert ui["ARGO_ARCHIVE_BUCKETNAME"] == "artifacts-eu"
    controller = found["ConfigMap", "kubeflow/workflow-controller-configmap"]["data"]
    s3 = parse(controller["artifactRepository"])["s3"]
    assert (s3["endpoint"], s3["bucket"], s3["insecure"]) == (
        f"{host}:{port}", "artifacts-eu", True,
    )  # fmt: skip
    assert s3["accessKeySecret"] == keys
    assert ui["ARGO_KEYFORMAT"] == s3["keyFormat"]
    launcher = found["ConfigMap", f"{runs[0]}/kfp-launcher"]["data"]
    assert launcher["defaultPipelineRoot"] == "minio://artifacts-eu/v2/artifacts"
    if told:
        provider = parse(launcher["providers"])["minio"]["default"]
        assert provider["endpoint"] == f"{host}:{port}"
        assert provider["disableSSL"] is True
    assert found["ConfigMap", "kubeflow/pipeline-install-config"]["data"]["bucketName"] == "artifacts-eu"


@needs_fixtures
def test_a_retry_default_keeps_what_the_release_says_beside_it(
    tmp_path: Path, kustomize_build: KustomizeBuild
) -> None:
    """2.17 ships workflowDefaults with a TTL: the patch replaces the text and says the TTL again."""
    spec = _spec(
        platform={"kubernetes": "1.36", "pipelines": "2.17"},
        retries={"pipelineSteps": {"attempts": 5, "on": ["failure"]}},
    )
    found = _build(
        files_of(spec), SHARED / "fixtures/installs/kfp-2.17.0-platform-agnostic", tmp_path, kustomize_build
    )
    defaults = parse(
        found["ConfigMap", "kubeflow/workflow-controller-configmap"]["data"]["workflowDefaults"]
    )["spec"]
    assert set(defaults["ttlStrategy"].values()) == {3600}
    assert defaults["templateDefaults"]["retryStrategy"]["limit"] == "4"
    assert defaults["templateDefaults"]["retryStrategy"]["retryPolicy"] == "OnFailure"


CALL = {
    "from": "pipeline-steps",
    "to": "metadata",
    "via": ["dc"],
    "silentFor": "1h",
    "detectDeadPeerIn": "2m",
}
NETWORK = {
    "boxes": {"dc": {"preset": "firewall", "idle": "300s"}},
    "services": {"metadata": {"preset": "kfp-metadata-grpc", "maxMessage": "200Mi"}},
    "calls": [CALL],
}


@needs_fixtures
@pytest.mark.parametrize("install", INSTALLS)
def test_the_metadata_store_keeps_its_own_arguments(
    install: str, tmp_path: Path, kustomize_build: KustomizeBuild
) -> None:
    """The patch replaces the list, so every argument of the release stands in it, channel arguments included."""
    spec = _spec(platform={"kubernetes": "1.36", "pipelines": INSTALLS[install]}, network=NETWORK)
    base = SHARED / "fixtures/installs" / install
    upstream = _container(_by_name(_plain(base)), "metadata-grpc-deployment")["args"]
    found = _build(files_of(spec), base, tmp_path, kustomize_build)
    container = _container(found, "metadata-grpc-deployment")
    assert [a for a in upstream if "channel" not in a] == [a for a in container["args"] if "channel" not in a]
    (channel,) = [a for a in container["args"] if a.startswith("--grpc_channel_arguments=")]
    ours = dict(pair.split("=") for pair in channel.split("=", 1)[1].split(","))
    theirs = [a.split("=", 1)[1] for a in upstream if "channel" in a]
    shipped = dict(pair.split("=") for pair in theirs[0].split(",")) if theirs else {}
    assert shipped.keys() <= ours.keys()
    assert ours["grpc.keepalive_time_ms"] == "90000"
    assert ours["grpc.keepalive_permit_without_calls"] == "1"
    assert ours["grpc.max_receive_message_length"] == str(200 * 2**20)
    assert container["image"].startswith("gcr.io/tfx-oss-public/ml_metadata_store_server")
    assert container["command"] == ["/bin/metadata_store_server"]


def _plain(folder: Path) -> list[dict[str, Any]]:
    return [o for path in sorted(folder.glob("*.yaml")) for o in read_objects(path.read_text())]
