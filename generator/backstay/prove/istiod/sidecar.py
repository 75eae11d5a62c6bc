"""The Sidecar object a proxy uses, for the one part of it that concerns connections: its inbound connection pools.

istio/istio pilot/pkg/model/push_context.go getSidecarScope and sidecar.go InboundConnectionPoolForPort: the oldest
Sidecar of the proxy's namespace whose selector fits, then the oldest there without one, then one of the root namespace
without a selector. Only one counts.
"""

from collections.abc import Iterable

from backstay.prove.istiod.journal import Journal
from backstay.prove.istiod.pool import read_pool
from backstay.prove.istiod.shape import Struct, labels, number, part, struct, structs
from backstay.prove.istiod.words import NoteKind, Proxy, ProxyKind, Refused, age_order, identity, is_a

_NOT_MODELLED = {
    "ingress": "the listeners that `ingress` makes are not made here, only their connection pools are read",
    "egress": "what `egress` hides from the proxy is still there",
    "outbound_traffic_policy": "outboundTrafficPolicy is not worked out here",
}


def sidecar_of(objects: Iterable[Struct], proxy: Proxy, journal: Journal) -> Struct:
    """The Sidecar among `objects` that the proxy uses; empty when there is none, and always for a gateway."""
    if proxy.kind is ProxyKind.GATEWAY:
        return {}
    known = [value for value in objects if is_a(value, "Sidecar") and _admitted(value, proxy, journal)]
    fitting = sorted((each for each in known if _fits(each, proxy)), key=lambda each: _order(each, proxy))
    found = fitting[0] if fitting else {}
    for value in known:
        if value is not found:
            _tell_unused(value, found, proxy, journal)
    if found:
        _tell_unmodelled(found, journal)
    return found


def inbound_pool(sidecar: Struct, port: int) -> Struct | None:
    """The connectionPool for an inbound (pod) port: of its ingress listener, else of the whole Sidecar, else None."""
    ingress = [
        entry for entry in structs(sidecar, "spec", "ingress") if number(entry, "port", "number") == port
    ]
    pools = [part(entry, "connection_pool") for entry in ingress]
    pools.append(part(struct(sidecar, "spec"), "inbound_connection_pool"))
    return next((pool for pool in pools if isinstance(pool, dict)), None)


def _admitted(value: Struct, proxy: Proxy, journal: Journal) -> bool:
    blocks = [struct(entry, "connection_pool") for entry in structs(value, "spec", "ingress")]
    try:
        for block in (*blocks, struct(value, "spec", "inbound_connection_pool")):
            read_pool(block, proxy.release)
    except Refused as why:
        journal.say(NoteKind.REFUSED, identity(value), "spec", str(why))
        return False
    return True


def _selector(value: Struct) -> dict[str, str] | None:
    selector = part(struct(value, "spec"), "workload_selector")
    return None if selector is None else labels(selector, "labels")


def _fits(value: Struct, proxy: Proxy) -> bool:
    namespace, selector = identity(value).namespace, _selector(value)
    if namespace == proxy.namespace:
        return selector is None or proxy.wears(selector)
    return namespace == proxy.root_namespace and selector is None


def _order(value: Struct, proxy: Proxy) -> tuple[bool, bool, tuple[str, str]]:
    return identity(value).namespace != proxy.namespace, _selector(value) is None, age_order(value)


def _tell_unused(value: Struct, used: Struct, proxy: Proxy, journal: Journal) -> None:
    of = identity(value)
    if _fits(value, proxy):
        journal.say(NoteKind.SHADOWED, of, "", f"only one Sidecar counts, and it is {identity(used)}")
    else:
        journal.say(NoteKind.NOT_SELECTED, of, "", "its namespace or workloadSelector is not this proxy's")


def _tell_unmodelled(value: Struct, journal: Journal) -> None:
    for name, told in _NOT_MODELLED.items():
        if part(struct(value, "spec"), name) is not None:
            journal.say(NoteKind.UNMODELLED, identity(value), "spec", told)
