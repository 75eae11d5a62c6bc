"""Callers are told to ping faster than every 10s.

Go and Java clients raise it to 10s (a warning: the number is not what happens). C-core clients do as told.

Not judged: callers whose runtime is not known, or whose code takes no arguments.

Breaks: every channel pings each server several times a second for nothing, and servers end connections over it.
Bad:
    network:
      clients: {trainers: {runtime: core, sidecar: false}}
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: trainers, to: features}]
      overrides: {features: {clientArguments: {grpc.keepalive_time_ms: 5000}}}
Good:
    network:
      clients: {trainers: {runtime: core, sidecar: false}}
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: trainers, to: features}]
      overrides: {features: {clientArguments: {grpc.keepalive_time_ms: 60000}}}
Source: grpc/grpc-go keepalive/keepalive.go, grpc/grpc-java KeepAliveManager, grpc/grpc src/core (no floor)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fact import Fact
from backstay.core.units import show_duration
from backstay.model.network import Call, Runtime
from backstay.upstream.grpc import KEEPALIVE_FLOOR, KEEPALIVE_TIME

RULE = rule(__doc__, "MSH011", "client-keepalive-below-floor")

_CLAMPING = frozenset({Runtime.GO, Runtime.JAVA})


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the callers' keepalive time against their runtimes."""
    for knobs in way.knobs(ctx):
        time = way.number(knobs.client_args, KEEPALIVE_TIME)
        if time is not None and time.value < KEEPALIVE_FLOOR:
            for call in way.calls(ctx):
                if call.service.name == knobs.service.name and call.client.settable_keepalive:
                    yield from _judge(call, time)


def _judge(call: Call, time: Fact[int]) -> Iterator[Diagnostic]:
    client, asked = call.client, show_duration(time.value)
    at, help_ = look.stated(time, call.place), f"write `{KEEPALIVE_TIME}: {KEEPALIVE_FLOOR}` or more"
    fix = look.rewritten(time, KEEPALIVE_FLOOR)
    if client.runtime in _CLAMPING:
        message = f"{client.name} is told to ping every {asked}, and {client.runtime} clients make 10s of it"
        yield RULE.report(message, at=at, help=help_, severity=Severity.WARNING, fix=fix)
    elif client.runtime is Runtime.CORE:
        yield RULE.report(
            f"{client.name} pings every {asked}: C-core has no floor", at=at, help=help_, fix=fix
        )


CHECK = Check(RULE, reads=frozenset({"calls", "knobs"}), run=check)
