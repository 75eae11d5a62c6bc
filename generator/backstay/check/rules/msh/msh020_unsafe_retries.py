"""A call that must not run twice is retried after failures in which it may have run.

Only connect-failure, refused-stream and reset-before-request are sure to come before the server began. Sidecars retry
`unavailable` and `cancelled` too where no route says otherwise, so that a safe policy has to be written out. A call that
the spec does not say anything about counts as not idempotent, which is a warning where a route is written for it.

A gateway on the way tries again, too, by its own VirtualServices (`network.gateways.<name>.retries`).

Not judged: callers without a sidecar or a gateway; waypoints; hand-written manifests without a spec, where nobody says
what may run twice.

Breaks: an order is placed twice, a model registered twice, a counter is wrong, and nothing shows it.
Bad:
    network:
      gateways: {edge: {labels: {istio: ingressgateway}}}
      clients: {partners: {sidecar: false}}
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: partners, to: features, via: [edge], idempotent: false}]
Good:
    network:
      gateways: {edge: {labels: {istio: ingressgateway}}}
      clients: {partners: {sidecar: false}}
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: partners, to: features, via: [edge], idempotent: true}]
Source: istio/istio pilot/pkg/networking/core/route/retry/retry.go (defaults), envoy docs router_filter (x-envoy-retry-on)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import routes, way
from backstay.check.rules.msh.routes import HttpRoute
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.fact import OriginKind
from backstay.core.fix import Edit, Fix, unsafe
from backstay.model.hop import End
from backstay.model.network import Call
from backstay.upstream.istio import BEFORE_REQUEST

RULE = rule(__doc__, "MSH020", "unsafe-retries")

_SAFE = ",".join(sorted(BEFORE_REQUEST))
_HELP = f'write `retries: {{attempts: 2, retryOn: "{_SAFE}"}}`, or say that it is `idempotent: true`'


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the routes to the host of every call that must not run twice, or the defaults where there is none."""
    for call in way.calls(ctx):
        if call.idempotent.value or not call.service.protocol.is_http:
            continue
        yield from _by_gateways(call)
        if not call.client.sidecar:
            continue
        written = routes.to_host(ctx, call.service.host.value)
        for http in written:
            unsafe = (
                [word for word in http.retries.retry_on if word not in BEFORE_REQUEST]
                if http.retries.attempts > 0
                else []
            )
            if unsafe:
                yield ctx.report(
                    RULE,
                    http.item,
                    http.retries_route,
                    _words(call, unsafe),
                    _HELP,
                    _severity(call),
                    _narrowed(http),
                )
        if not written and _stated(call) and routes.unwritten(ctx).attempts > 0:
            unsafe = [word for word in routes.unwritten(ctx).retry_on if word not in BEFORE_REQUEST]
            if unsafe:
                yield RULE.report(
                    f"{_words(call, unsafe)}, as sidecars do where no VirtualService says otherwise",
                    at=look.stated(call.idempotent, call.place),
                    help=f"add a VirtualService for {call.service.host.value}: {_HELP}",
                )


def _narrowed(http: HttpRoute) -> Fix | None:
    """Retries of what cannot have run, where the route states retries of its own."""
    if not http.states_retries:
        return None
    return unsafe(f"write `retryOn: {_SAFE}`", Edit((*http.retries_route, "retryOn"), _SAFE))


def _by_gateways(call: Call) -> Iterator[Diagnostic]:
    for hop in call.hops if _stated(call) else ():
        gateway = hop.acceptor if hop.receiver_end is End.GATEWAY else None
        unsafe = [word for word in gateway.retry_on.value if word not in BEFORE_REQUEST] if gateway else []
        if gateway and gateway.retries.value > 0 and unsafe:
            yield RULE.report(
                f"{_words(call, unsafe)}, by {hop.receiver}",
                at=look.stated(call.idempotent, call.place), related=(Related(gateway.place, hop.receiver),),
                help=f"write that `retryOn` in the gateway's VirtualService and state `network.gateways.{gateway.name}.retries: "
                f"{{attempts: {gateway.retries.value}, on: [{', '.join(sorted(BEFORE_REQUEST))}]}}`",
            )  # fmt: skip


def _words(call: Call, unsafe: list[str]) -> str:
    return (
        f"calls to {call.service.name} must not run twice, and are retried on {', '.join(unsafe)}, "
        "when they may have run"
    )


def _stated(call: Call) -> bool:
    return call.idempotent.origins[0].kind is OriginKind.SPEC


def _severity(call: Call) -> Severity | None:
    return None if _stated(call) else Severity.WARNING


CHECK = Check(RULE, reads=frozenset({"calls", "VirtualService", "ConfigMap"}), run=check)
