"""A real kube-apiserver takes every emitted object by strict server-side apply, with the CRDs of the versions they are for."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest
import ryaml

from backstay.upstream.catalog import ISTIO, PIPELINES
from e2e.support.crds import known
from e2e.support.kubeapi import Apiserver, Object, Refused
from e2e.support.operators import install_operators
from e2e.support.overlay import built
from support.compiler import compile_spec
from support.repository import CLUSTERS, REPO, SHARED
from support.specs import example, metadata_network, spec_of, store_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from e2e.support.crds import GetCrds
    from e2e.support.kustomize import KustomizeBuild
    from support.specs import Spec

pytestmark = pytest.mark.e2e

MESH_KINDS = ("DestinationRule", "EnvoyFilter", "Sidecar", "VirtualService")
ENGINES = (
    ("argo-cd", "3.5", "Application"),
    ("flux-kustomize", "1.9", "Kustomization"),
    ("flux-source", "1.9", "GitRepository"),
)
UNPUBLISHED = frozenset({"NodeHealthCheck", "SelfNodeRemediationConfig", "SelfNodeRemediationTemplate"})
"""Kinds that no Go module publishes: the upstream manifests define them, where they are at hand."""
LINES = [line for project, line in known() if project == "istio"]
RETRIES = {
    "pipelineSteps": {"attempts": 4, "on": ["error", "failure"], "backoff": {"initial": "30s", "max": "10m"}}
}


def install_istio(apiserver: Apiserver, crds: GetCrds, line: str) -> None:
    """Have the server judge mesh objects as that line of Istio defines them."""
    apiserver.install_crds(crds("istio", line, *MESH_KINDS))


def install_unpublished(apiserver: Apiserver) -> bool:
    """Have the server judge these kinds too; False where the upstream manifests are not beside this clone."""
    folder = SHARED / "fixtures/crds"
    files = sorted(folder.glob("medik8s-*/*.yaml"))
    found = [crd for file in files for crd in ryaml.loads_all(file.read_text()) if crd]
    apiserver.install_crds(crd for crd in found if crd["spec"]["names"]["kind"] in UNPUBLISHED)
    return bool(files)


def by_line(name: str) -> tuple[str, str]:
    """The cluster's Istio line first, so that definitions change as rarely as they can."""
    mesh = example(name).mesh
    return (mesh.version.value if mesh else "", name)


def one_of(kind: str, objects: list[Object]) -> Object:
    """A copy of the first object of a kind."""
    return deepcopy(next(each for each in objects if each["kind"] == kind))


@pytest.mark.parametrize("name", sorted(CLUSTERS, key=by_line))
def test_every_object_of_an_example_cluster(
    name: str, apiserver: Apiserver, crds: GetCrds, kustomize_build: KustomizeBuild
):
    """Whole ones, and those of the base with the patches merged into them."""
    mesh = example(name).mesh
    if mesh is not None:
        install_istio(apiserver, crds, mesh.version.value)
    install_operators(apiserver, crds)
    at_hand = install_unpublished(apiserver)
    objects = kustomize_build(REPO / "overlays" / name)
    assert len(objects) > 8
    judged = [each for each in objects if at_hand or each["kind"] not in UNPUBLISHED]
    assert apiserver.apply_all(judged, dry_run=True) == {}


SUBMITTED = sorted(
    str(file.relative_to(REPO)) for file in (REPO / "overlays").glob("*/bundle/workloads/*.yaml")
)
assert SUBMITTED, "no example cluster has jobs that people submit"


@pytest.mark.parametrize("file", SUBMITTED)
def test_every_job_that_people_submit(file: str, apiserver: Apiserver, crds: GetCrds):
    """With an image, which is all that the bundle leaves to them, the server takes it as it is."""
    install_operators(apiserver, crds)
    (job,) = ryaml.loads_all((REPO / file).read_text())
    if job["kind"] == "TrainJob":
        job["spec"]["trainer"]["image"] = "train:1"
    for container in containers_in(job):
        container["image"] = "train:1"
    assert apiserver.apply_all([job], dry_run=True) == {}


def containers_in(value: object) -> Iterator[Object]:
    """Every container of every pod template in an object."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from below if key == "containers" else containers_in(below)
    elif isinstance(value, list):
        for below in value:
            yield from containers_in(below)


def test_every_object_of_the_fleet_folder(
    apiserver: Apiserver, crds: GetCrds, kustomize_build: KustomizeBuild
):
    """What makes Argo CD and Flux apply the overlays."""
    for project, line, kind in ENGINES:
        apiserver.install_crds(crds(project, line, kind))
    objects = kustomize_build(REPO / "overlays/fleet")
    assert {each["kind"] for each in objects} == {kind for _, _, kind in ENGINES}
    assert apiserver.apply_all(objects, dry_run=True) == {}


@pytest.mark.parametrize("version", PIPELINES.lines)
def test_the_objects_of_every_pipelines_release(
    version: str, tmp_path: Path, apiserver: Apiserver, crds: GetCrds, kustomize_build: KustomizeBuild
):
    """Single-user without a mesh and multi-user in one; as the release before 3.0 and after it wants them."""
    install_istio(apiserver, crds, "1.31")
    gone = version == "3.0"
    for users, base in ((False, "kfp-3" if gone else "kfp"), (True, "kfp-multi-user")):
        platform = {
            "pipelines": {"version": version, "multiUser": users},
            **({"istio": "1.31"} if users else {}),
        }
        storage = {"artifacts": store_for(version), **({"runNamespaces": ["team-a"]} if users else {})}
        network = {} if gone else metadata_network()
        objects = built(
            tmp_path / base,
            base,
            kustomize_build,
            platform,
            storage=storage,
            retries=RETRIES,
            network=network,
        )
        assert apiserver.apply_all(objects, dry_run=True) == {}


def stream(version: str) -> Spec:
    """A spec that turns every knob of the mesh: both ends have to notice a dead peer, and TCP probes are pinned, calls retried."""
    service = {"host": "models.serving.svc.cluster.local", "port": 9000, "portName": "grpc", "protocol": "grpc",
               "runtime": "core", "labels": {"app": "models"}}  # fmt: skip
    call = {"from": "scorers", "to": "models", "stream": "both", "silentFor": "1h", "detectDeadPeerIn": "2m",
            "idempotent": False}  # fmt: skip
    network = {
        "clients": {"scorers": {"runtime": "core", "namespaces": ["scoring"], "labels": {"app": "scorers"}}},
        "services": {"models": service},
        "calls": [call],
        "overrides": {"models": {"tcpKeepalive": {"time": "60s", "interval": "20s", "probes": 3}}},
    }
    return spec_of({"istio": version}, network=network, retries={"calls": {"attempts": 3}})


def mesh_objects(version: str) -> list[Object]:
    """The Istio objects of that spec."""
    compiled = compile_spec(stream(version))
    assert not compiled.stops, compiled.findings
    return [one.value for one in compiled.settled if one.value.get("kind") in MESH_KINDS]


def test_a_misspelt_field_of_a_custom_object_is_refused(apiserver: Apiserver, crds: GetCrds):
    """The server names it."""
    install_istio(apiserver, crds, "1.31")
    broken = one_of("EnvoyFilter", mesh_objects("1.31"))
    broken["spec"]["configPatchs"] = broken["spec"].pop("configPatches")
    (told,) = apiserver.apply_all([broken], dry_run=True).values()
    assert ".spec.configPatchs: field not declared in schema" in told


def test_a_misspelt_field_of_a_patched_deployment_is_refused(
    apiserver: Apiserver, kustomize_build: KustomizeBuild
):
    """Deep inside a list."""
    broken = one_of("Deployment", kustomize_build(REPO / "overlays" / CLUSTERS[0]))
    container = broken["spec"]["template"]["spec"]["containers"][0]
    container["evn"] = container.pop("env", [])
    (told,) = apiserver.apply_all([broken], dry_run=True).values()
    assert ".evn: field not declared in schema" in told


def test_every_supported_istio_is_at_hand():
    """So that the test below leaves none out."""
    assert tuple(LINES) == ISTIO.lines


@pytest.mark.parametrize("line", LINES)
def test_the_mesh_objects_of_every_istio(line: str, apiserver: Apiserver, crds: GetCrds):
    """Compiled for that line, judged by its definitions; compiled for a later one, refused: versions are no formality."""
    install_istio(apiserver, crds, line)
    objects = mesh_objects(line)
    kinds = {each["kind"] for each in objects}
    assert kinds == set(MESH_KINDS) - (set() if line == "1.31" else {"Sidecar"})
    assert apiserver.apply_all(objects, dry_run=True) == {}
    if line != "1.31":
        newer = one_of("DestinationRule", mesh_objects("1.31"))
        # Older ones lack that too, and only one of two is told.
        newer["spec"]["trafficPolicy"].pop("retryBudget")
        with pytest.raises(Refused, match=r"http2KeepAlive: field not declared in schema"):
            apiserver.apply(newer, dry_run=True)
