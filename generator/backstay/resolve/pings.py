"""Keepalive intervals and timeouts: what bounds them, as numbers to solve and as promises that may exclude each other.

The largest round interval is taken: every ping costs something, and a slow one that still arrives in time is enough.
Sources: envoy api/envoy/config/core/v3/protocol.proto (interval, timeout, 15 % jitter), grpc/grpc doc/keepalive.md,
grpc proposals A8 and A18.
"""

from collections.abc import Iterator

from backstay.core.fact import Fact, Origin, from_preset
from backstay.core.units import show_duration
from backstay.model.derivation import Derivation
from backstay.model.gateway import Gateway
from backstay.model.hop import Box, End
from backstay.model.network import Call, Keepalive
from backstay.resolve.keepalive import Knob, idle_boxes, knobs_on
from backstay.resolve.solve.solution import numbers
from backstay.resolve.solve.terms import (
    BARE_MS,
    MOST,
    Constraint,
    Quantity,
    System,
    Term,
    Words,
    constant,
    free,
    of,
    stated,
)
from backstay.upstream.grpc import RUNTIMES
from backstay.upstream.presets import BOXES

DEFAULT_TIMEOUT = 20_000
LEAST_TIMEOUT = 10_000
ROUND = tuple(
    seconds * 1000
    for seconds in (
        1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 2700, 3600,
    )
)  # fmt: skip
_TITLES = {
    "inbound": ("how often the sidecar of {0} pings its callers", "how long the sidecar of {0} waits for a caller's answer"),
    "upstream": ("how often the callers' sidecars ping {0}", "how long the callers' sidecars wait for an answer of {0}"),
    "server": ("how often {0} itself pings its callers", "how long {0} itself waits for a caller's answer"),
    "client": ("how often the callers themselves ping {0}", "how long the callers themselves wait for an answer of {0}"),
    "downstream": ("how often the {0} pings whoever called it", "how long the {0} waits for a caller's answer"),
    "towards": ("how often the callers' sidecars ping the {0}", "how long the callers' sidecars wait for an answer of the {0}"),
}  # fmt: skip
"""What a knob's interval and timeout are, in words."""
ENVOY = "Envoy may add 15 % to the interval"


def solve(
    knob: Knob, pinned_interval: Fact[int] | None = None, pinned_timeout: Fact[int] | None = None
) -> tuple[Keepalive, tuple[Derivation, Derivation]]:
    """Timeout first, then the interval that fits beside it; a pinned one of them is what the other has to fit to."""
    own, waits = _free(knob)
    found = numbers(system(knob, own, waits))
    if pinned_timeout is not None and pinned_interval is None:
        found |= numbers(system(knob, own, _pinned_timeout(knob, pinned_timeout)))
    if pinned_interval is not None and pinned_timeout is None:
        found |= numbers(system(knob, _pinned_interval(knob, pinned_interval), waits))
    interval, timeout = found[own.id], found[waits.id]
    return Keepalive(interval.fact, timeout.fact), (interval, timeout)


def promises(knob: Knob, interval: Fact[int] | None, timeout: Fact[int] | None) -> System:
    """What has to hold between the lines behind a knob's numbers; pinned ones are lines themselves."""
    own, waits = _free(knob)
    if interval is not None:
        own = _pinned_interval(knob, interval)
    if timeout is not None:
        waits = _pinned_timeout(knob, timeout)
    return system(knob, own, waits)


def _pinned_interval(knob: Knob, fact: Fact[int]) -> Quantity:
    return _pin(f"pin/{knob.whose}/interval", fact, "pings are pinned to one each {}")


def _pinned_timeout(knob: Knob, fact: Fact[int]) -> Quantity:
    return _pin(f"pin/{knob.whose}/timeout", fact, "the wait for an answer is pinned to {}")


def _pin(id_: str, fact: Fact[int], words: str) -> Quantity:
    return stated(id_, _unit(fact), fact, words.format(show_duration(fact.value)))


def _unit(fact: Fact[int]) -> str:
    """How the line that states a time spells it: channel arguments are plain numbers."""
    return (
        BARE_MS
        if any(f".{key}" in fact.origins[0].ref for key in ("serverArguments", "clientArguments"))
        else "ms"
    )


def _free(knob: Knob) -> tuple[Quantity, Quantity]:
    titles = [title.format(knob.whose) for title in _TITLES[knob.kind]]
    return free(f"{knob.id}/interval", "ms", titles[0], ROUND), free(f"{knob.id}/timeout", "ms", titles[1])


def system(knob: Knob, interval: Quantity, timeout: Quantity) -> System:
    """Everything that bounds a knob's interval and timeout."""
    boxes = _boxes(knob)
    constraints = (
        *_waits(knob, timeout.id),
        *_box_limits(knob, interval.id, boxes),
        *_detections(knob, interval.id, timeout.id),
        *_policies(knob, interval.id),
    )
    return System((timeout, interval, *{one.id: one for one in _lines(knob, boxes)}.values()), constraints)


def _lines(knob: Knob, boxes: list[tuple[Box, Call]]) -> Iterator[Quantity]:
    """What the spec, presets and runtimes say that bounds the numbers."""
    yield from (_silence(call) for _, call in boxes)
    for call in knob.calls:
        if call.round_trip.is_stated:
            words = f"a round trip from {_way(call)} takes up to {show_duration(call.round_trip_ms)}"
            yield stated(f"call/{call.index}/round-trip", "ms", call.round_trip, words, movable=False)
        if call.detect is not None:
            words = f"{call.client.name} has to notice a dead {call.service.name} within {show_duration(call.detect.value)}"
            yield stated(_detect(call), "ms", call.detect, words)
    yield from (_idle(box) for box, _ in boxes)
    if (least := _tolerated(knob)) is not None:
        words = f"{knob.whose} tolerates a ping each {show_duration(least.value)}"
        route = ("network", "services", knob.whose, "minPingInterval")
        yield stated(_least(knob), _unit(least), least, words, () if least.is_stated else route)


def _way(call: Call) -> str:
    return f"{call.client.name} to {call.service.name}"


def _idle(box: Box) -> Quantity:
    preset = BOXES.get(box.preset)
    low, high = (1, MOST) if preset is None else (preset.low or preset.idle, preset.high or preset.idle)
    return stated(
        f"box/{box.name}/idle", "ms", box.idle,
        f"box {box.name} forgets a connection after {show_duration(box.idle.value)}",
        (*box.place.route, "idle"), movable=low < high, least=low, most=high,
    )  # fmt: skip


def _silence(call: Call) -> Quantity:
    assert call.silence is not None  # noqa: S101 - `idle_boxes` is empty without it
    words = f"a call from {_way(call)} may be silent for {show_duration(call.silence.value)}"
    return stated(f"call/{call.index}/silence", "ms", call.silence, words)


def _detect(call: Call) -> str:
    return f"call/{call.index}/detect"


def _least(knob: Knob) -> str:
    return f"service/{knob.whose}/least-ping-interval"


def _round_trip(call: Call, times: int = 1) -> Term:
    """What nobody stated is no line, and a constant."""
    return (
        of(f"call/{call.index}/round-trip", times=times)
        if call.round_trip.is_stated
        else constant(times * call.round_trip_ms)
    )


def _spread(interval: str, knob: Knob) -> Term:
    """An interval at its longest: whoever pings may add to it."""
    return of(interval, times=100 + knob.jitter, per=100)


def _waits(knob: Knob, timeout: str) -> Iterator[Constraint]:
    """What bounds the timeout alone."""
    yield Constraint(
        "timeout-no-longer-than-usual", (constant(DEFAULT_TIMEOUT),), (of(timeout),),
        "what gRPC itself waits by default is enough", soft=True,
        origins=_preset("grpc doc/keepalive.md", "the default of the keepalive timeout"),
    )  # fmt: skip
    yield from _shares(knob, timeout)
    longest = max(knob.calls, key=lambda call: call.round_trip_ms)
    yield Constraint(
        "timeout-above-round-trips", (of(timeout),), (_round_trip(longest, 3),),
        f"three round trips of {show_duration(longest.round_trip_ms)}", "MSH004",
        origins=tuple(dict.fromkeys(o for call in knob.calls for o in call.round_trip.origins)),
    )  # fmt: skip
    yield Constraint(
        "timeout-spares-slow-links", (of(timeout),), (constant(LEAST_TIMEOUT),),
        "below 10s the timeout, which gRPC also makes TCP_USER_TIMEOUT, kills connections on packet loss", "MSH014",
        origins=_preset("grpc proposal A18", "TCP_USER_TIMEOUT follows the keepalive timeout"),
    )  # fmt: skip


def _preset(name: str, note: str) -> tuple[Origin, ...]:
    return from_preset(0, name, note).origins


def _shares(knob: Knob, timeout: str) -> Iterator[Constraint]:
    for call in knob.calls:
        if call.detect is not None:
            yield Constraint(
                "timeout-within-detection", (of(_detect(call)),), (of(timeout, times=3),),
                f"a third of the {show_duration(call.detect.value)} within which a dead peer has to be noticed; the "
                "rest is for the interval", "MSH004", soft=True, origins=call.detect.origins,
            )  # fmt: skip


def _boxes(knob: Knob) -> list[tuple[Box, Call]]:
    return [
        (box, call)
        for call in knob.calls
        for hop in call.crossings
        if knob.name in knobs_on(hop, call)
        for box in idle_boxes(hop, call)
    ]


def _box_limits(knob: Knob, interval: str, found: list[tuple[Box, Call]]) -> Iterator[Constraint]:
    """A box outlasts the gap between two pings, or the call's silence; half of it is wished for."""
    for box, call in found:
        assert call.silence is not None  # noqa: S101 - `idle_boxes` is empty without it
        yield Constraint(
            "interval-below-box", (of(f"box/{box.name}/idle"),),
            (_spread(interval, knob), _round_trip(call), constant(1)),
            f"box {box.name} forgets a connection after {show_duration(box.idle.value)}, the call is silent for "
            f"{show_duration(call.silence.value)}, and a ping takes up to {show_duration(call.round_trip_ms)}"
            + _more(knob), "MSH001", unless=(of(f"call/{call.index}/silence"), constant(1)),
            origins=(*box.idle.origins, *call.silence.origins, *call.round_trip.origins),
        )  # fmt: skip
    for box in {box.name: box for box, _ in found}.values():
        yield Constraint(
            "interval-half-of-box", (of(f"box/{box.name}/idle"),), (of(interval, times=100 + knob.jitter, per=50),),
            f"half of the {show_duration(box.idle.value)} after which box {box.name} forgets, so that one lost ping "
            "does no harm" + _more(knob), "MSH001", soft=True, origins=box.idle.origins,
        )  # fmt: skip


def _more(knob: Knob) -> str:
    """What is to be added to a bound in words: who pings may take longer than it is told."""
    return f" ({ENVOY})" if knob.jitter else ""


def _detections(knob: Knob, interval: str, timeout: str) -> Iterator[Constraint]:
    for call in knob.calls:
        if call.detect is not None:
            yield Constraint(
                "interval-within-detection", (of(_detect(call)),), (_spread(interval, knob), of(timeout)),
                _noticed(call.detect.value, timeout, _more(knob)), "MSH004", origins=call.detect.origins,
                bounds=(interval,),
            )  # fmt: skip


def _noticed(detect: int, timeout: str, more: str) -> Words:
    return lambda values: (
        f"a dead peer has to be noticed within {show_duration(detect)}, of which {show_duration(values[timeout])} go to "
        f"the timeout{more}"
    )


def _policies(knob: Knob, interval: str) -> Iterator[Constraint]:
    least = _tolerated(knob)
    if least is not None:
        yield Constraint(
            "interval-tolerated-by-server", (of(interval),), (of(_least(knob)),),
            f"{knob.whose} answers pings that come sooner than {show_duration(least.value)} with GOAWAY too_many_pings",
            "MSH005", origins=least.origins,
        )  # fmt: skip
    if knob.name == "client":
        for runtime in dict.fromkeys(call.client.runtime for call in knob.calls):
            floor = RUNTIMES[runtime.value].client_floor
            yield Constraint(
                "interval-above-client-floor", (of(interval),), (constant(floor),),
                f"gRPC ({runtime.value}) clients ping no faster than each {show_duration(floor)}", "MSH011",
                origins=_preset(f"grpc {runtime.value} client", "the least keepalive time"),
            )  # fmt: skip


def _tolerated(knob: Knob) -> Fact[int] | None:
    """The shortest interval that the server puts up with; None where pings do not meet it, or where it is told to."""
    policy = None if isinstance(knob.of, Gateway) else knob.of.policy
    if policy is None or policy.settable or policy.strikes.value == 0 or not _meets_server(knob):
        return None
    return policy.min_interval


def _meets_server(knob: Knob) -> bool:
    """Whether the pings arrive at the server itself, with its own ping policy."""
    return knob.name in {"client", "upstream"} and any(
        call.speakers(hop)[1] is End.APP and knob.name in knobs_on(hop, call)
        for call in knob.calls
        for hop in call.crossings
    )
