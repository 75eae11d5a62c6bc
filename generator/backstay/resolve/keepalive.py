"""Keepalive intervals and timeouts, solved in closed form from what bounds them.

The largest round number is taken: every ping costs something, and a slow one that still arrives in time is
enough. Sources: envoy api/envoy/config/core/v3/protocol.proto (interval, timeout, 15 % jitter), grpc/grpc
doc/keepalive.md, grpc proposals A8 and A18.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backstay.core.fact import Fact, Origin, OriginKind, from_preset
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.hop import Box, End, Hop, Refresh
from backstay.model.network import Call, Keepalive, Service
from backstay.upstream.grpc import RUNTIMES

PROXY_JITTER = 15
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
ENVOY = "Envoy adds up to 15 % jitter to each interval"


@dataclass(frozen=True, slots=True)
class Knob:
    """What is to be solved: `inbound` or `upstream` codec, `server` or `client` arguments, of one service."""

    name: str
    service: Service
    calls: tuple[Call, ...]

    @property
    def id(self) -> str:
        """The stem of its derivations' ids."""
        return f"keepalive/{self.service.name}/{self.name}"

    @property
    def jitter(self) -> int:
        """Percent that the pinger adds to its interval."""
        return PROXY_JITTER if self.name in {"inbound", "upstream"} else 0


def knobs_of(call: Call) -> tuple[str, ...]:
    """Who should ping for a call: as few as keep it open and notice a dead peer on the side that waits.

    A ping from either end refreshes a box, but only the pinging end learns of a dead peer; a connection
    manager is changed only where nobody else can ping, because that drains every connection through it.
    """
    return tuple(dict.fromkeys(knob for hop in call.crossings for knob in _knobs_on(hop, call)))


def _knobs_on(hop: Hop, call: Call) -> tuple[str, ...]:
    if not call.service.protocol.pings or not (call.detect or idle_boxes(hop, call)):
        return ()
    if hop.sender_proxy:
        server_waits = hop.receiver_proxy and call.detect and call.stream in {"client", "both"}
        return ("upstream", "inbound") if server_waits else ("upstream",)
    if hop.receiver_proxy:
        return ("inbound",)
    policy = call.service.policy
    if hop.receiver_end is End.APP and policy and policy.settable:
        return ("server",)
    return ("client",) if hop.sender_end is End.APP and call.client.settable_keepalive else ()


def idle_boxes(hop: Hop, call: Call) -> tuple[Box, ...]:
    """The boxes on a hop that would forget it, that PINGs refresh, and that nobody refreshes yet."""
    if call.silence is None:
        return ()
    return tuple(
        box
        for box in hop.boxes
        if box.idle.value <= call.silence.value
        and Refresh.HTTP2_PING in box.refreshed_by
        and hop.keeper(box, call.round_trip_ms) is None
    )


def solve(knob: Knob) -> tuple[Keepalive, tuple[Derivation, Derivation]]:
    """Timeout first, then the interval that fits beside it."""
    timeout = _timeout(knob)
    interval = _interval(knob, timeout)
    return Keepalive(interval.fact, timeout.fact), (interval, timeout)


def _timeout(knob: Knob) -> Derivation:
    round_trip = max(call.round_trip_ms for call in knob.calls)
    bounds = [
        Bound("timeout-above-round-trips", ">=", 3 * round_trip, f"three round trips of {round_trip}ms", "MSH004",
              _call_origins(knob.calls, "roundTrip")),
        Bound("timeout-spares-slow-links", ">=", LEAST_TIMEOUT,
              "below 10s the timeout, which gRPC also makes TCP_USER_TIMEOUT, kills connections on packet loss",
              "MSH014", from_preset(0, "grpc proposal A18").origins),
    ]  # fmt: skip
    wanted = DEFAULT_TIMEOUT
    for call in knob.calls:
        if call.detect is not None:
            share = call.detect.value // 3
            bounds.append(
                Bound("timeout-within-detection", "<=", share,
                      f"a third of {show_duration(call.detect.value)} to notice a dead peer", "MSH004", call.detect.origins)
            )  # fmt: skip
            wanted = min(wanted, share)
    value = max([wanted, *(b.limit for b in bounds if b.relation == ">=")])
    return Derivation(
        f"{knob.id}/timeout", value, "ms", tuple(bounds), "the usual 20s where nothing asks for less"
    )


def _interval(knob: Knob, timeout: Derivation) -> Derivation:
    hard = [*_box_bounds(knob), *_detection_bounds(knob, timeout.value)]
    low = list(_policy_bounds(knob))
    floor = max((b.limit for b in low), default=ROUND[0])
    ceiling = min((b.limit for b in hard), default=ROUND[-1])
    relaxed = min([ceiling, *(_spread(box.idle.value // 2, knob.jitter) for box, _ in _boxes(knob))])
    value = _round_between(floor, relaxed) or _round_between(floor, ceiling)
    choice = "the largest round number within every bound, at most half a box's idle time where that fits"
    if value is None:
        value = floor if floor <= ceiling else max(ceiling, 1)
        choice = (
            "the bound itself: no round number fits"
            if floor <= ceiling
            else "nothing fits: the bounds exclude each other"
        )
    return Derivation(f"{knob.id}/interval", value, "ms", (*hard, *low), choice)


def _round_between(low: int, high: int) -> int | None:
    return max((step for step in ROUND if low <= step <= high), default=None)


def _spread(limit: int, jitter: int) -> int:
    """The longest interval whose jitter stays within a limit."""
    return limit * 100 // (100 + jitter)


def _boxes(knob: Knob) -> list[tuple[Box, Call]]:
    return [
        (box, call)
        for call in knob.calls
        for hop in call.crossings
        if knob.name in _knobs_on(hop, call)
        for box in idle_boxes(hop, call)
    ]


def _box_bounds(knob: Knob) -> Iterable[Bound]:
    for box, call in _boxes(knob):
        assert call.silence is not None  # noqa: S101 - `idle_boxes` is empty without it
        yield Bound(
            "interval-below-box", "<=", _spread(box.idle.value - call.round_trip_ms - 1, knob.jitter),
            f"box {box.name} forgets a connection after {show_duration(box.idle.value)} and the call is silent for "
            f"{show_duration(call.silence.value)}" + (f"; {ENVOY}" if knob.jitter else ""),
            "MSH001", (*box.idle.origins, *call.silence.origins),
        )  # fmt: skip


def _detection_bounds(knob: Knob, timeout: int) -> Iterable[Bound]:
    for call in knob.calls:
        if call.detect is not None:
            yield Bound(
                "interval-within-detection", "<=", _spread(call.detect.value - timeout, knob.jitter),
                f"a dead peer has to be noticed within {show_duration(call.detect.value)}, of which "
                f"{show_duration(timeout)} go to the timeout" + (f"; {ENVOY}" if knob.jitter else ""),
                "MSH004", call.detect.origins,
            )  # fmt: skip


def _policy_bounds(knob: Knob) -> Iterable[Bound]:
    policy = knob.service.policy
    if policy and not policy.settable and _meets_server(knob):
        yield Bound(
            "interval-tolerated-by-server", ">=", policy.min_interval.value,
            f"{knob.service.name} answers pings that come sooner than {show_duration(policy.min_interval.value)} with "
            "GOAWAY too_many_pings", "MSH005", policy.min_interval.origins,
        )  # fmt: skip
    if knob.name == "client":
        for runtime in dict.fromkeys(call.client.runtime for call in knob.calls):
            floor = RUNTIMES[runtime.value].client_floor
            yield Bound("interval-above-client-floor", ">=", floor, f"{runtime.value} clients clamp to "
                        f"{show_duration(floor)}", "MSH011", from_preset(0, f"grpc {runtime.value}").origins)  # fmt: skip


def _meets_server(knob: Knob) -> bool:
    """Whether the pings arrive at the server itself, with its own ping policy."""
    on_first = knob.name in {"client", "upstream"}
    return on_first and any(call.crossings[0].receiver_end is End.APP for call in knob.calls)


def _call_origins(calls: Sequence[Call], key: str) -> tuple[Origin, ...]:
    return tuple(Origin(OriginKind.SPEC, f"{call.place.path}.{key}") for call in calls)


def pinned(keepalive: Keepalive, interval: Fact[int] | None, timeout: Fact[int] | None) -> Keepalive:
    """Solved numbers with the pinned ones in their stead."""
    return Keepalive(interval or keepalive.interval, timeout or keepalive.timeout)
