"""EnvoyFilter: a gateway pings whoever called it, and spares streams that its profile would end.

A waypoint's connection manager for tunnels takes the same patch; whatever else a waypoint has stays as it is.
"""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.core.units import show_seconds
from backstay.emit.mesh.envoy import HCM, HCM_TYPE, PRIORITY, attached_to, connection_keepalive
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.gateway import GatewayKind
from backstay.model.network import GatewayKnobs
from backstay.upstream.istio import CONNECT_TERMINATE

SOURCE = "istio.io/api networking/v1alpha3/envoy_filter.proto"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One filter per gateway that has to be told something."""
    for knobs in cluster.network.gateways:
        config = _config(knobs)
        if config:
            gateway = knobs.gateway
            yield new_object(
                "mesh", "networking.istio.io/v1alpha3", "EnvoyFilter", f"{gateway.kind.value}-{gateway.name}"
                if gateway.kind is GatewayKind.WAYPOINT else f"gateway-{gateway.name}",
                gateway.namespace, SOURCE, spec=_spec(knobs, config),
            )  # fmt: skip


def _config(knobs: GatewayKnobs) -> Body:
    config: Body = {}
    if knobs.downstream is not None:
        config["http2_protocol_options"] = {"connection_keepalive": connection_keepalive(knobs.downstream)}
    if knobs.stream_idle is not None:
        config["stream_idle_timeout"] = knobs.stream_idle.to(show_seconds)
    if knobs.request_timeout is not None:
        config["request_timeout"] = knobs.request_timeout.to(show_seconds)
    return config


def _spec(knobs: GatewayKnobs, config: Body) -> Body:
    value: Body = {"name": HCM, "typed_config": {"@type": HCM_TYPE, **config}}
    patch: Body = {"operation": "MERGE", "value": value}
    return {
        "priority": PRIORITY,
        **attached_to(knobs.gateway),
        "configPatches": [{"applyTo": "NETWORK_FILTER", "match": _match(knobs), "patch": patch}],
    }


def _match(knobs: GatewayKnobs) -> Body:
    listener: Body = {"filterChain": {"filter": {"name": HCM}}}
    if knobs.gateway.kind is GatewayKind.WAYPOINT:
        # Its other connection managers speak to applications, through the tunnels.
        return {"context": "SIDECAR_INBOUND", "listener": {"name": CONNECT_TERMINATE, **listener}}
    if knobs.gateway.listener_port is not None:
        listener = {"portNumber": knobs.gateway.listener_port, **listener}
    return {"context": "GATEWAY", "listener": listener}
