"""A call to its chain of TCP connections, with whoever keeps them alive already."""

from itertools import pairwise

from backstay.core.fact import Fact
from backstay.core.place import at
from backstay.core.route import Route
from backstay.model.hop import MESH_KNOB, Box, End, Hop, Pinger, Refresh, Side, TcpKeepalive
from backstay.model.network import Call, Client, ClientPool, Service
from backstay.model.parts import Mesh
from backstay.resolve.facts import fact, maybe
from backstay.spec import network as spec

_ENDS_CONNECTIONS = 7


def call(index: int, stated: spec.Call, client: Client, service: Service, boxes: tuple[Box, ...],
         mesh: Mesh | None) -> Call:  # fmt: skip
    """A stated call with its hops; only installed keepalive pings on them so far."""
    route = ("network", "calls", index)
    heartbeat = maybe(stated, "heartbeat", stated.heartbeat, route)
    return Call(
        index, client, service, stated.stream,
        heartbeat or maybe(stated, "silent_for", stated.silent_for, route),
        maybe(stated, "detect_dead_peer_in", stated.detect_dead_peer_in, route),
        maybe(stated, "deadline", stated.deadline, route),
        heartbeat, fact(stated, "idempotent", stated.idempotent, route),
        fact(stated, "round_trip", stated.round_trip, route),
        None if stated.pool is None else _pool(stated.pool, (*route, "pool")),
        chain(client, service, boxes, mesh),
        at(*route),
    )  # fmt: skip


def _pool(stated: spec.Pool, route: Route) -> ClientPool:
    idle = maybe(stated, "idle", stated.idle, route)
    return ClientPool(fact(stated, "max", stated.max, route), idle, at(*route))


def chain(client: Client, service: Service, boxes: tuple[Box, ...], mesh: Mesh | None) -> tuple[Hop, ...]:
    """The TCP connections between caller and server; layer 7 boxes end one and open the next."""
    caller, server = (
        _ends(client.name, sidecar=client.sidecar),
        _ends(service.name, sidecar=service.sidecar)[::-1],
    )
    between = [box for box in boxes if box.layer == _ENDS_CONNECTIONS]
    ends = [*caller, *((f"box {box.name}", End.BOX) for box in between), *server]
    first, last = len(caller) - 1, len(ends) - len(server)
    seen = iter(_stretches(boxes))
    hops = []
    for index, ((sender, sender_end), (receiver, receiver_end)) in enumerate(pairwise(ends)):
        crosses = first <= index < last
        installed = _installed(mesh) if sender_end is End.SIDECAR else ()
        passed = next(seen) if crosses else ()
        hops.append(Hop(index, sender, receiver, sender_end, receiver_end, crosses, passed, installed))
    return tuple(hops)


def _ends(name: str, *, sidecar: bool) -> list[tuple[str, End]]:
    return [(name, End.APP), *([(f"the sidecar of {name}", End.SIDECAR)] if sidecar else [])]


def _stretches(boxes: tuple[Box, ...]) -> list[tuple[Box, ...]]:
    """The boxes on each connection over the network: a layer 7 box is the last of one."""
    stretches: list[tuple[Box, ...]] = [()]
    for box in boxes:
        stretches[-1] = (*stretches[-1], box)
        if box.layer == _ENDS_CONNECTIONS:
            stretches.append(())
    return stretches


def _installed(mesh: Mesh | None) -> tuple[Pinger, ...]:
    return (
        ()
        if mesh is None or mesh.tcp_keepalive is None
        else (probes_by_proxy(mesh.tcp_keepalive, MESH_KNOB),)
    )


def probes_by_proxy(probes: TcpKeepalive, knob: str) -> Pinger:
    """TCP keepalive on a sidecar's upstream sockets; the kernel gives up after the last unanswered probe."""
    unanswered = Fact(
        probes.interval.value * probes.probes.value, (*probes.interval.origins, *probes.probes.origins)
    )
    return Pinger(Side.SENDER, True, Refresh.TCP_PROBE, probes.time, unanswered, 0, knob)  # noqa: FBT003 - a field
