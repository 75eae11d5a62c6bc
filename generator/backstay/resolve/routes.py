"""Routes: how often callers' sidecars may try again, on what, and when they give up.

Sidecars retry without being asked (istio/istio pilot/pkg/networking/core/route/retry/retry.go), also after failures
in which the server may have run. Calls that must not run twice therefore get a route that says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from backstay.core.fact import Fact, from_version, join
from backstay.core.feature import Feature
from backstay.model.derivation import Derivation
from backstay.model.network import Call, CallRoute, Knobs, Network, Protocol, RetryBudget
from backstay.model.parts import CallRetries, Retries
from backstay.resolve import tries
from backstay.resolve.platform import Platform
from backstay.resolve.solve.solution import numbers
from backstay.resolve.solve.terms import System
from backstay.resolve.tries import Routed
from backstay.upstream.istio import AFTER_REQUEST, BEFORE_REQUEST, HTTP_RETRY_ON, RETRIES, RETRY_ON

# Istio lifts Envoy's limits on retries; its retryBudget brings Envoy's own default back.
_BUDGET = RetryBudget(
    from_version(20, "istio", "Envoy's own budget: a fifth of the active requests"),
    from_version(3, "istio", "Envoy's own budget: three at least"),
)


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes by host, how their numbers were derived, and what has to hold between the lines behind them."""

    routes: tuple[CallRoute, ...]
    derivations: dict[str, Derivation]
    system: System


def resolve_routes(network: Network, retries: Retries, platform: Platform) -> Routes:
    """A route for each host whose callers have to be told something."""
    hosts = tuple(_hosts(network, platform))
    budgets = tries.budgets(network.calls, hosts, retries)
    found = dict(
        numbers(_together(budgets, (tries.defaults(host) for host in hosts if _asks(budgets, host))))
    )
    system, routes = budgets, []
    for host in hosts:
        own = tries.timers(host, retries)
        if own.quantities:
            system += own
            found |= numbers(own)
        route = _route(network, host, found)
        tried = found.get(host.attempts)
        asked = retries.calls is not None or any(_must_not_run_twice(call) for call in host.calls)
        if asked or (tried is not None and tried.value <= RETRIES):
            routes.append(_retried(route, host, retries.calls, tried, platform))
        elif host.pin is not None:
            routes.append(route)
    return Routes(tuple(routes), found, system)


def _hosts(network: Network, platform: Platform) -> Iterator[Routed]:
    """The hosts inside the cluster that callers' sidecars have routes for, each with all its services."""
    hosts: dict[str, list[Knobs]] = {}
    for knobs in network.knobs:
        if knobs.service.namespace and knobs.service.protocol.is_http:
            hosts.setdefault(knobs.service.host.value, []).append(knobs)
    for services in hosts.values():
        names = {knobs.service.name for knobs in services}
        calls = tuple(call for call in network.calls if call.service.name in names and call.routed_by_sidecar)
        pins = [knobs.route_timeout for knobs in services if knobs.route_timeout is not None]
        pin = min(pins, key=lambda fact: fact.value, default=None)
        if calls:
            yield Routed(services[0].service.name, calls, pin, Feature.RETRY_BACKOFF in platform.features)


def _asks(budgets: System, host: Routed) -> bool:
    return any(one.id == host.attempts for one in budgets.quantities)


def _together(first: System, others: Iterable[System]) -> System:
    return sum(others, first)


def _route(network: Network, host: Routed, found: Mapping[str, Derivation]) -> CallRoute:
    service = next(one for one in network.services if one.name == host.name)
    timeout, per_try = found.get(host.timeout), found.get(host.per_try)
    return CallRoute(
        host.name, service.host, service.namespace, None, None, None,
        host.pin or (timeout.fact if timeout is not None else None),
        per_try=per_try.fact if per_try is not None and per_try.fits else None,
    )  # fmt: skip


def _retried(
    route: CallRoute, host: Routed, retries: CallRetries | None, tried: Derivation | None, platform: Platform
) -> CallRoute:
    usual = from_version(RETRIES, "istio", "what sidecars retry where no route says otherwise")
    if retries is not None:
        again = retries.attempts.to(lambda attempts: attempts - 1)
    else:
        again = usual if tried is None else tried.fact.to(lambda attempts: attempts - 1)
    braked = again.value > 0 and Feature.RETRY_BUDGET in platform.features
    return replace(
        route,
        retries=again,
        retry_on=_words(host.calls, asked=retries is not None),
        base=retries.initial_ms if retries and host.paced else None,
        budget=_BUDGET if braked else None,
    )


def _words(calls: Sequence[Call], *, asked: bool) -> Fact[tuple[str, ...]]:
    """What may be tried again: nothing that a call may have begun with that must not run twice.

    Else whatever sidecars retry anyway; and where the spec asks for tries, every failure that they are for.
    """
    unsafe = [call.idempotent for call in calls if not call.idempotent.value]
    if unsafe:
        return join(tuple(sorted(BEFORE_REQUEST)), *unsafe)
    plain = not any(call.service.protocol is Protocol.GRPC for call in calls)
    words = (HTTP_RETRY_ON if plain else (*RETRY_ON, *AFTER_REQUEST)) if asked else RETRY_ON
    return join(words, *(call.idempotent for call in calls))


def _must_not_run_twice(call: Call) -> bool:
    return not call.idempotent.value and call.idempotent.is_stated
