"""Sidecars ping a gRPC server that does not tolerate pings on a connection without calls.

Envoy pings for as long as a connection lives, whether or not a call is open. A gRPC server that does not permit that
(the default) tolerates one ping in two hours on an idle connection.

Not judged: servers whose policy the spec does not know; a policy of no strikes tolerates everything.

Breaks: connections that idle between calls are ended with GOAWAY too_many_pings, and the next call fails or waits.
Bad:
    network:
      services: {metadata: {preset: kfp-metadata-grpc, sidecar: false}}
      calls: [{from: trainers, to: metadata, detectDeadPeerIn: 10m}]
      overrides: {metadata: {serverArguments: {grpc.keepalive_permit_without_calls: 0}}}
Good:
    network:
      services: {metadata: {preset: kfp-metadata-grpc, sidecar: false}}
      calls: [{from: trainers, to: metadata, detectDeadPeerIn: 10m}]
Source: grpc proposal A8 (KeepaliveEnforcementPolicy.PermitWithoutStream), grpc/grpc doc/keepalive.md
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import meeting
from backstay.core.diagnostic import Diagnostic, Related

RULE = rule(__doc__, "MSH006", "pings-without-calls-refused")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every sidecar's pings that arrive at a gRPC server."""
    for met in meeting.meetings(ctx):
        policy, service = met.policy, met.call.service
        if met.pinger.by_proxy and not policy.without_calls.value and policy.strikes.value != 0:
            yield RULE.report(
                f"{met.hop.sender} pings {service.name} between calls too, and the server takes those pings for strikes",
                at=look.stated(policy.without_calls, service.place),
                related=(Related(met.call.place, "the call that needs the pings"),),
                help=f"let the server permit pings without calls and state `network.services.{service.name}."
                "permitPingsWithoutCalls: true`",
            )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"calls"}), run=check)
