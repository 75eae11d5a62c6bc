"""Retries are on, and nothing limits how many of them run at the same time.

Istio raises Envoy's limit of 3 retries at a time to 2^32-1. Only `connectionPool.http.maxRetries` or, from Istio 1.27 on, a
`retryBudget` (of the whole rule or of a subset; ports cannot have one) holds them back.

Not judged: destinations whose DestinationRule is known by a patch only; the two retries that sidecars make anyway.

Breaks: when a service slows down, retries multiply its load, and go on until it is switched off.
Bad:
    # --platform istio=1.30
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: api, namespace: shop}
    spec:
      hosts: [api]
      http: [{retries: {attempts: 3}, route: [{destination: {host: api}}]}]
Good:
    # --platform istio=1.30
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: api, namespace: shop}
    spec:
      hosts: [api]
      http: [{retries: {attempts: 3}, route: [{destination: {host: api}}]}]
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: api, namespace: shop}
    spec:
      host: api
      trafficPolicy: {retryBudget: {percent: 20, minRetryConcurrency: 3}}
Source: istio/istio pilot/pkg/networking/core/cluster_traffic_policy.go (circuit breakers, retryBudget), istio/istio release notes 1.27
"""

from collections.abc import Iterator, Mapping

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import pools, routes
from backstay.check.rules.msh.pools import Policy
from backstay.check.rules.msh.routes import Destination, HttpRoute
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.feature import Feature

RULE = rule(__doc__, "MSH022", "retries-without-brake", Severity.WARNING)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every destination of every route that states retries."""
    for http in routes.http_routes(ctx):
        if http.states_retries and http.retries.attempts > 0:
            for to in dict.fromkeys(http.destinations):
                rules = pools.rules_for(ctx, to.host)
                if not any(item.partial or _brakes(item, to) for item in rules):
                    yield _report(ctx, http, to, rules)


def _brakes(item: Item, to: Destination) -> bool:
    top, *subsets = pools.policies(item)
    narrow = next((policy for policy in subsets if policy.pool.subset == to.subset), None)
    own = [policy for policy in (narrow, top) if policy is not None]
    for policy in own:
        of_port = next((pool for pool in policy.ports if pool.port == to.port and to.port is not None), None)
        if of_port is not None:
            return _limit(of_port.value)
    pool = next((policy.pool.value for policy in own if policy.pool.value), {})
    return _limit(pool) or any(_budget(item, policy) for policy in own)


def _limit(pool: Mapping[str, object]) -> bool:
    found = look.at(pool, "http", "maxRetries")
    return isinstance(found, int) and found > 0


def _budget(item: Item, policy: Policy) -> bool:
    return isinstance(look.at(item.value, *policy.pool.route[:-1], "retryBudget"), Mapping)


def _report(ctx: Context, http: HttpRoute, to: Destination, rules: list[Item]) -> Diagnostic:
    where = f"{rules[0].ref} sets none" if rules else "no DestinationRule for it is there"
    budget = ctx.has(Feature.RETRY_BUDGET) or "istio" not in ctx.versions
    write = (
        "`trafficPolicy: {retryBudget: {percent: 20, minRetryConcurrency: 3}}`"
        if budget
        else "`trafficPolicy: {connectionPool: {http: {maxRetries: 3}}}`"
    )
    message = f"nothing limits how many retries to {to.host} run at a time: {where}"
    return ctx.report(RULE, http.item, http.retries_route, message, f"write {write} into its DestinationRule")


CHECK = Check(RULE, reads=frozenset({"ConfigMap", "DestinationRule", "VirtualService"}), run=check)
