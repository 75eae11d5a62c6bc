"""EnvoyFilter: the server's sidecar pings whoever called it."""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.emit.mesh.envoy import HCM, HCM_TYPE, PRIORITY, connection_keepalive
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.network import Knobs

SOURCE = "istio.io/api networking/v1alpha3/envoy_filter.proto"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One filter per service whose callers cannot ping: on the connection manager that faces them."""
    for knobs in cluster.network.knobs:
        if knobs.inbound is not None and knobs.service.sidecar:
            yield new_object(
                "mesh", "networking.istio.io/v1alpha3", "EnvoyFilter",
                f"keepalive-inbound-{knobs.service.name}", knobs.service.home, SOURCE, spec=_spec(knobs),
            )  # fmt: skip


def _spec(knobs: Knobs) -> Body:
    assert knobs.inbound is not None  # noqa: S101 - `emit` asks first
    match: Body = {
        "context": "SIDECAR_INBOUND",
        "listener": {"portNumber": knobs.service.target_port, "filterChain": {"filter": {"name": HCM}}},
    }
    value: Body = {
        "name": HCM,
        "typed_config": {
            "@type": HCM_TYPE,
            "http2_protocol_options": {"connection_keepalive": connection_keepalive(knobs.inbound)},
        },
    }
    return {
        "priority": PRIORITY,
        "workloadSelector": {"labels": dict(knobs.service.labels)},
        "configPatches": [
            {"applyTo": "NETWORK_FILTER", "match": match, "patch": {"operation": "MERGE", "value": value}}
        ],
    }
