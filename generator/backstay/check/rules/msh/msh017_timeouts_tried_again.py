"""A route gives up before the caller's deadline, and the caller takes that for a failure to try again.

Envoy answers a request that outlives the route's timeout with 504, which gRPC callers read as UNAVAILABLE: a caller that
retries UNAVAILABLE sends the slow request again and again. Who retries: `retries.calls`, or a service config with
UNAVAILABLE among its codes; a service config in one of the caller's namespaces may be another's (a warning).

Not judged: streams (MSH016), calls without a deadline, timeouts without a spec beside them, routes of gateways alone.

Breaks: a server that is merely slow gets every request as often as the retry policy allows, and gets slower.
Bad:
    retries: {calls: {attempts: 3}}
    network:
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: trainers, to: features, deadline: 30s}]
      overrides: {features: {routeTimeout: 10s}}
Good:
    retries: {calls: {attempts: 3}}
    network:
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: trainers, to: features, deadline: 30s}]
Source: grpc/grpc doc/http-grpc-status-mapping.md (504 is UNAVAILABLE), istio/istio pilot/pkg/networking/core/route/route.go (timeout)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import routes, service_config, way
from backstay.check.rules.msh.routes import HttpRoute
from backstay.check.rules.msh.service_config import Config
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.fact import Fact
from backstay.core.units import show_duration
from backstay.model.network import Call, Protocol

RULE = rule(__doc__, "MSH017", "timeouts-tried-again")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every deadline against the timeouts of the routes to its host; a pin where no VirtualService has one."""
    for call in way.calls(ctx):
        if call.deadline is None or call.stream != "none" or call.service.protocol is not Protocol.GRPC:
            continue
        found = _who(ctx, call)
        if found is not None:
            yield from _judge(ctx, call, call.deadline, *found)


def _who(ctx: Context, call: Call) -> tuple[str, Severity | None] | None:
    """Who sends the call again after UNAVAILABLE; None when nobody is known to."""
    stated = ctx.cluster.retries.calls if ctx.cluster else None
    if stated is not None and stated.attempts.value > 1:
        return "`retries.calls`", None
    for config in service_config.configs(ctx):
        if config.may_be_of(call) and _retries(config):
            sure = config.surely_of(call)
            return "its service config", None if sure else Severity.WARNING
    return None


def _retries(config: Config) -> bool:
    return any(
        "UNAVAILABLE" in look.listing(policy.get("retryableStatusCodes")) for policy, _ in config.policies
    )


def _judge(
    ctx: Context, call: Call, deadline: Fact[int], who: str, severity: Severity | None
) -> Iterator[Diagnostic]:
    written = routes.to_host(ctx, call.service.host.value)
    for http in written:
        if 0 < http.timeout < deadline.value:
            yield _in_object(ctx, call, deadline, http, who, severity)
    pin = next(knobs.route_timeout for knobs in way.knobs(ctx) if knobs.service.name == call.service.name)
    if pin is not None and not written and 0 < pin.value < deadline.value:
        yield RULE.report(
            _message(call, pin.value, deadline.value, who), at=look.stated(pin), severity=severity,
            related=(_related(call, deadline),), help=_help(deadline.value),
        )  # fmt: skip


def _in_object(
    ctx: Context, call: Call, deadline: Fact[int], http: HttpRoute, who: str, severity: Severity | None
) -> Diagnostic:
    message = _message(call, http.timeout, deadline.value, who)
    return ctx.report(RULE, http.item, (*http.route, "timeout"), message, _help(deadline.value), severity)


def _related(call: Call, deadline: Fact[int]) -> Related:
    return Related(look.stated(deadline, call.place), "the caller's deadline")


def _message(call: Call, timeout: float, deadline: int, who: str) -> str:
    return (
        f"the route gives up after {show_duration(int(timeout))} where {call.client.name} would wait for "
        f"{show_duration(deadline)}; it sees UNAVAILABLE, and {who} tries again"
    )


def _help(deadline: int) -> str:
    return f"write 0s (none) or at least {show_duration(deadline)}, or take UNAVAILABLE off what is retried"


CHECK = Check(RULE, reads=service_config.KINDS | {"calls", "knobs", "retries", "VirtualService"}, run=check)
