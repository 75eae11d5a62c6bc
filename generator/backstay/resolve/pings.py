"""Keepalive intervals and timeouts: what bounds them, as numbers to solve and as promises that may exclude each other.

The largest round interval is taken: every ping costs something, and a slow one that still arrives in time is enough.
Sources: envoy api/envoy/config/core/v3/protocol.proto (interval, timeout, 15 % jitter), grpc/grpc doc/keepalive.md,
grpc proposals A8 and A18.
"""

from collections.abc import Iterator

from backstay.core.fact import Fact, from_preset
from backstay.core.units import show_duration
from backstay.model.derivation import Derivation
from backstay.model.hop import Box, End
from backstay.model.network import Call, Keepalive
from backstay.resolve.keepalive import DEFAULT_TIMEOUT, LEAST_TIMEOUT, Knob, idle_boxes, knobs_on
from backstay.resolve.solve.numbers import numbers
from backstay.resolve.solve.terms import Constraint, Quantity, System, Term, constant, free, of, stated
from backstay.upstream.grpc import RUNTIMES
from backstay.upstream.presets import BOXES

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
}  # fmt: skip
"""What a knob's interval and timeout are, in words."""
ENVOY = "Envoy may add 15 % to the interval"


def solve(knob: Knob) -> tuple[Keepalive, tuple[Derivation, Derivation]]:
    """Timeout first, then the interval that fits beside it."""
    found = numbers(system(knob, *_free(knob)))
    interval, timeout = found[f"{knob.id}/interval"], found[f"{knob.id}/timeout"]
    return Keepalive(interval.fact, timeout.fact), (interval, timeout)


def promises(knob: Knob, interval: Fact[int] | None, timeout: Fact[int] | None) -> System:
    """What has to hold between the lines behind a knob's numbers; pinned ones are lines themselves."""
    own, waits = _free(knob)
    if interval is not None:
        own = _pin(f"pin/{knob.whose}/interval", interval, "pings are pinned to one each {}")
    if timeout is not None:
        waits = _pin(f"pin/{knob.whose}/timeout", timeout, "the wait for an answer is pinned to {}")
    return system(knob, own, waits)


def _pin(id_: str, fact: Fact[int], words: str) -> Quantity:
    return stated(id_, "ms", fact, words.format(show_duration(fact.value)))


def _free(knob: Knob) -> tuple[Quantity, Quantity]:
    titles = [title.format(knob.whose) for title in _TITLES[knob.kind]]
    return free(f"{knob.id}/interval", "ms", titles[0], ROUND), free(f"{knob.id}/timeout", "ms", titles[1])


def system(knob: Knob, interval: Quantity, timeout: Quantity) -> System:
    """Everything that bounds a knob's interval and timeout."""
    quantities: dict[str, Quantity] = {timeout.id: timeout, interval.id: interval}
    names = interval.id, timeout.id
    constraints = (
        _USUAL(timeout.id),
        *_shares(knob, timeout.id),
        _round_trips(knob, timeout.id),
        _SLOW_LINKS(timeout.id),
        *_box_limits(knob, interval.id),
        *_detections(knob, *names),
        *_policies(knob, interval.id),
        *_halves(knob, interval.id),
    )
    quantities |= {one.id: one for one in _lines(knob)}
    return System(tuple(quantities.values()), constraints)


def _lines(knob: Knob) -> Iterator[Quantity]:
    """What the spec, presets and runtimes say that bounds the numbers."""
    for box, call in _boxes(knob):
        yield _idle(box)
        yield _silence(call)
    for call in knob.calls:
        if call.detect is not None:
            yield stated(
                _detect(call), "ms", call.detect,
                f"{call.client.name} has to notice a dead {call.service.name} within "
                f"{show_duration(call.detect.value)}",
            )  # fmt: skip
