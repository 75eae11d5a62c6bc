"""A route's timeout ends before its tries do.

The timeout runs over all tries and the waits between them. A `perTryTimeout` that is not below it is ignored: a try that
hangs uses up all the time, and no other is begun. Where the tries do not all fit (a warning), the last ones are cut or
never happen; the waits are taken at their longest.

Not judged: routes without a timeout or without a perTryTimeout.

Breaks: the retries that were configured do not happen in the very case that they are for, a server that hangs.
Bad:
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: api, namespace: shop}
    spec:
      hosts: [api]
      http:
        - timeout: 2s
          retries: {attempts: 3, perTryTimeout: 2s}
          route: [{destination: {host: api}}]
Good:
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: api, namespace: shop}
    spec:
      hosts: [api]
      http:
        - timeout: 10s
          retries: {attempts: 3, perTryTimeout: 2s}
          route: [{destination: {host: api}}]
Source: envoy docs router_filter (x-envoy-upstream-rq-per-try-timeout-ms), istio/istio pilot/pkg/networking/core/route/retry/retry.go
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import routes
from backstay.check.rules.msh.routes import HttpRoute
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, unsafe
from backstay.core.units import show_duration
from backstay.upstream.istio import longest_waits

RULE = rule(__doc__, "MSH018", "tries-exceed-route-timeout")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every route with a timeout of its own and one for each try."""
    for http in routes.http_routes(ctx):
        if (
            http.states_retries
            and http.timeout > 0
            and http.retries.attempts > 0
            and http.retries.per_try is not None
        ):
            yield from _judge(ctx, http, http.retries.per_try)


def _judge(ctx: Context, http: HttpRoute, per_try: float) -> Iterator[Diagnostic]:
    timeout, route = show_duration(int(http.timeout)), (*http.retries_route, "perTryTimeout")
    if per_try >= http.timeout:
        message = f"a try may take {show_duration(int(per_try))}, as long as the route's timeout of {timeout}: it is ignored"
        yield ctx.report(
            RULE, http.item, route, message, f"write less than {_fitting(http)}, or raise `timeout`"
        )
        return
    needed = (http.retries.attempts + 1) * per_try + _waits(http)
    if needed > http.timeout:
        message = (
            f"{http.retries.attempts + 1} tries of {show_duration(int(per_try))} and their waits may take "
            f"{show_duration(int(needed))}, and the route ends after {timeout}"
        )
        help_ = f"write `timeout: {show_duration(int(needed))}`, or tries of at most {_fitting(http)}"
        fix = unsafe(
            f"write `timeout: {show_duration(int(needed))}`",
            Edit((*http.retries_route[:-1], "timeout"), show_duration(int(needed))),
        )
        yield ctx.report(RULE, http.item, route, message, help_, Severity.WARNING, fix)


def _fitting(http: HttpRoute) -> str:
    """The longest try with which all of them fit."""
    return show_duration(max(int((http.timeout - _waits(http)) / (http.retries.attempts + 1)), 1))


def _waits(http: HttpRoute) -> float:
    """The longest that all waits together may be."""
    return http.retries.base * longest_waits(http.retries.attempts)


CHECK = Check(RULE, reads=frozenset({"VirtualService", "ConfigMap"}), run=check)
