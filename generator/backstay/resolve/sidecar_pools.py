"""What callers' sidecars keep for a service: idle connections, how many, how old, and whom they leave out.

Sources: istio.io/api networking/v1alpha3/destination_rule.proto, istio/istio
pilot/pkg/networking/core/cluster_traffic_policy.go (maxConnectionDuration and idleTimeout are HTTP's),
istio/istio#57093 (a sidecar that keeps a connection for as long as the server does meets a reset now and then).
"""

from backstay.core.fact import Fact
from backstay.core.units import show_duration
from backstay.model.callers import Ejection, SidecarPool
from backstay.model.network import Call, Network, Protocol, Runtime, Service
from backstay.resolve import pools
from backstay.resolve.facts import fact
from backstay.resolve.pools import PACES, ROUND, Limit
from backstay.resolve.solve.solution import Solution, solve
from backstay.resolve.solve.terms import Constraint, System, constant, free, of, stated
from backstay.spec import network as spec

_PACE = PACES[Runtime.OTHER]


def sidecar_pools(
    network: Network, services: dict[str, spec.Service]
) -> tuple[tuple[SidecarPool, ...], Solution]:
    """What is kept for each service whose callers' sidecars have to be told something, and how it was found."""
    wanted = {service.name: _calls(network, service) for service in network.services}
    system = System()
    for calls in wanted.values():
        system += _system(calls)
    found = solve(system)
    made = (
        _pool(service, wanted[service.name], services[service.name], found) for service in network.services
    )
    return tuple(one for one in made if one is not None), found


def _calls(network: Network, service: Service) -> list[Call]:
    """The calls that a sidecar reads as HTTP."""
    calls = network.calls_to(service.name) if service.protocol.is_http else ()
    return [call for call in calls if call.client.sidecar]


def _pool(service: Service, calls: list[Call], said: spec.Service, found: Solution) -> SidecarPool | None:
    known = found.derivations
    idle, life = (_id(service, name) for name in ("idle-time", "lifetime"))
    most = [call.pool.max for call in calls if call.pool is not None and call.pool.max is not None]
    pool = SidecarPool(
        service,
        min(most, key=lambda one: one.value, default=None),
        known[idle].fact if idle in known else None,
        known[life].fact if life in known else None,
        service.wait_timeout is not None,
        _ejection(service, said) if calls else None,
    )
    told = (pool.connections, pool.idle_time, pool.lifetime, pool.ejection)
    return pool if any(one is not None for one in told) else None


def _ejection(service: Service, said: spec.Service) -> Ejection | None:
    stated_, route = said.eject_after, ("network", "services", service.name, "ejectAfter")
    if stated_ is None:
        return None
    return Ejection(
        fact(stated_, "errors", stated_.errors, route),
        fact(stated_, "lasting", stated_.lasting, route),
        fact(stated_, "at_most", stated_.at_most, route),
    )


def _id(service: Service, name: str) -> str:
    return f"sidecar-pool/{service.name}/{name}"


def _system(calls: list[Call]) -> System:
    """What bounds the times; nothing where nothing lets go of connections."""
    system = System()
    for call in calls:
        service = call.service
        for limit in pools.limits(call):
            title = f"for how long the callers' sidecars keep a connection to {service.name} without requests"
            system += _within(call, limit, "idle-time", title)
        if service.max_connection_age is not None and service.protocol is Protocol.HTTP:
            title = f"after what time the callers' sidecars take no more of a connection to {service.name}"
            system += _within(call, _age(service, service.max_connection_age), "lifetime", title)
    return system


def _age(service: Service, age: Fact[int]) -> Limit:
    words = f"{service.name} closes connections of an age of {show_duration(age.value)}"
    return Limit(stated(f"network.services.{service.name}.maxConnectionAge", "ms", age, words), words)


def _within(call: Call, limit: Limit, name: str, title: str) -> System:
    own = free(_id(call.service, name), "ms", title, ROUND, least=_PACE.least_idle)
    trip = stated(f"network.calls[{call.index}].roundTrip", "ms", call.round_trip, "", movable=False)
    of_limit = limit.quantity.id
    firm = Constraint(
        f"{name}-below-limit", (of(of_limit),), (of(own.id), of(trip.id), constant(1)),
        f"{limit.words}, and a request takes its way", "MSH024",
    )  # fmt: skip
    soft = Constraint(
        f"{name}-with-margin", (of(of_limit, times=pools.SHARE, per=10),), (of(own.id),),
        f"nine tenths of it: {limit.words}", soft=True,
    )  # fmt: skip
    return System((own, limit.quantity, trip), (firm, soft))
