"""Sidecar: keeps what a DestinationRule says to callers off the server's own app.

A DestinationRule's connectionPool is also applied to the inbound clusters of the pods behind the host: their sidecars
would ping the local server, whose ping policy answers with GOAWAY, and would open no more connections to it, for all
callers together, than one caller may. Only the server's own times are theirs to keep to as well.
"""

from collections.abc import Iterator, Mapping

from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.core.units import show_seconds
from backstay.emit.parts import Body, new_object
from backstay.model.callers import SidecarPool
from backstay.model.cluster import Cluster
from backstay.model.network import Knobs, Service

SOURCE = "istio.io/api networking/v1alpha3/sidecar.proto"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One Sidecar per server with a rule that is none of its app's: of two for a pod Istio uses one."""
    kept = {pool.service.name: pool for pool in cluster.callers.sidecar_pools}
    spared: list[tuple[str, dict[str, str]]] = []
    for knobs in cluster.network.knobs:
        service, pods = knobs.service, {key: label.value for key, label in knobs.service.labels.items()}
        server = (service.namespace, pods)
        wanted = service.sidecar and pods and server not in spared
        if wanted and _for_callers_only(cluster, knobs, kept):
            spared.append(server)
            yield _sidecar(service, kept.get(service.name))


def _for_callers_only(cluster: Cluster, knobs: Knobs, kept: Mapping[str, SidecarPool]) -> bool:
    pings = cluster.has(Feature.HTTP2_KEEPALIVE) and knobs.upstream is not None
    pool = kept.get(knobs.service.name)
    return pings or (pool is not None and pool.connections is not None)


def _sidecar(service: Service, kept: SidecarPool | None) -> Manifest:
    tcp: Body = {"connectTimeout": "10s"}
    if kept is not None and kept.lifetime is not None:
        tcp["maxConnectionDuration"] = kept.lifetime.to(show_seconds)
    pool: Body = {"tcp": tcp}
    if kept is not None and kept.own_idle and kept.idle_time is not None:
        pool["http"] = {"idleTimeout": kept.idle_time.to(show_seconds)}
    spec: Body = {"workloadSelector": {"labels": dict(service.labels)}, "inboundConnectionPool": pool}
    name = f"inbound-of-{service.name}"
    return new_object("mesh", "networking.istio.io/v1", "Sidecar", name, service.home, SOURCE, spec=spec)
