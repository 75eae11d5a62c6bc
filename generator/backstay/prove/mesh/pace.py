"""How much faster than the spec time passes in a trial: as much as it may, so that what differs stays different.

Processes on a busy machine are late by some ten milliseconds. A trial can tell two times apart when they are further
apart than that after division; the margins here leave room for several such delays.
"""

from collections.abc import Iterable, Iterator

from backstay.model.hop import Clock, Refresh, Side
from backstay.prove.mesh.ending import Sidecar, ending
from backstay.prove.mesh.ends import IN_TIME_PERCENT, longest_pause
from backstay.prove.mesh.setting import Setting
from backstay.upstream import grpc

SILENCE_MS = 10_000
"""How long a silence needs to take in a trial, so that it is not waited for longer than it is worth."""
NOTICE_MS = 1_000
"""The same for noticing a dead peer."""
DRAIN_MS = 4_000
"""The same for the longest call in flight."""
DEADLINE_MS = 4_000
"""The same for a call that takes as long as it may."""
RETRY_MS = 100
"""The first wait between two tries, at the most."""

_TIMEOUT_MS = 150
_BOX_MARGIN_MS = 200
_NOTICE_MARGIN_MS = 100
_DRAIN_MARGIN_MS = 300
_PROBED_BOX_MS = 1_500


def silence_pace(setting: Setting) -> int:
    """The scale for a silent call: 1 or more."""
    silence = setting.call.silence
    return 1 if silence is None else _round(silence.value / SILENCE_MS, _silence_limits(setting))


def notice_pace(setting: Setting, side: Side) -> int:
    """The scale for a dead peer that `side` has to notice: 1 or more."""
    detect = setting.call.detect
    return (
        1 if detect is None else _round(detect.value / NOTICE_MS, _notice_limits(setting, side, detect.value))
    )


def drain_pace(setting: Setting, longest: int) -> int:
    """The scale for a pod that has to go while calls of up to `longest` milliseconds are in flight: 1 or more."""
    ends = ending(setting)
    bounds = [ends.grace, *([ends.drain] if ends.sidecar is Sidecar.CLASSIC and ends.minimum is None else [])]
    lasts = {longest, longest + ends.pre_stop}
    apart = (_apart(bound, last, _DRAIN_MARGIN_MS) for bound in bounds for last in lasts)
    return _round(longest / DRAIN_MS, apart)


def deadline_pace(setting: Setting, longest: int) -> int:
    """The scale for a call that takes up to `longest` milliseconds, or may: 1 or more."""
    pause = longest_pause(setting, longest * IN_TIME_PERCENT // 100)
    own = setting.server_arguments
    limits = [
        *_ping_limits(setting),
        *(_apart(limit, pause, _BOX_MARGIN_MS) for limit in _idle_limits(setting)),
    ]
    pings, timeout = own.get(grpc.KEEPALIVE_TIME), own.get(grpc.KEEPALIVE_TIMEOUT)
    if isinstance(pings, int) and isinstance(timeout, int) and pings <= longest:
        limits.append(timeout / _TIMEOUT_MS)
    return _round(longest / DEADLINE_MS, limits)


def retry_pace(setting: Setting) -> int:
    """The scale for a call that is tried again: 1 or more; there is nothing to tell apart but how often."""
    calls = setting.emitted.cluster.retries.calls
    return 1 if calls is None else max(1, calls.initial_ms.value // RETRY_MS)


def _round(wanted: float, limits: Iterable[float]) -> int:
    """Two digits that mean something are enough."""
    whole = max(1, int(min([wanted, *limits])))
    step: int = 10 ** max(0, len(str(whole)) - 2)
    return whole // step * step


def _silence_limits(setting: Setting) -> Iterator[float]:
    """The fastest pace that each margin allows."""
    silence = setting.call.silence
    yield from _ping_limits(setting)
    if silence is not None:
        yield from (_apart(limit, silence.value, _BOX_MARGIN_MS) for limit in _idle_limits(setting))


def _idle_limits(setting: Setting) -> Iterator[int]:
    """After how much silence somebody acts."""
    for hop in setting.hops:
        yield from (box.idle.value for box in hop.boxes)
        yield from (timer.limit.value for timer in hop.timers if timer.clock is Clock.STREAM_IDLE)


def _ping_limits(setting: Setting) -> Iterator[float]:
    """As long as pings come in time."""
    yield from (pinger.interval.value / grpc.CORE_CLIENT_GAP for pinger in setting.core_clients)
    yield from (pinger.timeout.value / _TIMEOUT_MS for pinger in setting.pingers)
    for hop in setting.hops:
        gaps = [pinger.longest_gap for pinger in hop.pingers if pinger.how is Refresh.HTTP2_PING]
        for box in hop.boxes:
            yield from (_apart(box.idle.value, gap, _BOX_MARGIN_MS) for gap in gaps)
            if any(pinger.how is Refresh.TCP_PROBE for pinger in hop.refreshing(box)):
                yield box.idle.value / _PROBED_BOX_MS


def _notice_limits(setting: Setting, side: Side, within: int) -> Iterator[float]:
    yield from (pinger.interval.value / grpc.CORE_CLIENT_GAP for pinger in setting.core_clients)
    for pinger in setting.pingers:
        yield pinger.timeout.value / _TIMEOUT_MS
        if pinger.side is side:
            yield _apart(within, pinger.notices_in, _NOTICE_MARGIN_MS)


def _apart(one: int, other: int, margin: int) -> float:
    """Times that are the same in the spec cannot be told apart at any pace."""
    return abs(one - other) / margin or 1.0
