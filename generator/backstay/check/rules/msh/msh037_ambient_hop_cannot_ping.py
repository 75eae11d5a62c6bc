"""A connection inside an ambient mesh needs other pings than ztunnels send, and nobody there can be told so.

ztunnels ping on the tunnels between them every 10s and wait 20s for an answer; they take no EnvoyFilter and no
DestinationRule. Of a waypoint only the connection manager for tunnels takes a patch; its clusters take none. So a box
that forgets sooner, a shorter time to notice a dead peer, or a pinned number cannot be had on these hops.

Not judged: callers outside the mesh (MSH002); silence that boxes outlast.

Breaks: the setting compiles into nothing, and the call is forgotten or waits as if it had never been asked for.
Bad:
    platform: {istio: {version: "1.30", dataPlane: ambient}}
    network:
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: trainers, to: features, detectDeadPeerIn: 10s}]
Good:
    platform: {istio: {version: "1.30", dataPlane: ambient}}
    network:
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: trainers, to: features, detectDeadPeerIn: 30s}]
Source: istio/ztunnel src/proxy/h2.rs (do_ping_pong), istio/istio pilot/pkg/networking/core/cluster.go (waypoints), listener_waypoint.go
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.check.rules.msh.way import Danger
from backstay.core.diagnostic import Diagnostic
from backstay.core.fact import Fact
from backstay.core.units import show_duration
from backstay.model.hop import Hop
from backstay.model.network import Call, Knobs

RULE = rule(__doc__, "MSH037", "ambient-hop-cannot-ping")

_SECOND_MS = 1_000
_WAYPOINT = (
    "put a waypoint in front of {0} (`network.services.{0}.waypoint`), which can be told to ping sooner, or "
)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge boxes, then detection, on every tunnel; then pins that no proxy takes."""
    for danger in way.dangers(ctx):
        if danger.hop.tunnel and not danger.keepers and not way.only_data(danger.box):
            yield _forgotten(danger)
    for call in way.calls(ctx):
        for hop in call.crossings:
            if hop.tunnel and call.detect:
                yield from _unnoticed(call, hop, call.detect)
    for knobs in way.knobs(ctx):
        calls = [call for call in way.calls(ctx) if call.service.name == knobs.service.name]
        if calls and all(any(hop.tunnel for hop in call.hops) for call in calls):
            yield from _pinned(knobs, calls[0])


def _forgotten(danger: Danger) -> Diagnostic:
    sooner = danger.box.idle.value // 2
    return RULE.report(
        f"{danger.words}; {_who(danger.hop)} every {show_duration(_gap(danger.hop))}, and cannot be told to do so sooner",
        at=danger.place,
        related=danger.related,
        help=f"{_instead(danger.hop, danger.call)}raise the box's idle time above {show_duration(_gap(danger.hop) * 2)}, "
        f"or have the application send data sooner and state `heartbeat: {show_duration(sooner // _SECOND_MS * _SECOND_MS or sooner)}`",
    )


def _unnoticed(call: Call, hop: Hop, target: Fact[int]) -> Iterator[Diagnostic]:
    soonest = min(pinger.notices_in for pinger in hop.pingers)
    if soonest <= target.value:
        return
    whole = -(-soonest // _SECOND_MS) * _SECOND_MS
    yield RULE.report(
        f"a dead peer on {way.way(hop)} is noticed after {show_duration(whole)} at the latest, not within "
        f"{show_duration(target.value)}: {_who(hop)} every {show_duration(_gap(hop))}, and cannot be told to do so sooner",
        at=look.stated(target, call.place),
        help=f"{_instead(hop, call)}allow `detectDeadPeerIn: {show_duration(whole)}`",
        fix=look.rewritten(target, show_duration(whole)),
    )


def _pinned(knobs: Knobs, call: Call) -> Iterator[Diagnostic]:
    service = knobs.service.name
    probes = (knobs.tcp_keepalive.time,) if knobs.tcp_keepalive else ()
    for pin in (*knobs.idle_pins, *probes):
        hop = next(hop for hop in call.hops if hop.tunnel)
        yield RULE.report(
            f"nobody on {way.way(hop)} takes a pinned keepalive: ztunnels have their own, and waypoints' clusters are not patched",
            at=look.stated(pin, knobs.service.place),
            help=f"leave it out of `network.overrides.{service}`: ztunnels ping every {show_duration(_gap(hop))} as it is",
        )


def _who(hop: Hop) -> str:
    side = "ztunnels" if hop.acceptor is None else hop.receiver
    return f"{side} ping{'' if hop.acceptor is None else 's'} there"


def _gap(hop: Hop) -> int:
    return min(pinger.interval.value for pinger in hop.pingers)


def _instead(hop: Hop, call: Call) -> str:
    """A waypoint helps on the hop to it, which is the one that boxes are on."""
    wanted = hop.acceptor is None and hop.opener is None
    return _WAYPOINT.format(call.service.name) if wanted else ""


CHECK = Check(RULE, reads=frozenset({"calls", "knobs"}), run=check)
