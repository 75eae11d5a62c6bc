"""Callers without a sidecar ping a gRPC server more often, or at other times, than its ping policy tolerates.

Where nothing stands between channel and server, the server judges the pings itself: each one sooner than its gap (5m
by default) is a strike, and so is one on a connection without calls unless it permits those. Go and Java clients never
ping faster than every 10s.

Not judged: servers whose policy the spec does not know; a policy of no strikes tolerates everything.

Breaks: the server ends the connection with GOAWAY too_many_pings; the client doubles its interval and tries again.
Bad:
    platform: {istio: null}
    network:
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: trainers, to: features, stream: server, silentFor: 1h}]
      overrides: {features: {clientArguments: {grpc.keepalive_time_ms: 60000}}}
Good:
    platform: {istio: null}
    network:
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: trainers, to: features, stream: server, silentFor: 1h}]
      overrides: {features: {clientArguments: {grpc.keepalive_time_ms: 300000}}}
Source: grpc proposal A8 (server enforcement), grpc/grpc doc/keepalive.md
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import meeting, way
from backstay.check.rules.msh.meeting import Meeting
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.units import show_duration
from backstay.upstream.grpc import PERMIT_WITHOUT_CALLS, RUNTIMES

RULE = rule(__doc__, "MSH010", "client-pings-refused")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every caller's own pings that arrive at a gRPC server."""
    for met in meeting.meetings(ctx):
        if met.pinger.by_proxy:
            continue
        interval = max(met.pinger.interval.value, RUNTIMES[met.call.client.runtime.value].client_floor)
        if met.too_fast(interval) and not way.in_conflict(ctx, met.pinger.interval):
            yield _too_fast(met, interval)
        if met.policy.strikes.value != 0 and not met.policy.without_calls.value:
            yield from _between_calls(met, ctx)


def _too_fast(met: Meeting, interval: int) -> Diagnostic:
    service, tolerated = met.call.service, show_duration(met.policy.min_interval.value)
    return RULE.report(
        f"{met.call.client.name} pings {service.name} every {show_duration(interval)}, and the server answers pings that "
        f"come sooner than {tolerated} with GOAWAY too_many_pings",
        at=meeting.place(met),
        related=meeting.related(met),
        help=meeting.remedy(met),
    )


def _between_calls(met: Meeting, ctx: Context) -> Iterator[Diagnostic]:
    service = met.call.service
    for knobs in way.knobs(ctx):
        permit = way.number(knobs.client_args, PERMIT_WITHOUT_CALLS)
        if knobs.service.name == service.name and permit and permit.value:
            yield RULE.report(
                f"{met.call.client.name} pings {service.name} between calls too, and the server takes those pings for strikes",
                at=look.stated(permit, met.call.place), related=(Related(service.place, "no pings without calls here"),),
                help=f"let the server permit them and state `network.services.{service.name}.permitPingsWithoutCalls: "
                f"true`, or leave {PERMIT_WITHOUT_CALLS} out",
            )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"calls", "knobs"}), run=check)
