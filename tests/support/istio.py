"""Istio objects, as the tests of what istiod makes of them write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.sidecar import HCM, HCM_TYPE, OPTIONS, OPTIONS_TYPE, ORDERS

if TYPE_CHECKING:
    from backstay.prove.istiod import Struct

PINGS = {"interval": "60s", "timeout": "20s"}
KEEPALIVE = {"http": {"http2KeepAlive": PINGS}}
PROBES = {"tcp": {"tcpKeepalive": {"time": "60s", "interval": "20s", "probes": 3}}}


def envoy_filter(name: str, *patches: Struct, namespace: str = "shop", **spec: object) -> Struct:
    """Return an EnvoyFilter with the config patches; `spec` is what else its spec holds."""
    metadata = {"name": name, "namespace": namespace}
    body = {**spec, "configPatches": list(patches)}
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": metadata,
        "spec": body,
    }


def destination_rule(
    name: str, host: str, pool: Struct | None, namespace: str = "shop", **spec: object
) -> Struct:
    """Return a DestinationRule with a connection pool; `spec` is what else its spec holds."""
    metadata = {"name": name, "namespace": namespace}
    policy = {} if pool is None else {"trafficPolicy": {"connectionPool": pool}}
    body = {"host": host, **policy, **spec}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": metadata,
        "spec": body,
    }


def rule(pool: Struct = KEEPALIVE, name: str = "a", host: str = ORDERS.host, **rest: object) -> Struct:
    """Return a DestinationRule for the orders service, by default one that makes its clients ping."""
    return destination_rule(name, host, pool, **rest)


def keepalive_patch(context: str = "SIDECAR_INBOUND", seconds: int = 60) -> Struct:
    """Return the patch that makes connection managers of a context ping their clients."""
    keepalive = {"interval": f"{seconds}s", "timeout": "20s"}
    config = {"@type": HCM_TYPE, "http2_protocol_options": {"connection_keepalive": keepalive}}
    return {
        "applyTo": "NETWORK_FILTER",
        "match": {"context": context, "listener": {"filterChain": {"filter": {"name": HCM}}}},
        "patch": {"operation": "MERGE", "value": {"name": HCM, "typed_config": config}},
    }


def options_patch(options: Struct, context: str = "SIDECAR_OUTBOUND", **match: object) -> Struct:
    """Return the patch that puts `options` in the place of a cluster's HTTP protocol options."""
    value = {"typed_extension_protocol_options": {OPTIONS: {"@type": OPTIONS_TYPE, **options}}}
    return {
        "applyTo": "CLUSTER",
        "match": {"context": context, **({"cluster": match} if match else {})},
        "patch": {"operation": "MERGE", "value": value},
    }


def sidecar_object(name: str, spec: Struct, namespace: str = "shop") -> Struct:
    """Return a Sidecar."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": metadata, "spec": spec}
