"""A gateway's request timeout is shorter than a caller streams.

`request_timeout` runs from a request's first byte until it has arrived whole, or an answer begins; PINGs and data do not
start it anew. An EDGE gateway sets 5m. A request whose answer may begin before its end is a warning.

Not judged: requests that do not stream; streams of unknown length; proxies other than the spec's gateways.

Breaks: the gateway ends the upload with 408, at the same age every time.
Bad:
    platform: {istio: {version: "1.31"}}
    network:
      gateways: {edge: {labels: {istio: ingressgateway}, profile: edge}}
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: partners, to: features, via: [edge], stream: client, deadline: 1h}]
      overrides: {edge: {requestTimeout: 5m}}
Good:
    platform: {istio: {version: "1.31"}}
    network:
      gateways: {edge: {labels: {istio: ingressgateway}, profile: edge}}
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: partners, to: features, via: [edge], stream: client, deadline: 1h}]
      overrides: {edge: {requestTimeout: 0s}}
Source: envoy api/envoy/extensions/filters/network/http_connection_manager/v3 (request_timeout), istio/api mesh/v1alpha1/proxy.proto (connectionSettings)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.units import show_duration
from backstay.model.hop import Clock, Hop, Timer
from backstay.model.network import Call

RULE = rule(__doc__, "MSH038", "request-cut-by-gateway")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every gateway's timer on the way of every call whose caller streams."""
    for call in way.calls(ctx):
        length = call.deadline or call.silence
        if call.stream not in {"client", "both"} or length is None or not call.service.protocol.is_http:
            continue
        for hop in call.hops:
            for timer in hop.timers:
                if timer.clock is Clock.REQUEST and timer.limit.value < length.value:
                    yield _report(call, hop, timer, length.value)


def _report(call: Call, hop: Hop, timer: Timer, length: int) -> Diagnostic:
    last = "last" if call.deadline else "be silent for"
    return RULE.report(
        f"{hop.receiver} waits {show_duration(timer.limit.value)} for a whole request, and streams of {call.client.name} to "
        f"{call.service.name} may {last} {show_duration(length)}",
        at=look.stated(timer.limit, call.place), related=(Related(timer.place, hop.receiver),),
        help=f"let it wait for {show_duration(length * 5 // 4)}, or 0s (for ever)",
        fix=look.rewritten(timer.limit, show_duration(length * 5 // 4)),
        severity=None if call.stream == "client" else Severity.WARNING,
    )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"calls"}), run=check)
