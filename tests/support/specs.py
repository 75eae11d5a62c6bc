"""Specs as plain values: a frame with sensible words, and the sections that a test is about."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

from backstay.cli.loading import load
from support.repository import REPO

if TYPE_CHECKING:
    from backstay.model.cluster import Cluster
    from backstay.pipeline import Compiled

Spec = dict[str, Any]

CREDENTIALS = {"secret": "mlpipeline-minio-artifact"}
STORE = {
    "url": "http://minio.kf-storage.svc.cluster.local:80",
    "bucket": "mlpipeline",
    "credentials": CREDENTIALS,
}
PROVIDERS_SINCE = (2, 2)
METADATA_CALL = {
    "from": "pipeline-steps",
    "to": "metadata",
    "via": ["firewall"],
    "silentFor": "3600s",
    "detectDeadPeerIn": "2m",
    "idempotent": True,
}


def spec_of(platform: Spec, name: str = "built", **sections: Any) -> Spec:
    """A spec with those sections; Kubernetes 1.36 unless `platform` says otherwise."""
    return {
        "apiVersion": "backstay.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name},
        "platform": {"kubernetes": "1.36", **platform},
        **sections,
    }


def store_for(version: str) -> Spec:
    """A store that launchers of that Pipelines release can be told of: before 2.2 they dial the release's own."""
    told = tuple(int(part) for part in version.split(".")) >= PROVIDERS_SINCE
    return STORE if told else {**STORE, "url": "http://minio-service.kubeflow:9000"}


def delivered(base: str, engine: str = "argocd") -> Spec:
    """A `gitops` section over a base, which is a path from the overlay."""
    return {
        "engine": engine,
        "repository": "https://git.example/platform.git",
        "path": "overlays/built",
        "base": {"kustomize": base},
    }


def metadata_network(preset: str = "firewall", **more: Any) -> Spec:
    """A `network` section: steps call the metadata store through a box that forgets after 300 s, and are silent for an hour."""
    return {
        "boxes": {"firewall": {"preset": preset, "idle": "300s"}},
        "services": {"metadata": {"preset": "kfp-metadata-grpc"}},
        "calls": [METADATA_CALL],
        **more,
    }


@cache
def compiled(name: str) -> Compiled:
    """A cluster of the example fleet: its model and its objects."""
    (loaded,) = load(REPO / "specs", (name,))
    assert loaded.compiled is not None, loaded.findings
    return loaded.compiled


def example(name: str) -> Cluster:
    """The model of a cluster of the example fleet."""
    cluster = compiled(name).cluster
    assert cluster is not None
    return cluster


def with_change(spec: Spec, route: tuple[str | int, ...], value: object) -> Spec:
    """The spec with a value at a route, whose sections are there."""
    changed = deepcopy(spec)
    *way, key = route
    place: Any = changed
    for step in way:
        place = place[step]
    place[key] = value
    return changed
