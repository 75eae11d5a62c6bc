"""Routes: how often callers' sidecars may try again, and on what.

Sidecars retry without being asked (istio/istio pilot/pkg/networking/core/route/retry/retry.go), also after failures
in which the server may have run. Calls that must not run twice therefore get a route that says so.
"""

from collections.abc import Iterator
from dataclasses import replace

from backstay.core.fact import Fact, from_version, join
from backstay.core.feature import Feature
from backstay.model.network import Call, CallRoute, Knobs, Network, RetryBudget
from backstay.model.parts import CallRetries
from backstay.resolve.platform import Platform
from backstay.upstream.istio import BEFORE_REQUEST, RETRIES, RETRY_ON

# Istio lifts Envoy's limits on retries; its retryBudget brings Envoy's own default back.
_BUDGET = RetryBudget(
    from_version(20, "istio", "Envoy's own budget: a fifth of the active requests"),
    from_version(3, "istio", "Envoy's own budget: three at least"),
)


def with_routes(network: Network, retries: CallRetries | None, platform: Platform) -> Network:
    """The network with a route for each host whose callers have to be told something."""
    hosts: dict[str, list[Knobs]] = {}
    for knobs in network.knobs:
        if knobs.service.namespace and knobs.service.protocol.is_http:
            hosts.setdefault(knobs.service.host.value, []).append(knobs)
    return replace(network, routes=tuple(_routes(network, hosts, retries, platform)))


def _routes(
    network: Network, hosts: dict[str, list[Knobs]], retries: CallRetries | None, platform: Platform
) -> Iterator[CallRoute]:
    for services in hosts.values():
        names = {knobs.service.name for knobs in services}
        calls = [call for call in network.calls if call.service.name in names and call.routed_by_sidecar]
        timeouts = [knobs.route_timeout for knobs in services if knobs.route_timeout is not None]
        asked = retries is not None or any(_must_not_run_twice(call) for call in calls)
        if calls and (asked or timeouts):
            service = services[0].service
            timeout = min(timeouts, key=lambda fact: fact.value, default=None)
            route = CallRoute(service.name, service.host, service.namespace, None, None, None, timeout)
            yield _retried(route, calls, retries, platform) if asked else route


def _retried(
    route: CallRoute, calls: list[Call], retries: CallRetries | None, platform: Platform
) -> CallRoute:
    default = from_version(RETRIES, "istio", "what sidecars retry where no route says otherwise")
    tries = default if retries is None else retries.attempts.to(lambda attempts: attempts - 1)
    paced = retries is not None and Feature.RETRY_BACKOFF in platform.features
    braked = tries.value > 0 and Feature.RETRY_BUDGET in platform.features
    return replace(
        route,
        retries=tries,
        retry_on=_words(calls),
        base=retries.initial_ms if retries and paced else None,
        budget=_BUDGET if braked else None,
    )


def _words(calls: list[Call]) -> Fact[tuple[str, ...]]:
    """What may be tried again: whatever sidecars retry anyway, unless a call must not run twice."""
    unsafe = [call.idempotent for call in calls if not call.idempotent.value]
    if unsafe:
        return join(tuple(sorted(BEFORE_REQUEST)), *unsafe)
    return join(RETRY_ON, *(call.idempotent for call in calls))


def _must_not_run_twice(call: Call) -> bool:
    return not call.idempotent.value and call.idempotent.is_stated
