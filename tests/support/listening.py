"""One EnvoyFilter with patches of listeners, for a pod with a gRPC and a TCP port, and what its listeners become."""

from __future__ import annotations

from backstay.prove.istiod import Result, apply
from support.istio import envoy_filter
from support.sidecar import API, ORDERS, Service, manager_of, named, sidecar_config

PLAIN = Service("plain.shop.svc.cluster.local", 5432, "tcp")


def patch(
    apply_to: str, operation: str, value: dict | None, context: str = "SIDECAR_INBOUND", **listener: object
) -> dict:
    """Return a patch on listeners; `listener` is its match."""
    body = {"operation": operation} | ({} if value is None else {"value": value})
    match = {"context": context} | ({"listener": listener} if listener else {})
    return {"applyTo": apply_to, "match": match, "patch": body}


def run(*patches: dict, config: dict | None = None) -> Result:
    """Return what istiod makes of one EnvoyFilter with the patches, for a pod with a gRPC and a TCP port."""
    given = config or sidecar_config([ORDERS, PLAIN], [ORDERS])
    return apply([envoy_filter("a", *patches)], given, API)


def inbound(result: Result) -> dict:
    """Return the listener for all inbound traffic."""
    return named(result.config["listeners"], "virtualInbound")


def names(items: list) -> list[str]:
    """Return the names of the items."""
    return [each["name"] for each in items]


def pings(listener: dict, chain: int = 0) -> bool:
    """Return whether the connection manager in a chain pings."""
    return "connection_keepalive" in manager_of(listener, chain).get("http2_protocol_options", {})
