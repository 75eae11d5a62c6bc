"""Sidecars ping a gRPC server more often than its ping policy tolerates.

A server without a sidecar meets the callers' sidecars itself. The first ping after data is free, each later one that
comes sooner than the policy's gap (5m by default) is a strike, and one strike too many ends the connection.

Not judged: servers whose policy the spec does not know; intervals that several lines leave no room for (MSH040); a policy of
no strikes tolerates everything.

Breaks: streams die after three or four pings with GOAWAY ENHANCE_YOUR_CALM, "too_many_pings".
Bad:
    network:
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          runtime: go
          sidecar: false
          permitPingsWithoutCalls: true
      calls: [{from: trainers, to: features, detectDeadPeerIn: 10m}]
      overrides: {features: {keepaliveInterval: 60s}}
Good:
    network:
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          runtime: go
          sidecar: false
          permitPingsWithoutCalls: true
          minPingInterval: 60s
      calls: [{from: trainers, to: features, detectDeadPeerIn: 10m}]
      overrides: {features: {keepaliveInterval: 60s}}
Source: grpc/grpc doc/keepalive.md, grpc proposal A8 (server enforcement)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import meeting, way
from backstay.check.rules.msh.meeting import Meeting
from backstay.core.diagnostic import Diagnostic
from backstay.core.units import show_duration

RULE = rule(__doc__, "MSH005", "ping-too-fast-for-server")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every sidecar's pings that arrive at a gRPC server."""
    for met in meeting.meetings(ctx):
        too_fast = met.pinger.by_proxy and met.too_fast(met.pinger.interval.value)
        if too_fast and not way.in_conflict(ctx, met.pinger.interval):
            yield _report(met)


def _report(met: Meeting) -> Diagnostic:
    service, tolerated = met.call.service, show_duration(met.policy.min_interval.value)
    return RULE.report(
        f"{met.hop.sender} pings {service.name} every {show_duration(met.pinger.interval.value)}, and the server answers "
        f"pings that come sooner than {tolerated} with GOAWAY too_many_pings",
        at=meeting.place(met),
        related=meeting.related(met),
        help=meeting.remedy(met),
    )


CHECK = Check(RULE, reads=frozenset({"calls"}), run=check)
