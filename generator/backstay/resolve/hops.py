"""A call to its chain of TCP connections, with whoever keeps them alive already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from backstay.core.fact import Fact, from_version
from backstay.core.place import at
from backstay.core.route import Route
from backstay.model.gateway import Gateway
from backstay.model.hop import (
    MESH_KNOB,
    SOCKET_KNOB,
    TUNNEL_KNOB,
    Box,
    Clock,
    End,
    Hop,
    Pinger,
    Refresh,
    Side,
    TcpKeepalive,
    Timer,
)
from backstay.model.network import Call, Client, ClientPool, Service
from backstay.model.parts import Mesh
from backstay.resolve.facts import fact, maybe
from backstay.spec import network as spec
from backstay.upstream.istio import (
    HBONE_PING_MS,
    HBONE_PING_TIMEOUT_MS,
    ZTUNNEL_PROBE_MS,
    ZTUNNEL_PROBES,
)

PROXY_JITTER = 15
"""Percent that Envoy adds to a keepalive interval (envoy core/v3/protocol.proto, interval_jitter)."""
_ENDS_CONNECTIONS = 7
Passed = Box | Gateway


@dataclass(frozen=True, slots=True)
class _Station:
    """Something that ends connections: what it is called, what it is, and which gateway."""

    words: str
    end: End
    gateway: Gateway | None = None


def call(index: int, stated: spec.Call, client: Client, service: Service, passed: tuple[Passed, ...],
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
        chain(client, service, passed, mesh),
        at(*route),
        fact(stated, "wait_for_ready", stated.wait_for_ready, route) if stated.wait_for_ready else None,
    )  # fmt: skip


def _pool(stated: spec.Pool, route: Route) -> ClientPool:
    idle = maybe(stated, "idle", stated.idle, route)
    return ClientPool(maybe(stated, "max", stated.max, route), idle, at(*route))


def chain(client: Client, service: Service, passed: tuple[Passed, ...], mesh: Mesh | None) -> tuple[Hop, ...]:
    """The TCP connections between caller and server; gateways and layer 7 boxes end one and open the next."""
    caller, server = _caller(client), _server(client, service)
    between = [_between(one) for one in passed if _ends_connections(one)]
    stations = [*caller, *between, *server]
    first, last = len(caller) - 1, len(stations) - _inside(service)
    seen = iter(_stretches(passed))
    hops = []
    for index, (sender, receiver) in enumerate(pairwise(stations)):
        crosses = first <= index < last
        boxes = next(seen, ()) if crosses else ()
        hops.append(_hop(index, sender, receiver, boxes, mesh, crosses=crosses))
    return tuple(hops)


def _caller(client: Client) -> list[_Station]:
    own = [_Station(f"the sidecar of {client.name}", End.SIDECAR)] if client.sidecar else []
    node = [_Station(f"the ztunnel of {client.name}", End.ZTUNNEL)] if client.ztunnel else []
    return [_Station(client.name, End.APP), *own, *node]


def _server(client: Client, service: Service) -> list[_Station]:
    """What stands in front of the server, from outside; callers outside the mesh are not sent through waypoints."""
    waypoint = service.waypoint if client.ztunnel else None
    front = [_Station(f"the {waypoint.words}", End.WAYPOINT, waypoint)] if waypoint else []
    own = [_Station(f"the sidecar of {service.name}", End.SIDECAR)] if service.sidecar else []
    node = [_Station(f"the ztunnel of {service.name}", End.ZTUNNEL)] if service.ztunnel else []
    return [*front, *own, *node, _Station(service.name, End.APP)]


def _inside(service: Service) -> int:
    """How many of the last stations are in the server's pod."""
    return 1 + int(service.sidecar or service.ztunnel)


def _ends_connections(passed: Passed) -> bool:
    return isinstance(passed, Gateway) or passed.layer == _ENDS_CONNECTIONS


def _between(passed: Passed) -> _Station:
    if isinstance(passed, Gateway):
        return _Station(f"the {passed.words}", End.GATEWAY, passed)
    return _Station(f"box {passed.name}", End.BOX)


def _stretches(passed: Iterable[Passed]) -> list[tuple[Box, ...]]:
    """The boxes on each connection over the network: a layer 7 box is the last of one."""
    stretches: list[tuple[Box, ...]] = [()]
    for one in passed:
        if isinstance(one, Box):
            stretches[-1] = (*stretches[-1], one)
        if _ends_connections(one):
            stretches.append(())
    return stretches


def _hop(
    index: int, sender: _Station, receiver: _Station, boxes: tuple[Box, ...], mesh: Mesh | None, *, crosses: bool
) -> Hop:  # fmt: skip
    tunnel = crosses and _speaks_hbone(sender) and receiver.end.is_ambient
    return Hop(
        index, sender.words, receiver.words, sender.end, receiver.end, crosses, boxes,
        tuple(_of_tunnel(sender, receiver) if tunnel else _of_sockets(sender, mesh, crosses=crosses)),
        sender.gateway, receiver.gateway, tuple(_timers(receiver.gateway)), tunnel,
    )  # fmt: skip


def _speaks_hbone(sender: _Station) -> bool:
    """Whoever istiod or ztunnel makes open tunnels: gateways do so towards pods of an ambient mesh."""
    return sender.end.is_ambient or sender.end is End.GATEWAY


def _timers(gateway: Gateway | None) -> Iterable[Timer]:
    known = (
        ((Clock.STREAM_IDLE, gateway.stream_idle), (Clock.REQUEST, gateway.request_timeout))
        if gateway
        else ()
    )
    return (
        Timer(clock, limit, gateway.place)
        for clock, limit in known
        if gateway and limit is not None and limit.value
    )


def _of_tunnel(sender: _Station, receiver: _Station) -> list[Pinger]:
    """Ztunnels ping from both ends; of a waypoint and a gateway only the connection manager of the former does."""
    interval = from_version(HBONE_PING_MS, "istio", "how often ztunnels and waypoints ping on their tunnels")
    timeout = from_version(HBONE_PING_TIMEOUT_MS, "istio", "how long they wait for an answer")
    sides: Sequence[tuple[Side, _Station]] = ((Side.SENDER, sender), (Side.RECEIVER, receiver))
    found = []
    for side, station in sides:
        waits = station.end is End.ZTUNNEL or (side is Side.RECEIVER and station.end is End.WAYPOINT)
        jitter = 0 if station.end is End.ZTUNNEL else PROXY_JITTER
        if waits:
            found.append(Pinger(side, True, Refresh.HTTP2_PING, interval, timeout, jitter, TUNNEL_KNOB))  # noqa: FBT003 - a field
    return found


def _of_sockets(sender: _Station, mesh: Mesh | None, *, crosses: bool) -> tuple[Pinger, ...]:
    """Probes on the connection that a proxy opens: the mesh's on those of Envoys, ztunnel's on its own."""
    if sender.end is End.ZTUNNEL and crosses:
        return (probes_by_proxy(_ZTUNNEL_PROBES, SOCKET_KNOB),)
    if sender.end in {End.SIDECAR, End.GATEWAY} and mesh is not None and mesh.tcp_keepalive is not None:
        return (probes_by_proxy(mesh.tcp_keepalive, MESH_KNOB),)
    return ()


_ZTUNNEL_PROBES = TcpKeepalive(
    from_version(ZTUNNEL_PROBE_MS, "istio", "when a ztunnel first probes a silent connection"),
    from_version(ZTUNNEL_PROBE_MS, "istio", "how often it probes then"),
    from_version(ZTUNNEL_PROBES, "istio", "how many probes it sends"),
    at(),
)


def probes_by_proxy(probes: TcpKeepalive, knob: str) -> Pinger:
    """TCP keepalive on a proxy's upstream sockets; the kernel gives up after the last unanswered probe."""
    unanswered = Fact(
        probes.interval.value * probes.probes.value, (*probes.interval.origins, *probes.probes.origins)
    )
    return Pinger(Side.SENDER, True, Refresh.TCP_PROBE, probes.time, unanswered, 0, knob)  # noqa: FBT003 - a field
