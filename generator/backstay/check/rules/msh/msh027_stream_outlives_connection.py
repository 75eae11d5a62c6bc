"""A stream may last longer than the connection that carries it.

Servers end a connection at its `maxConnectionAge` and what is still open on it after the grace; proxies end streams after
httpMaxStreamDuration and connections after httpMaxConnectionDuration, and a DestinationRule's maxConnectionDuration ends
those of the callers' sidecars.

Not judged: streams of unknown length; mesh-wide settings of proxies; a `maxConnectionAge` without a grace, which gRPC takes for one without end.

Breaks: long streams end with UNAVAILABLE or a reset at the same age every time, whatever is sent on them.
Bad:
    network:
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          runtime: go
          maxConnectionAge: 30m
          maxConnectionAgeGrace: 5m
      calls: [{from: trainers, to: features, stream: server, deadline: 2h}]
Good:
    network:
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          runtime: go
          maxConnectionAge: 30m
          maxConnectionAgeGrace: 2h
      calls: [{from: trainers, to: features, stream: server, deadline: 2h}]
Source: grpc/grpc-go keepalive/keepalive.go (MaxConnectionAge), istio/api networking/v1alpha3/destination_rule.proto (maxConnectionDuration), mesh/v1alpha1/proxy.proto (connectionSettings)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy, pools, proxies, way
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.units import show_duration
from backstay.model.network import Call

RULE = rule(__doc__, "MSH027", "stream-outlives-connection", Severity.WARNING)

_TIMERS = ("httpMaxStreamDuration", "httpMaxConnectionDuration")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every stream of known length against its server, its callers' rules, and its server's proxies."""
    for call in way.calls(ctx):
        length = call.deadline or call.silence
        if call.stream != "none" and length is not None:
            yield from _by_server(ctx, call, length.value)
            yield from _by_rules(ctx, call, length.value)
            yield from _by_proxies(ctx, call, length.value)


def _by_server(ctx: Context, call: Call, length: int) -> Iterator[Diagnostic]:
    age, grace = call.service.max_connection_age, call.service.max_connection_age_grace
    if age is None or grace is None or length <= age.value + grace.value:
        return
    edit = way.edit(ctx, RULE.id, grace)
    lasting = f"let the server's grace be {show_duration(length)} and state `maxConnectionAgeGrace: {show_duration(length)}`"
    yield RULE.report(
        _message(call, length, "the server", age.value + grace.value),
        at=look.stated(grace, call.service.place),
        help=f"{lasting}; the smallest edit: {edit}" if edit else lasting,
    )


def _by_rules(ctx: Context, call: Call, length: int) -> Iterator[Diagnostic]:
    for item in pools.rules_for(ctx, call.service.host.value) if call.client.sidecar else ():
        for pool in pools.pools(item):
            most = envoy.milliseconds(pool.get("tcp", "maxConnectionDuration"))
            if most is not None and 0 < most < length:
                route = (*pool.route, "tcp", "maxConnectionDuration")
                yield ctx.report(RULE, item, route, _message(call, length, "the rule", most), _help(length))


def _by_proxies(ctx: Context, call: Call, length: int) -> Iterator[Diagnostic]:
    for item, route, settings in proxies.settings_by_pod(ctx, call.service.host.value):
        for timer in _TIMERS:
            most = envoy.milliseconds(settings.get(timer))
            if most is not None and 0 < most < length and call.service.sidecar:
                yield ctx.report(RULE, item, route, _message(call, length, timer, most), _help(length))


def _help(length: int) -> str:
    return f"leave it out, or write more than {show_duration(length)}"


def _message(call: Call, length: int, who: str, most: float) -> str:
    last = "last" if call.deadline else "be silent for"
    return (
        f"{who} ends streams of {call.service.name} after {show_duration(int(most))}, and they may {last} "
        f"{show_duration(length)}"
    )


CHECK = Check(RULE, reads=proxies.KINDS | {"DestinationRule", "calls", "conflicts"}, run=check)
