"""The example fleet: a real Envoy takes what istiod makes of it, and pings are where they were meant and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backstay.model.gateway import GatewayKind
from backstay.model.hop import End, Refresh, Side
from backstay.model.parts import DataPlane
from backstay.prove.istiod import Mesh, Proxy
from backstay.prove.mesh.objects import Emitted
from backstay.prove.mesh.pods import pods
from e2e.support.envoy import SECONDS, find_envoy
from e2e.support.process import run
from support.pods import Pings, Pod, inbound, judged, upstream
from support.repository import CLUSTERS, REPO
from support.sidecar import Service
from support.specs import compiled, example

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backstay.model.cluster import Cluster
    from backstay.model.gateway import Gateway
    from backstay.model.hop import Pinger
    from backstay.model.network import Service as Called
    from backstay.prove.istiod import Struct
    from e2e.support.envoy import Validate
    from e2e.support.kustomize import KustomizeBuild

pytestmark = pytest.mark.e2e

MESHED = [name for name in CLUSTERS if (mesh := example(name).mesh) and mesh.data_plane is DataPlane.SIDECAR]


def planned(cluster: Cluster) -> list[tuple[Proxy, bool, Pings]]:
    """Each pod of the spec's calls that has a sidecar, whether it serves, and the pings that the model counts on."""
    assert cluster.mesh is not None
    version, pods = f"{cluster.mesh.version.value}.0", {}
    for call in cluster.network.calls:
        service, client = call.service, call.client
        if service.sidecar:
            labels = {key: fact.value for key, fact in service.labels.items()}
            pod = Proxy(service.name, service.namespace, labels, istio_version=version)
            pods.setdefault(service.name, (pod, True, {}))
        if client.sidecar:
            home = client.namespaces[0].value if client.namespaces else "anywhere"
            pods.setdefault(client.name, (Proxy(client.name, home, istio_version=version), False, {}))
        seen = [(hop, one) for hop in call.crossings for one in hop.pingers if _by_proxy(one)]
        for hop, pinger in seen:
            seconds = f"{pinger.interval.value // 1000}s", f"{pinger.timeout.value // 1000}s"
            if pinger.side is Side.RECEIVER and hop.receiver_proxy:
                pods[service.name][2].update(inbound(service.target_port.value, *seconds))
            elif pinger.side is Side.SENDER and hop.sender_proxy:
                port = _of_gateway(hop.acceptor) if hop.acceptor else _port_of(service)
                pods[client.name][2].update(upstream(port, *seconds))
    return list(pods.values())


def _of_gateway(gateway: Gateway) -> Service:
    """A gateway's Service as istiod takes it."""
    assert gateway.address is not None
    return Service(gateway.address.host.value, gateway.address.port.value)


def _port_of(service: Called) -> Service:
    """A service of the model as istiod takes it."""
    seen = "grpc" if service.protocol.pings else "http" if service.protocol.is_http else "tcp"
    return Service(service.host.value, service.port.value, seen)


def _by_proxy(pinger: Pinger) -> bool:
    return pinger.by_proxy and pinger.how is Refresh.HTTP2_PING


def pods_of(cluster: Cluster, objects: Sequence[Struct]) -> Iterable[tuple[Pod, Pings]]:
    """The pods of a cluster with what its overlay makes of them, and what was planned."""
    services = {service.name: _port_of(service) for service in cluster.network.services}
    gateways = [one.gateway for one in cluster.network.gateways if one.gateway.address]
    services |= {gateway.name: _of_gateway(gateway) for gateway in gateways}
    probes = cluster.mesh.tcp_keepalive if cluster.mesh else None
    mesh = Mesh() if probes is None else Mesh({"time": f"{probes.time.value // 1000}s"})
    for proxy, serves, pings in planned(cluster):
        own = [services[proxy.name]] if serves else []
        yield Pod(objects, proxy, own, list(services.values()), mesh), pings


def test_the_example_fleet_has_meshes_to_show():
    """So that the tests below are about something."""
    assert len(MESHED) >= 4


@pytest.mark.parametrize("name", MESHED)
def test_pings_of_an_example_cluster_are_where_its_model_counts_on_them(
    name: str, envoy: Validate, kustomize_build: KustomizeBuild
):
    """On every pod of every call, over all objects of the built overlay; and Envoy takes the result."""
    cluster = example(name)
    pods = list(pods_of(cluster, kustomize_build(REPO / "overlays" / name)))
    assert any(pings for _, pings in pods)
    for pod, pings in pods:
        told = pod.told
        assert {path: told.get(path) for path in pings} == pings
        assert pod.faults == []
        assert judged(envoy, pod.after) == (True, "")


@pytest.mark.parametrize("name", MESHED)
def test_nothing_else_pings_in_an_example_cluster(name: str, kustomize_build: KustomizeBuild):
    """No other port, service or listener of the pods; a filter for a whole namespace reaches clients that serve, too."""
    cluster = example(name)
    wanted = {path for _, _, pings in planned(cluster) for path in pings}
    for pod, pings in pods_of(cluster, kustomize_build(REPO / "overlays" / name)):
        strays = {path for path in pod.told.keys() - pings.keys() if "keepalive" in path}
        assert not [
            path for path in strays if not path.startswith("clusters/outbound|") or path not in wanted
        ]


@pytest.mark.parametrize("name", sorted(set(CLUSTERS) - set(MESHED)))
def test_a_cluster_without_sidecars_has_no_objects_for_them(name: str, kustomize_build: KustomizeBuild):
    """They would be dead weight at best; a waypoint takes filters that are attached to it."""
    objects = kustomize_build(REPO / "overlays" / name)
    meant = [each for each in objects if "targetRefs" not in each.get("spec", {})]
    assert not {each["kind"] for each in meant} & {"EnvoyFilter", "DestinationRule", "Sidecar"}


THROUGH_GATEWAYS = [
    (name, call.index)
    for name in MESHED
    for call in example(name).network.calls
    if any(hop.receiver_end is End.GATEWAY for hop in call.hops)
]


def test_the_example_fleet_has_gateways_of_both_kinds():
    """So that the test below is about something."""
    kinds = {one.gateway.kind for name in MESHED for one in example(name).network.gateways}
    assert kinds == {GatewayKind.ISTIO, GatewayKind.GATEWAY_API}
    assert len(THROUGH_GATEWAYS) >= 2


@pytest.mark.parametrize(("name", "index"), THROUGH_GATEWAYS)
def test_envoy_takes_what_the_envoys_of_a_call_through_a_gateway_are_told(
    name: str, index: int, envoy: Validate
):
    """Every Envoy on the way, and nothing that is meant for them is lost."""
    cluster = example(name)
    for pod in pods(Emitted(cluster, compiled(name).settled), cluster.network.calls[index]):
        assert envoy(pod.resources["listeners"], pod.resources["clusters"], []) == (True, "")


METADATA_ENVOYS = sorted(REPO.glob("overlays/*/bundle/metadata-envoy.yaml"))


def test_every_cluster_with_a_metadata_store_has_a_config_for_its_envoy():
    """So that the test below is about something."""
    stores = {name for name in CLUSTERS if example(name).network.services and "metadata" in _services(name)}
    assert stores
    assert stores <= {path.parts[-3] for path in METADATA_ENVOYS}


def _services(name: str) -> set[str]:
    return {service.name for service in example(name).network.services}


@pytest.mark.parametrize("path", METADATA_ENVOYS, ids=lambda path: path.parts[-3])
def test_envoy_takes_the_bundled_config_as_it_is(path: Any, envoy: Validate):
    """Header, comments and all."""
    command = [str(find_envoy()), "--mode", "validate", "--log-level", "error", "--config-path", str(path)]
    assert "OK" in run(command, folder=path.parent, seconds=SECONDS)
