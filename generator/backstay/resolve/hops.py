"""A call to its chain of TCP connections, with whoever keeps them alive already."""

from backstay.core.fact import Fact
from backstay.core.place import at
from backstay.model.network import Box, Call, Client, Hop, Pinger, Refresh, Service, Side
from backstay.model.parts import Mesh
from backstay.resolve.facts import maybe
from backstay.spec import network as spec

MESH_KNOB = "meshConfig.tcpKeepalive"


def call(index: int, stated: spec.Call, client: Client, service: Service, boxes: tuple[Box, ...],  # noqa: PLR0913
         mesh: Mesh | None) -> Call:  # fmt: skip
    """A stated call with its hops; only installed keepalive pings on them so far."""
    route = ("network", "calls", index)
    heartbeat = maybe(stated, "heartbeat", stated.heartbeat, route)
    return Call(
        index, client, service, stated.stream,
        heartbeat or maybe(stated, "silent_for", stated.silent_for, route),
        maybe(stated, "detect_dead_peer_in", stated.detect_dead_peer_in, route),
        maybe(stated, "deadline", stated.deadline, route),
        heartbeat, stated.idempotent, stated.round_trip,
        chain(client, service, boxes, mesh),
        at(*route),
    )  # fmt: skip


def chain(client: Client, service: Service, boxes: tuple[Box, ...], mesh: Mesh | None) -> tuple[Hop, ...]:
    """The TCP connections between caller and server. HTTP/2 PINGs and TCP probes never cross one into the next."""
    ends = [(client.name, False)]
    ends += [(f"the sidecar of {client.name}", True)] if client.sidecar else []
    ends += [(f"the sidecar of {service.name}", True)] if service.sidecar else []
    ends += [(service.name, False)]
    crossing = 1 if client.sidecar else 0
    return tuple(
        Hop(
            index, sender, receiver, sender_proxy, receiver_proxy, index == crossing,
            boxes if index == crossing else (),
            _installed(mesh) if sender_proxy else (),
        )
        for index, ((sender, sender_proxy), (receiver, receiver_proxy)) in enumerate(zip(ends, ends[1:], strict=False))
    )  # fmt: skip


def _installed(mesh: Mesh | None) -> tuple[Pinger, ...]:
    if mesh is None or mesh.tcp_keepalive is None:
        return ()
    probes = mesh.tcp_keepalive
    unanswered = Fact(probes.interval.value * probes.probes.value, (*probes.interval.origins, *probes.probes.origins))
    return (Pinger(Side.SENDER, True, Refresh.TCP_PROBE, probes.time, unanswered, 0, MESH_KNOB),)  # noqa: FBT003 - a field


def kept_open_by(hop: Hop, box: Box) -> Pinger | None:
    """The pinger on a hop that refreshes a box in time; None when nobody does."""
    for pinger in hop.pingers:
        if pinger.how in box.refreshed_by and longest_gap(pinger) < box.idle.value:
            return pinger
    return None


def longest_gap(pinger: Pinger) -> int:
    """The longest time between two pings, jitter included, in milliseconds."""
    return pinger.interval.value * (100 + pinger.jitter) // 100


