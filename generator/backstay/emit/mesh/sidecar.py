"""Sidecar: keeps a DestinationRule's keepalive off the server's own app.

A DestinationRule's connectionPool is also applied to the inbound clusters of the pods behind the host: their
sidecars would ping the local server, whose ping policy answers with GOAWAY.
"""

from collections.abc import Iterator

from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.network import Service

SOURCE = "istio.io/api networking/v1alpha3/sidecar.proto"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One Sidecar per server with an http2KeepAlive in front of its own sidecars: of two for a pod Istio uses one."""
    if not cluster.has(Feature.HTTP2_KEEPALIVE):
        return
    spared: list[tuple[str, dict[str, str]]] = []
    for knobs in cluster.network.knobs:
        service, pods = knobs.service, {key: label.value for key, label in knobs.service.labels.items()}
        server = (service.namespace, pods)
        if knobs.upstream is not None and service.sidecar and pods and server not in spared:
            spared.append(server)
            yield _sidecar(service)


def _sidecar(service: Service) -> Manifest:
    spec: Body = {
        "workloadSelector": {"labels": dict(service.labels)},
        "inboundConnectionPool": {"tcp": {"connectTimeout": "10s"}},
    }
    name = f"no-keepalive-to-{service.name}"
    return new_object("mesh", "networking.istio.io/v1", "Sidecar", name, service.home, SOURCE, spec=spec)
