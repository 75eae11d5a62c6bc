"""Who should ping for a call, and what server policies have to put up with.

Sources: RFC 9113 section 6.7 (PING), grpc/grpc doc/keepalive.md, envoy api/envoy/config/core/v3/protocol.proto.
"""

from dataclasses import dataclass

from backstay.core.fact import Fact
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.gateway import Gateway
from backstay.model.hop import Box, End, Hop, Refresh
from backstay.model.network import Call, Keepalive, Service
from backstay.resolve.hops import PROXY_JITTER
from backstay.upstream.istio import PortProtocol, port_protocol


@dataclass(frozen=True, slots=True)
class Knob:
    """What is to be solved.

    `inbound` or `upstream` codec, `server` or `client` arguments, of one service; or the `downstream` codec of a
    gateway, or the clusters `towards` it, whose names have the gateway's id after a slash.
    """

    name: str
    of: Service | Gateway
    calls: tuple[Call, ...]

    @property
    def kind(self) -> str:
        """The name without a gateway's id."""
        return self.name.partition("/")[0]

    @property
    def id(self) -> str:
        """The stem of its derivations' ids."""
        if isinstance(self.of, Gateway):
            return f"keepalive/gateway/{self.of.id}/{self.kind}"
        return f"keepalive/{self.of.name}/{self.name}"

    @property
    def whose(self) -> str:
        """What it belongs to, in words."""
        return self.of.words if isinstance(self.of, Gateway) else self.of.name

    @property
    def jitter(self) -> int:
        """Percent that the pinger adds to its interval."""
        return 0 if self.name in {"server", "client"} else PROXY_JITTER


def knobs_of(call: Call) -> tuple[str, ...]:
    """Who should ping for a call: as few as keep it open and notice a dead peer on the side that waits.

    A ping from either end refreshes a box, but only the pinging end learns of a dead peer; a connection
    manager is changed only where nobody else can ping, because that drains every connection through it.
    """
    return tuple(dict.fromkeys(knob for hop in call.crossings for knob in knobs_on(hop, call)))


def knobs_on(hop: Hop, call: Call) -> tuple[str, ...]:
    """Who should ping on one hop of a call."""
    if hop.tunnel:
        return _in_tunnel(hop, call)
    if not call.service.protocol.pings or not (call.detect or idle_boxes(hop, call)):
        return ()
    if hop.sender_end.is_envoy:
        return _by_sender(hop, call)
    if hop.acceptor is not None:
        return (f"downstream/{hop.acceptor.id}",)
    return ("inbound",) if hop.receiver_proxy else _by_apps(hop, call)


def _in_tunnel(hop: Hop, call: Call) -> tuple[str, ...]:
    """Tunnels are pinged anyway; only a waypoint can be told to do so more often."""
    quick = call.detect is None or any(one.notices_in <= call.detect.value for one in hop.pingers)
    if hop.acceptor is None or (quick and not idle_boxes(hop, call)):
        return ()
    return (f"downstream/{hop.acceptor.id}",)


def _by_sender(hop: Hop, call: Call) -> tuple[str, ...]:
    server_waits = call.detect and call.stream in {"client", "both"}
    if call.calls_service(hop):
        return ("upstream", "inbound") if server_waits and hop.receiver_proxy else ("upstream",)
    if hop.acceptor is None:
        return ()
    downstream, towards = f"downstream/{hop.acceptor.id}", f"towards/{hop.acceptor.id}"
    if not _has_http2_cluster(hop):
        return (downstream,)
    return (towards, downstream) if server_waits else (towards,)


def _has_http2_cluster(hop: Hop) -> bool:
    """Whether a sidecar is known to have a cluster for the gateway that takes HTTP/2 options."""
    address = hop.acceptor.address if hop.acceptor else None
    if address is None or not hop.sender_proxy:
        return False
    return port_protocol(address.port.value, address.port_name or "") is PortProtocol.HTTP2


def _by_apps(hop: Hop, call: Call) -> tuple[str, ...]:
    sender, receiver = call.speakers(hop)
    policy = call.service.policy
    if receiver is End.APP and policy and policy.settable:
        return ("server",)
    return ("client",) if sender is End.APP and call.client.settable_keepalive else ()


def idle_boxes(hop: Hop, call: Call) -> tuple[Box, ...]:
    """The boxes on a hop that would forget it, that PINGs refresh, and that nobody refreshes yet."""
    if call.silence is None:
        return ()
    return tuple(
        box
        for box in hop.boxes
        if box.idle.value <= call.silence.value
        and Refresh.HTTP2_PING in box.refreshed_by
        and not hop.keepers(box, call.round_trip_ms)
    )


def tolerated(service: Service, pinged_every: Fact[int]) -> Derivation:
    """The server's own ping policy where proxies ping it at an interval."""
    half = pinged_every.value // 2
    bound = Bound(
        "policy-tolerates-proxies", "<=", half,
        f"half of the {show_duration(pinged_every.value)} at which the callers' sidecars ping: pings that the network "
        "bunches up are no strikes", "MSH005", pinged_every.origins,
    )  # fmt: skip
    id_ = f"keepalive/{service.name}/server/min-ping-interval"
    title = f"the shortest time between two pings that {service.name} puts up with"
    return Derivation(id_, half, "ms", (bound,), "the largest that tolerates them", title)


def pinned(keepalive: Keepalive, interval: Fact[int] | None, timeout: Fact[int] | None) -> Keepalive:
    """Solved numbers with the pinned ones in their stead, which keep the derivation that they are held against."""
    return Keepalive(_pinned(keepalive.interval, interval), _pinned(keepalive.timeout, timeout))


def _pinned(solved: Fact[int], pin: Fact[int] | None) -> Fact[int]:
    return solved if pin is None else Fact(pin.value, (*pin.origins, solved.origins[0]))
