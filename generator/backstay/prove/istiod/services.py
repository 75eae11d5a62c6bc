"""Ports of the Kubernetes Services among the objects: pod port to service port.

A service port whose target is a name is left out: the number is the pod's to say.
"""

from collections.abc import Iterable, Mapping

from backstay.prove.istiod.shape import Struct, labels, number, part, struct, structs
from backstay.prove.istiod.words import Proxy, identity


def service_port(objects: Iterable[Struct], namespace: str, name: str, target: int) -> int:
    """The port of the Service that leads to a pod port; the pod port itself when no such Service is given."""
    for value in objects:
        ref = identity(value)
        if (ref.kind, ref.namespace, ref.name) == ("Service", namespace, name):
            return _ports(value).get(target, target)
    return target


def gateway_ports(objects: Iterable[Struct], proxy: Proxy) -> Mapping[int, frozenset[int]]:
    """For a gateway: from each pod port to the ports of the Services that select it (istiod's GatewayPortMap)."""
    found: dict[int, set[int]] = {}
    for value in objects:
        selector = labels(value, "spec", "selector")
        if identity(value).kind == "Service" and identity(value).namespace == proxy.namespace:
            for target, port in _ports(value).items() if selector and proxy.wears(selector) else ():
                found.setdefault(target, set()).add(port)
    return {target: frozenset(ports) for target, ports in found.items()}


def _ports(service: Struct) -> dict[int, int]:
    ports = structs(struct(service, "spec"), "ports")
    numbered = [port for port in ports if not isinstance(part(port, "target_port"), str)]
    return {
        number(port, "target_port") or number(port, "port"): number(port, "port")
        for port in reversed(numbered)
    }
