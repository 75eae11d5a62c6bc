"""DestinationRules as rules see them: where connection pools stand, what they are for, and what Istio makes of a port."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.core.route import Route
from backstay.model.network import Knobs, Service
from backstay.upstream.istio import PortProtocol, port_protocol

_SPEC: Route = ("spec", "trafficPolicy")


@dataclass(frozen=True, slots=True)
class Pool:
    """A `connectionPool`. `port` None: all ports that no other policy names; `subset` None: not of a subset."""

    item: Item
    value: Mapping[str, object]
    route: Route
    port: int | None
    subset: str | None

    def get(self, *route: str) -> object:
        """A setting of the pool; None when it is not there."""
        return look.at(self.value, *route)

    @property
    def pings(self) -> Mapping[str, object]:
        """`http.http2KeepAlive`; empty when there is none."""
        return look.mapping(self.get("http", "http2KeepAlive"))

    @property
    def probes(self) -> Mapping[str, object]:
        """`tcp.tcpKeepalive`; empty when there is none."""
        return look.mapping(self.get("tcp", "tcpKeepalive"))


@dataclass(frozen=True, slots=True)
class Policy:
    """A traffic policy with its own connection pool (empty: it has none) and those of single ports."""

    pool: Pool
    ports: tuple[Pool, ...]


def policies(item: Item) -> tuple[Policy, ...]:
    """The traffic policies of a DestinationRule: the top one first, then those of the subsets.

    Made anew each time: kept, they would take more memory than the rule itself.
    """
    return tuple(_policies(item))


def _policies(item: Item) -> Iterator[Policy]:
    yield _policy(item, look.at(item.value, *_SPEC), _SPEC, None)
    for subset, route in look.entries(look.at(item.value, "spec", "subsets"), ("spec", "subsets")):
        yield _policy(
            item, subset.get("trafficPolicy"), (*route, "trafficPolicy"), look.text(subset.get("name")) or ""
        )


def pools(item: Item) -> list[Pool]:
    """Every connection pool of a DestinationRule."""
    return [pool for policy in policies(item) for pool in (policy.pool, *policy.ports)]


def _policy(item: Item, value: object, route: Route, subset: str | None) -> Policy:
    settings = look.entries(look.at(value, "portLevelSettings"), (*route, "portLevelSettings"))
    return Policy(
        _pool(item, value, route, None, subset),
        tuple(
            _pool(item, entry, place, _number(look.at(entry, "port", "number")), subset)
            for entry, place in settings
        ),
    )


def _pool(item: Item, owner: object, route: Route, port: int | None, subset: str | None) -> Pool:
    return Pool(
        item, look.mapping(look.at(owner, "connectionPool")), (*route, "connectionPool"), port, subset
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def host(ctx: Context, item: Item) -> str:
    """The full host name that a DestinationRule is for; empty when it is not known.

    A short name is completed with the rule's own namespace; a patch has the host of the rule that it patches.
    """
    name = look.text(look.at(item.value, "spec", "host"))
    if name:
        return full_host(name, item.ref.namespace)
    patched = (knobs.service for knobs in _knobs(ctx) if _is_rule_of(knobs.service, item))
    return next((service.host.value for service in patched), "")


def full_host(name: str, namespace: str) -> str:
    """A host as Istio completes it: a name without dots is a Service beside the rule."""
    return name if "." in name else f"{name}.{namespace or 'default'}.svc.cluster.local"


def _is_rule_of(service: Service, item: Item) -> bool:
    rule = service.existing_rule
    return rule is not None and rule.value == item.ref.name and service.namespace == item.ref.namespace


def _knobs(ctx: Context) -> tuple[Knobs, ...]:
    return ctx.cluster.network.knobs if ctx.cluster else ()


def service(ctx: Context, name: str) -> Service | None:
    """The model's service behind a host; None when there is none, or no model."""
    return next((knobs.service for knobs in _knobs(ctx) if knobs.service.host.value == name), None)


def rules_for(ctx: Context, name: str) -> list[Item]:
    """The DestinationRules for a host, in order."""
    return ctx.once("destination rules by host", lambda: _by_host(ctx)).get(name, [])


def _by_host(ctx: Context) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in ctx.of_kind("DestinationRule"):
        found.setdefault(host(ctx, item), []).append(item)
    return found


def port_protocols(ctx: Context, name: str) -> Mapping[int, PortProtocol]:
    """What Istio takes the ports of a host for, where a Service, a ServiceEntry or the spec says it."""
    return ctx.once(("port protocols", name), lambda: _port_protocols(ctx, name))


def _port_protocols(ctx: Context, name: str) -> dict[int, PortProtocol]:
    found: dict[int, PortProtocol] = {}
    modelled = service(ctx, name)
    if modelled is not None and modelled.port_name is not None:
        found[modelled.port.value] = port_protocol(modelled.port.value, modelled.port_name)
    for item in services_for(ctx, name):
        if not item.partial:
            found |= _of_ports(look.at(item.value, "spec", "ports"), "port", "appProtocol")
    for item in ctx.once("service entries by host", lambda: _entries_by_host(ctx)).get(name, ()):
        found |= _of_ports(look.at(item.value, "spec", "ports"), "number", "protocol")
    return found


def services_for(ctx: Context, name: str) -> list[Item]:
    """The Services of a cluster-local host, in order; patches among them."""
    return ctx.once("services by host", lambda: _services_by_host(ctx)).get(name, [])


def _services_by_host(ctx: Context) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in ctx.of_kind("Service"):
        found.setdefault(f"{item.ref.name}.{item.ref.namespace}.svc.cluster.local", []).append(item)
    return found


def _entries_by_host(ctx: Context) -> dict[object, list[Item]]:
    found: dict[object, list[Item]] = {}
    for item in ctx.of_kind("ServiceEntry"):
        for name in look.listing(look.at(item.value, "spec", "hosts")):
            if isinstance(name, str):
                found.setdefault(name, []).append(item)
    return found


def _of_ports(ports: object, number_key: str, protocol_key: str) -> dict[int, PortProtocol]:
    found = {}
    for port, _ in look.entries(ports):
        number = _number(port.get(number_key))
        if number is not None:
            found[number] = port_protocol(
                number, look.text(port.get("name")) or "", look.text(port.get(protocol_key))
            )
    return found
