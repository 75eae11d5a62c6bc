"""The pings on a connection come too late for a box on its way, or with no margin.

A keepalive interval is stretched by Envoy's jitter (up to 15 %) and by a round trip. A warning where the pings take
more than half the box's idle time: then one lost packet is enough.

Not judged: boxes that somebody else on the hop refreshes in time, calls without a stated silence, tunnels of an ambient
mesh (MSH037).

Breaks: the box forgets the connection before the first ping; later packets are dropped or reset in mid-call.
Bad:
    network:
      boxes: {fw: {idle: 300s}}
      calls: [{from: pipeline-steps, to: metadata, via: [fw], silentFor: 1h}]
      overrides: {metadata: {keepaliveInterval: 280s}}
Good:
    network:
      boxes: {fw: {idle: 300s}}
      calls: [{from: pipeline-steps, to: metadata, via: [fw], silentFor: 1h}]
      overrides: {metadata: {keepaliveInterval: 120s}}
Source: envoy api/envoy/config/core/v3/protocol.proto (KeepaliveSettings: interval, interval_jitter)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.check.rules.msh.way import Danger
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.units import show_duration
from backstay.model.hop import TUNNEL_KNOB, Pinger, Refresh

RULE = rule(__doc__, "MSH001", "ping-too-slow-for-box")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the fastest pinger that each impatient box counts, where it is an HTTP/2 one."""
    for danger in way.dangers(ctx):
        fastest = min(danger.pingers, key=lambda pinger: pinger.longest_gap, default=None)
        if fastest is None or fastest.how is not Refresh.HTTP2_PING or fastest.knob == TUNNEL_KNOB:
            continue
        if way.in_conflict(ctx, fastest.interval):
            continue
        if not danger.keepers:
            yield _late(danger, fastest)
        elif fastest.longest_gap > danger.box.idle.value // 2:
            yield _narrow(danger, fastest)


def _late(danger: Danger, pinger: Pinger) -> Diagnostic:
    message = f"pings every {_gap(danger, pinger)} come too late: {danger.words}"
    return RULE.report(
        message,
        at=way.pinned(pinger.interval) or danger.place,
        related=danger.related,
        help=_help(danger, pinger),
    )


def _narrow(danger: Danger, pinger: Pinger) -> Diagnostic:
    message = (
        f"pings every {_gap(danger, pinger)} leave box `{danger.box.name}` no margin: a single lost one is enough for it "
        f"to forget the connection {way.way(danger.hop)} after {show_duration(danger.box.idle.value)}"
    )
    at = way.pinned(pinger.interval) or danger.place
    return RULE.report(
        message, at=at, related=danger.related, help=_help(danger, pinger), severity=Severity.WARNING
    )


def _gap(danger: Danger, pinger: Pinger) -> str:
    spread = f" (with {pinger.jitter} % jitter {show_duration(pinger.longest_gap)})" if pinger.jitter else ""
    return f"{show_duration(pinger.interval.value)}{spread} and a round trip of {show_duration(danger.call.round_trip_ms)}"


def _help(danger: Danger, pinger: Pinger) -> str:
    most = danger.box.idle.value // 2 * 100 // (100 + pinger.jitter)
    least = pinger.longest_gap * 2
    return (
        f"ping at least every {show_duration(most // 1000 * 1000 or most)}, or raise the box's idle time above "
        f"{show_duration(least)}"
    )


CHECK = Check(RULE, reads=frozenset({"calls"}), run=check)
