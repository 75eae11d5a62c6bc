"""Envoy's own spellings that EnvoyFilters need."""

from backstay.core.units import show_seconds
from backstay.emit.parts import Body
from backstay.model.gateway import Gateway, GatewayKind
from backstay.model.network import Keepalive

HCM = "envoy.filters.network.http_connection_manager"
HCM_TYPE = f"type.googleapis.com/{'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'}"
OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
OPTIONS_TYPE = f"type.googleapis.com/{OPTIONS}"
PRIORITY = 10
"""Explicit, so that the order does not hang on creation times."""


def connection_keepalive(pings: Keepalive) -> Body:
    """`http2_protocol_options.connection_keepalive`; jitter stays at Envoy's 15 %."""
    return {"interval": pings.interval.to(show_seconds), "timeout": pings.timeout.to(show_seconds)}


def attached_to(gateway: Gateway) -> Body:
    """How an EnvoyFilter beside a gateway finds its pods: by labels, or by the Gateway that they were made for."""
    if gateway.kind is GatewayKind.ISTIO:
        return {"workloadSelector": {"labels": dict(gateway.labels)}}
    return {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway.resource}]
    }
