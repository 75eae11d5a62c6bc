"""A sidecar's configuration made to run alone on the loopback: one listener, one cluster, nothing asked of istiod.

What istiod would serve on request (routes, endpoints) is put inline. The sidecar's iptables rules are missing, so the
listener gets a port of its own and the chain loses its match on the original port.
"""

import sys
from collections.abc import Sequence
from copy import deepcopy

from backstay.core.manifest import Plain
from backstay.prove.istiod import Config, Struct
from backstay.prove.istiod.shape import number, opened, struct, structs, text
from backstay.prove.mesh.base import VIRTUAL_INBOUND, Port
from backstay.prove.mesh.relay import LOOPBACK
from backstay.prove.mesh.scaled import scaled, spell_out
from backstay.prove.mesh.untimed import untime
from backstay.upstream.istio import HCM

HAS_ADMIN = sys.platform == "linux"
"""Whether there are abstract sockets: other systems have only ports that somebody may take, and files that stay."""


def outbound(config: Config, port: Port) -> Struct:
    """The caller's sidecar: the listener of the service's port, its routes, and the cluster that leads there."""
    found = next(each for each in config["listeners"] if each["name"] == f"0.0.0.0_{port.port}")
    return _routed(found, config, port)


def at_gateway(config: Config, port: Port) -> Struct:
    """A gateway: its listener with the routes, and the cluster that leads on."""
    return _routed(config["listeners"][0], config, port)


def _routed(found: Struct, config: Config, port: Port) -> Struct:
    """A listener that would ask for its routes, with those of a port put inline."""
    listener = deepcopy(found)
    routes = {text(route, "name"): route for route in config["routes"]}
    for manager in _managers(listener):
        wanted = text(struct(manager, "rds"), "route_config_name")
        if manager.pop("rds", None) is not None:
            manager["route_config"] = _only(deepcopy(routes[wanted]), port)
    return _resources(listener, _named(config, port.outbound))


def inbound(config: Config, port: Port) -> Struct:
    """The server's sidecar: the chain of the pod's port, and the cluster that leads to the application."""
    virtual = next(each for each in config["listeners"] if each["name"] == VIRTUAL_INBOUND)
    chains: Plain = [
        {**chain, "filter_chain_match": {}}
        for chain in structs(virtual, "filter_chains")
        if number(chain, "filter_chain_match", "destination_port") == port.target
    ]
    listener: Struct = deepcopy({**virtual, "filter_chains": chains})
    return _resources(listener, _named(config, port.inbound))


def bootstrap(resources: Struct, listens: int, leads_to: int, scale: int, *, timed: bool = True) -> Plain:
    """An Envoy bootstrap: the resources, `scale` times faster, between two loopback ports; `timed` with requests' timeouts."""
    resources = deepcopy(resources)
    if not timed:
        untime(resources)
    spell_out(resources)
    for listener in structs(resources, "listeners"):
        listener["address"] = _address(listens)
    for cluster in structs(resources, "clusters"):
        _leads_to(cluster, leads_to)
    return {**admin(listens), "static_resources": scaled(resources, scale)}


def admin(port: int) -> Struct:
    """The administration interface of the Envoy that listens on a port, at an address that is neither port nor file."""
    return {"admin": {"address": {"pipe": {"path": f"@{admin_name(port)}"}}}} if HAS_ADMIN else {}


def admin_name(port: int) -> str:
    """The name of its abstract socket: the port is ours alone while the block lasts that reserves it."""
    return f"backstay-envoy-{port}"


def _named(config: Config, name: str) -> Struct:
    return deepcopy(next(each for each in config["clusters"] if each["name"] == name))


def _resources(listener: Struct, cluster: Struct) -> Struct:
    return {"listeners": [listener], "clusters": [cluster]}


def _managers(listener: Struct) -> Sequence[Struct]:
    return [
        opened(one, "typed_config")
        for chain in structs(listener, "filter_chains")
        for one in structs(chain, "filters")
        if one.get("name") == HCM
    ]


def _only(route: Struct, port: Port) -> Struct:
    """The route table without the virtual hosts of other services, whose clusters are not there."""
    kept: Plain = [
        host for host in structs(route, "virtual_hosts") if text(host, "name") == f"{port.host}:{port.port}"
    ]
    return {**route, "virtual_hosts": kept}


def _address(port: int) -> Struct:
    return {"socket_address": {"address": LOOPBACK, "port_value": port}}


def _leads_to(cluster: Struct, port: int) -> None:
    for gone in ("eds_cluster_config", "upstream_bind_config"):
        cluster.pop(gone, None)
    endpoint: Plain = {"lb_endpoints": [{"endpoint": {"address": _address(port)}}]}
    load: Struct = {"cluster_name": cluster["name"], "endpoints": [endpoint]}
    cluster.update({"type": "STATIC", "lb_policy": "ROUND_ROBIN", "load_assignment": load})
