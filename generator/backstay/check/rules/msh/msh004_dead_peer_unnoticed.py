"""A dead peer is noticed too late or by nobody, or live peers are taken for dead.

A peer that went away is noticed after interval (with Envoy's 15 % jitter) plus timeout, and only by the end that
pings. Where that is the server's side alone, the callers cannot notice a dead server: that is said (info). A warning
where the timeout is shorter than three round trips, or than 20s towards the internet (a gateway's clients).

Not judged: connections of layer 7 boxes, which notice for themselves; tunnels of an ambient mesh (MSH037); hand-written
manifests but for gateways.

Breaks: callers wait for a dead peer until their own deadline; or slow links are cut in mid-stream.
Bad:
    network:
      clients: {pipeline-steps: {sidecar: true}}
      calls: [{from: pipeline-steps, to: metadata, detectDeadPeerIn: 2m}]
      overrides: {metadata: {keepaliveTimeout: 2m}}
Good:
    network:
      clients: {pipeline-steps: {sidecar: true}}
      calls: [{from: pipeline-steps, to: metadata, detectDeadPeerIn: 2m}]
      overrides: {metadata: {keepaliveTimeout: 20s}}
Source: envoy source/common/http/http2/codec_impl.cc; grpc proposal A8
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy, way
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fact import Fact
from backstay.core.units import show_duration
from backstay.model.hop import End, Hop, Pinger, Refresh, Side
from backstay.model.network import Call

RULE = rule(__doc__, "MSH004", "dead-peer-unnoticed")

_ROUND_TRIPS = 3
_INTERNET_MS = 20_000
_SECOND_MS = 1_000


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge each call with a detection target, each pinger's timeout, and gateways' keepalives."""
    for call in way.calls(ctx):
        for hop in call.crossings:
            if hop.tunnel or End.BOX in {hop.sender_end, hop.receiver_end}:
                continue
            if call.detect is not None:
                yield from _judge(ctx, call, hop, call.detect)
            yield from (_hasty(call, hop, pinger) for pinger in hop.pingers if _is_hasty(call, pinger))
    yield from _at_gateways(ctx)


def _judge(ctx: Context, call: Call, hop: Hop, target: Fact[int]) -> Iterator[Diagnostic]:
    fastest = min(hop.pingers, key=lambda pinger: pinger.notices_in, default=None)
    if fastest is None:
        yield RULE.report(
            f"nobody notices a dead peer on {way.way(hop)}: nobody pings there", at=look.stated(target, call.place),
            help=f"give {call.client.name} or {call.service.name} a sidecar, or leave `detectDeadPeerIn` out",
        )  # fmt: skip
    elif fastest.notices_in > target.value:
        if not (way.in_conflict(ctx, fastest.interval) or way.in_conflict(ctx, fastest.timeout)):
            yield _late(call, hop, fastest, target)
    elif not any(pinger.side is Side.SENDER and pinger.notices_in <= target.value for pinger in hop.pingers):
        yield RULE.report(
            f"only {hop.receiver} pings on {way.way(hop)}: {hop.sender} itself cannot notice a dead "
            f"{call.service.name if hop.acceptor is None else hop.receiver} before its own deadline",
            at=look.stated(target, call.place), severity=Severity.INFO,
            help=f"give {call.client.name} a sidecar where the callers have to notice too",
        )  # fmt: skip


def _late(call: Call, hop: Hop, pinger: Pinger, target: Fact[int]) -> Diagnostic:
    most = (target.value - pinger.timeout.value) * 100 // (100 + pinger.jitter) // _SECOND_MS
    shorter = f"ping at least every {most}s" if most >= 1 else "shorten the timeout"
    return RULE.report(
        f"a dead peer on {way.way(hop)} is noticed after {show_duration(pinger.notices_in)} "
        f"(interval {show_duration(pinger.interval.value)}, jitter {pinger.jitter} %, timeout "
        f"{show_duration(pinger.timeout.value)}), not within {show_duration(target.value)}",
        at=way.pinned(pinger.interval) or way.pinned(pinger.timeout) or look.stated(target, call.place),
        help=f"{shorter}, or allow `detectDeadPeerIn: {show_duration(-(-pinger.notices_in // _SECOND_MS) * _SECOND_MS)}`",
    )  # fmt: skip


def _is_hasty(call: Call, pinger: Pinger) -> bool:
    return pinger.how is Refresh.HTTP2_PING and pinger.timeout.value < _ROUND_TRIPS * call.round_trip_ms


def _hasty(call: Call, hop: Hop, pinger: Pinger) -> Diagnostic:
    least = show_duration(_ROUND_TRIPS * call.round_trip_ms)
    return RULE.report(
        f"a ping on {way.way(hop)} may take {show_duration(pinger.timeout.value)}, less than three round trips of "
        f"{show_duration(call.round_trip_ms)}: live peers are taken for dead",
        at=look.stated(pinger.timeout, call.place), severity=Severity.WARNING, help=f"allow at least {least}",
    )  # fmt: skip


def _at_gateways(ctx: Context) -> Iterator[Diagnostic]:
    for patch in envoy.patches(ctx):
        if patch.apply_to != "NETWORK_FILTER" or patch.context not in {"GATEWAY", "ANY", None}:
            continue
        for pings, route in envoy.keepalives(patch):
            timeout = envoy.milliseconds(pings.get("timeout"))
            if timeout is not None and timeout < _INTERNET_MS:
                message = f"`timeout: {pings['timeout']}` reaches gateways, whose clients may be on slow links: live ones are cut off"
                help_ = "write `timeout: 20s`, or a `context` of sidecars only"
                yield ctx.report(RULE, patch.item, (*route, "timeout"), message, help_, Severity.WARNING)


CHECK = Check(RULE, reads=frozenset({"calls", "EnvoyFilter"}), run=check)
