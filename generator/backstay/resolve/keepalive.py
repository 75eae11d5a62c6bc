"""Keepalive intervals and timeouts, solved in closed form from what bounds them.

The largest round number is taken: every ping costs something, and a slow one that still arrives in time is
enough. Sources: envoy api/envoy/config/core/v3/protocol.proto (interval, timeout, 15 % jitter), grpc/grpc
doc/keepalive.md, grpc proposals A8 and A18.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from backstay.core.fact import Fact, from_preset
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.gateway import Gateway
from backstay.model.hop import Box, End, Hop, Refresh
from backstay.model.network import Call, Keepalive, Service
from backstay.resolve.hops import PROXY_JITTER
from backstay.upstream.grpc import RUNTIMES
from backstay.upstream.istio import PortProtocol, port_protocol

DEFAULT_TIMEOUT = 20_000
LEAST_TIMEOUT = 10_000
ROUND = tuple(
    seconds * 1000
    for seconds in (
        1,
        2,
        3,
        5,
        10,
        15,
        20,
        30,
        45,
        60,
        90,
        120,
        180,
        240,
        300,
        450,
        600,
        900,
        1200,
        1800,
        2700,
        3600,
    )
)
_PINGS = {
    "inbound": ("how often the sidecar of {0} pings its callers", "how long the sidecar of {0} waits for a caller's answer"),
    "upstream": ("how often the callers' sidecars ping {0}", "how long the callers' sidecars wait for an answer of {0}"),
    "server": ("how often {0} itself pings its callers", "how long {0} itself waits for a caller's answer"),
    "client": ("how often the callers themselves ping {0}", "how long the callers themselves wait for an answer of {0}"),
    "downstream": ("how often the {0} pings whoever called it", "how long the {0} waits for a caller's answer"),
    "towards": ("how often the callers' sidecars ping the {0}", "how long the callers' sidecars wait for an answer of the {0}"),
}  # fmt: skip
"""What a knob's interval and timeout are, in words."""
ENVOY = "Envoy may add 15 % to the interval"


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


def solve(knob: Knob) -> tuple[Keepalive, tuple[Derivation, Derivation]]:
    """Timeout first, then the interval that fits beside it."""
    timeout = _timeout(knob)
    interval = _interval(knob, timeout)
    return Keepalive(interval.fact, timeout.fact), (interval, timeout)


def _timeout(knob: Knob) -> Derivation:
    bounds = (_USUAL_TIMEOUT, *_shares(knob), _round_trips(knob), _SLOW_LINKS)
    wanted = min(b.limit for b in bounds if b.relation == "<=")
    value = max([wanted, *(b.limit for b in bounds if b.relation == ">=")])
    fits = all(b.allows(value) for b in bounds)
    choice = (
        "the largest that every bound allows"
        if fits
        else "the least that may be: what is wished for does not fit"
    )
    title = _PINGS[knob.kind][1].format(knob.whose)
    return Derivation(f"{knob.id}/timeout", value, "ms", bounds, choice, title)


_USUAL_TIMEOUT = Bound(
    "timeout-no-longer-than-usual", "<=", DEFAULT_TIMEOUT, "what gRPC itself waits by default is enough", "",
    from_preset(0, "grpc doc/keepalive.md", "the default of the keepalive timeout").origins, soft=True,
)  # fmt: skip
_SLOW_LINKS = Bound(
    "timeout-spares-slow-links", ">=", LEAST_TIMEOUT,
    "below 10s the timeout, which gRPC also makes TCP_USER_TIMEOUT, kills connections on packet loss", "MSH014",
    from_preset(0, "grpc proposal A18", "TCP_USER_TIMEOUT follows the keepalive timeout").origins,
)  # fmt: skip


def _round_trips(knob: Knob) -> Bound:
    longest = max(call.round_trip_ms for call in knob.calls)
    origins = dict.fromkeys(o for call in knob.calls for o in call.round_trip.origins)
    return Bound("timeout-above-round-trips", ">=", 3 * longest, f"three round trips of {show_duration(longest)}",
                 "MSH004", tuple(origins))  # fmt: skip


def _shares(knob: Knob) -> Iterable[Bound]:
    for call in knob.calls:
        if call.detect is not None:
            yield Bound(
                "timeout-within-detection", "<=", call.detect.value // 3,
                f"a third of the {show_duration(call.detect.value)} within which a dead peer has to be noticed; the "
                "rest is for the interval", "MSH004", call.detect.origins, soft=True,
            )  # fmt: skip


def _interval(knob: Knob, timeout: Derivation) -> Derivation:
    hard = [*_box_bounds(knob), *_detection_bounds(knob, timeout.value)]
    firm, soft = [*hard, *_policy_bounds(knob)], list(_half_bounds(knob))
    value, choice = _chosen(firm, soft)
    title = _PINGS[knob.kind][0].format(knob.whose)
    return Derivation(f"{knob.id}/interval", value, "ms", (*firm, *soft), choice, title)


def _chosen(firm: list[Bound], soft: list[Bound]) -> tuple[int, str]:
    """The number, and in words how it was chosen."""
    value = _round_within([*firm, *soft])
    if value is not None:
        return value, "the largest round number that every bound allows"
    value = _round_within(firm)
    if value is not None:
        return value, "the largest round number that the firm bounds allow"
    value = max(min((b.limit for b in firm if b.relation == "<="), default=ROUND[-1]), 1)
    if all(b.allows(value) for b in firm):
        return value, "the largest number that the bounds allow: no round one fits"
    return value, "nothing fits: the bounds exclude each other"


def _round_within(bounds: list[Bound]) -> int | None:
    return max((step for step in ROUND if all(b.allows(step) for b in bounds)), default=None)


def _spread(limit: int, jitter: int) -> int:
    """The longest interval whose jitter stays within a limit."""
    return limit * 100 // (100 + jitter)


def _boxes(knob: Knob) -> list[tuple[Box, Call]]:
    return [
        (box, call)
        for call in knob.calls
        for hop in call.crossings
        if knob.name in knobs_on(hop, call)
        for box in idle_boxes(hop, call)
    ]


def _box_bounds(knob: Knob) -> Iterable[Bound]:
    for box, call in _boxes(knob):
        assert call.silence is not None  # noqa: S101 - `idle_boxes` is empty without it
        yield Bound(
            "interval-below-box", "<=", _spread(box.idle.value - call.round_trip_ms - 1, knob.jitter),
            f"box {box.name} forgets a connection after {show_duration(box.idle.value)}, the call is silent for "
            f"{show_duration(call.silence.value)}, and a ping takes up to {show_duration(call.round_trip_ms)}"
            + _more(knob),
            "MSH001", (*box.idle.origins, *call.silence.origins, *call.round_trip.origins),
        )  # fmt: skip


def _half_bounds(knob: Knob) -> Iterable[Bound]:
    for box in {box.name: box for box, _ in _boxes(knob)}.values():
        yield Bound(
            "interval-half-of-box", "<=", _spread(box.idle.value // 2, knob.jitter),
            f"half of the {show_duration(box.idle.value)} after which box {box.name} forgets, so that one lost ping "
            "does no harm" + _more(knob), "MSH001", box.idle.origins, soft=True,
        )  # fmt: skip


def _more(knob: Knob) -> str:
    """What is to be added to a bound in words: who pings may take longer than it is told."""
    return f" ({ENVOY})" if knob.jitter else ""


def _detection_bounds(knob: Knob, timeout: int) -> Iterable[Bound]:
    for call in knob.calls:
        if call.detect is not None:
            yield Bound(
                "interval-within-detection", "<=", _spread(call.detect.value - timeout, knob.jitter),
                f"a dead peer has to be noticed within {show_duration(call.detect.value)}, of which "
                f"{show_duration(timeout)} go to the timeout" + _more(knob), "MSH004", call.detect.origins,
            )  # fmt: skip


def _policy_bounds(knob: Knob) -> Iterable[Bound]:
    policy = None if isinstance(knob.of, Gateway) else knob.of.policy
    if policy and not policy.settable and _meets_server(knob):
        yield Bound(
            "interval-tolerated-by-server", ">=", policy.min_interval.value,
            f"{knob.whose} answers pings that come sooner than {show_duration(policy.min_interval.value)} with "
            "GOAWAY too_many_pings", "MSH005", policy.min_interval.origins,
        )  # fmt: skip
    if knob.name == "client":
        for runtime in dict.fromkeys(call.client.runtime for call in knob.calls):
            floor = RUNTIMES[runtime.value].client_floor
            yield Bound("interval-above-client-floor", ">=", floor, f"gRPC ({runtime.value}) clients ping "
                        f"no faster than each {show_duration(floor)}", "MSH011",
                        from_preset(0, f"grpc {runtime.value} client", "the least keepalive time").origins)  # fmt: skip


def _meets_server(knob: Knob) -> bool:
    """Whether the pings arrive at the server itself, with its own ping policy."""
    return knob.name in {"client", "upstream"} and any(
        call.speakers(hop)[1] is End.APP and knob.name in knobs_on(hop, call)
        for call in knob.calls
        for hop in call.crossings
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
