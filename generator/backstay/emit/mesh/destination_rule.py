"""DestinationRule http2KeepAlive: the callers' sidecars ping the service (Istio 1.31 and later)."""

from collections.abc import Iterator

from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.core.units import show_seconds
from backstay.emit.parts import Body, new_object, new_patch
from backstay.model.cluster import Cluster
from backstay.model.network import Knobs

SOURCE = "istio.io/api networking/v1alpha3/destination_rule.proto"
API = "networking.istio.io/v1"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One rule per service, or a patch where an install has one for that host: Istio keeps one of two."""
    for knobs in cluster.network.knobs:
        pool = _pool(knobs, keepalive=cluster.has(Feature.HTTP2_KEEPALIVE))
        if not pool or cluster.mesh is None:
            continue
        policy = {"connectionPool": pool}
        namespace = knobs.service.home if knobs.service.namespace else cluster.mesh.root_namespace
        if knobs.service.existing_rule is not None:
            name = knobs.service.existing_rule.value
            # The install writes the older API version; a patch has to name the object as it stands there.
            yield new_patch("networking.istio.io/v1alpha3", "DestinationRule", name, namespace, SOURCE,
                            spec={"trafficPolicy": policy})  # fmt: skip
        else:
            spec: Body = {"host": knobs.service.host, "trafficPolicy": policy}
            yield new_object(
                "mesh",
                API,
                "DestinationRule",
                f"keepalive-{knobs.service.name}",
                namespace,
                SOURCE,
                spec=spec,
            )


def _pool(knobs: Knobs, *, keepalive: bool) -> Body:
    pool: Body = {}
    if keepalive and knobs.upstream is not None:
        pings = {
            "interval": knobs.upstream.interval.to(show_seconds),
            "timeout": knobs.upstream.timeout.to(show_seconds),
        }
        pool["http"] = {"http2KeepAlive": pings}
    if knobs.tcp_keepalive is not None:
        probes = knobs.tcp_keepalive
        pool["tcp"] = {
            "tcpKeepalive": {
                "time": probes.time.to(show_seconds),
                "interval": probes.interval.to(show_seconds),
                "probes": probes.probes,
            }
        }
    return pool
