"""TCP keepalive that does not do what it is there for.

Envoy takes whole seconds and cuts the rest. Probes that come later than a box forgets, or that a box does not count,
keep nothing open. And probes carry no bytes: a sidecar's tcp_proxy closes a connection without bytes after 1h whatever
probes there are.

Not judged: boxes that somebody else on the hop refreshes in time; calls without a stated silence.

Breaks: the configuration looks as if connections were kept alive, and they are forgotten all the same.
Bad:
    network:
      boxes: {fw: {idle: 300s}}
      services: {db: {preset: mysql, host: db.internal}}
      calls: [{from: trainers, to: db, via: [fw], silentFor: 20m}]
      overrides: {db: {tcpKeepalive: {time: 300s}}}
Good:
    network:
      boxes: {fw: {idle: 300s}}
      services: {db: {preset: mysql, host: db.internal}}
      calls: [{from: trainers, to: db, via: [fw], silentFor: 20m}]
      overrides: {db: {tcpKeepalive: {time: 150s, interval: 10s, probes: 3}}}
Source: istio/istio pilot/pkg/networking/core/cluster.go (applyTCPKeepalive), envoy tcp_proxy.proto (idle_timeout), AWS Classic ELB guide
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy, pools, way
from backstay.check.rules.msh.remedy import remedies
from backstay.check.rules.msh.way import Danger
from backstay.core.diagnostic import Diagnostic
from backstay.core.units import show_duration
from backstay.model.hop import INSTALLED, Pinger, Refresh
from backstay.model.network import Call
from backstay.upstream.istio import TCP_PROXY_IDLE_MS

RULE = rule(__doc__, "MSH025", "tcp-keepalive-in-vain")

_SECOND_MS = 1_000


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge parts of seconds, then probes on the way of impatient boxes, then silence without bytes."""
    yield from _in_rules(ctx)
    yield from _in_mesh(ctx)
    for danger in way.dangers(ctx):
        probes = next((pinger for pinger in danger.hop.pingers if pinger.how is Refresh.TCP_PROBE), None)
        fastest = min(danger.pingers, key=lambda pinger: pinger.longest_gap, default=probes)
        if probes is not None and fastest is probes and not danger.keepers and not way.only_data(danger.box):
            help_ = remedies(
                danger, way.knobs_for(ctx, danger.call), way.mesh(ctx), by_hand=way.observed(ctx)
            )
            yield _useless(danger, probes, help_)
    for call in way.calls(ctx):
        yield from _without_bytes(call)


def _in_rules(ctx: Context) -> Iterator[Diagnostic]:
    for item in ctx.of_kind("DestinationRule"):
        for pool in pools.pools(item):
            for name in ("time", "interval"):
                ms = envoy.milliseconds(pool.probes.get(name))
                if ms is not None and (ms % _SECOND_MS or not ms):
                    route = (*pool.route, "tcp", "tcpKeepalive", name)
                    yield ctx.report(RULE, item, route, _cut(name, ms), _whole(ms))


def _in_mesh(ctx: Context) -> Iterator[Diagnostic]:
    mesh = way.mesh(ctx)
    probes = mesh.tcp_keepalive if mesh else None
    for name, fact in (("time", probes.time), ("interval", probes.interval)) if probes else ():
        if fact.value % _SECOND_MS or not fact.value:
            yield RULE.report(_cut(name, fact.value), at=look.stated(fact), help=_whole(fact.value))


def _cut(name: str, ms: float) -> str:
    return f"TCP keepalive has whole seconds: of `{name}` {show_duration(int(ms))} only {int(ms // _SECOND_MS)}s are left"


def _whole(ms: float) -> str:
    return f"write `{max(int(ms // _SECOND_MS), 1)}s`"


def _useless(danger: Danger, probes: Pinger, help_: str) -> Diagnostic:
    counted = Refresh.TCP_PROBE in danger.box.refreshed_by
    how = (
        f"probes after {show_duration(probes.interval.value)} come too late"
        if counted
        else "the box does not count TCP probes"
    )
    knob = probes.knob if probes.knob in INSTALLED else "the pinned tcpKeepalive"
    return RULE.report(
        f"{knob} does not keep {way.way(danger.hop)} open, because {how}: {danger.words}",
        at=danger.place if probes.knob in INSTALLED else look.stated(probes.interval, danger.place),
        related=danger.related, help=help_,
    )  # fmt: skip


def _without_bytes(call: Call) -> Iterator[Diagnostic]:
    who = way.forwarder(call)
    if call.silence is None or call.service.protocol.is_http or not who:
        return
    if call.silence.value >= TCP_PROXY_IDLE_MS:
        yield RULE.report(
            f"{who} closes a {call.service.protocol} connection without bytes after {show_duration(TCP_PROXY_IDLE_MS)}, "
            f"and this one is silent for {show_duration(call.silence.value)}; TCP probes carry no bytes",
            at=look.stated(call.silence, call.place),
            help="have the pool close idle connections sooner, or send data sooner and state `heartbeat: 30m`",
        )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"DestinationRule", "calls", "mesh"}), run=check)
