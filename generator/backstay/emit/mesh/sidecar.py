"""Sidecar: keeps a DestinationRule's keepalive off the server's own app.

A DestinationRule's connectionPool is also applied to the inbound clusters of the pods behind the host: their
sidecars would ping the local server, whose ping policy answers with GOAWAY.
"""

from collections.abc import Iterator

from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster

SOURCE = "istio.io/api networking/v1alpha3/sidecar.proto"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One Sidecar per service with an http2KeepAlive in front of its own sidecars."""
    if not cluster.has(Feature.HTTP2_KEEPALIVE):
        return
    for knobs in cluster.network.knobs:
        if knobs.upstream is not None and knobs.service.sidecar and knobs.service.labels:
            spec: Body = {
                "workloadSelector": {"labels": dict(knobs.service.labels)},
                "inboundConnectionPool": {"tcp": {"connectTimeout": "10s"}},
            }
            yield new_object(
                "mesh", "networking.istio.io/v1", "Sidecar", f"no-keepalive-to-{knobs.service.name}",
                knobs.service.home, SOURCE, spec=spec,
            )  # fmt: skip
