"""Pools of connections: how many, and how long, so that a caller lets go before anybody else does.

Sources: go database/sql (the cleaner runs each second at most), brettwooldridge/HikariCP README and HikariConfig
(30 s between clean-ups, least idle time 10 s, least lifetime 30 s, an idle time near the lifetime is dropped),
SQLAlchemy's QueuePool (pool_recycle is an age, looked at when a connection is taken), envoy tcp_proxy.proto (1h without
bytes), go-sql-driver/mysql README (as many idle connections as open ones).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backstay.core.fact import Fact, OriginKind, from_preset, from_spec
from backstay.core.units import show_duration
from backstay.model.callers import CallerPool
from backstay.model.conflict import Conflict
from backstay.model.network import Call, Client, Runtime, Service
from backstay.resolve.solve import conflict
from backstay.resolve.solve.solution import Solution, solve
from backstay.resolve.solve.terms import Constraint, Quantity, System, constant, free, of, stated
from backstay.upstream.istio import TCP_PROXY_IDLE_MS

SECOND = 1_000
ROUND = tuple(
    seconds * SECOND
    for seconds in (
        1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 270, 300, 450, 540, 600, 900, 1200, 1800, 2700, 3240,
    )
)  # fmt: skip
USUAL_LIFETIME = stated(
    "usual/pool-lifetime", "ms",
    from_preset(1_800_000, "HikariCP maxLifetime", "what pools do by default: new replicas are found in that time"),
    "connections are renewed after 30m", movable=False,
)  # fmt: skip
SHARE = 9
"""Tenths of a limit that are used: clocks and clean-ups are late."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How exactly a runtime's usual pool keeps its times: how late it may be, and the least that it takes.

    `by_age_only`: what it has no idle time for, or not for every connection, so that the lifetime has to do.
    """

    late: int
    least_idle: int
    least_life: int
    by_age_only: bool


PACES: Mapping[Runtime, Pace] = {
    Runtime.GO: Pace(SECOND, SECOND, SECOND, by_age_only=False),
    Runtime.JAVA: Pace(30 * SECOND, 10 * SECOND, 30 * SECOND, by_age_only=True),
    Runtime.CORE: Pace(SECOND, SECOND, SECOND, by_age_only=True),
    Runtime.OTHER: Pace(SECOND, SECOND, SECOND, by_age_only=False),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """What lets go of an idle connection: after how long, and who, in words."""

    quantity: Quantity
    words: str


def limits(call: Call) -> Iterator[Limit]:
    """Everything on a call's way that forgets or closes idle connections while nobody pings them."""
    service = call.service
    if service.wait_timeout is not None:
        yield _limit(
            f"network.services.{service.name}.waitTimeout", service.wait_timeout,
            f"{service.name} itself closes a connection that is idle for {{}}",
        )  # fmt: skip
    for hop in call.crossings:
        for box in hop.boxes:
            if not hop.keepers(box, call.round_trip_ms):
                words = f"box {box.name} forgets a connection that is idle for {{}}"
                passed = from_spec(box.idle.value, "network", "calls", call.index, "via")
                idle = Fact(box.idle.value, (*box.idle.origins, *passed.origins))
                yield _limit(f"network.boxes.{box.name}.idle", idle, words)
    if not service.protocol.is_http and (call.client.sidecar or service.sidecar):
        idle = from_preset(
            TCP_PROXY_IDLE_MS, "envoy tcp_proxy", "a sidecar closes a connection without bytes"
        )
        yield _limit("envoy/tcp-proxy/idle", idle, "a sidecar closes a connection without bytes for {}")


def _limit(id_: str, fact: Fact[int], words: str) -> Limit:
    said = words.format(show_duration(fact.value))
    return Limit(stated(id_, "ms", fact, said, movable=not id_.startswith("envoy/")), said)


@dataclass(frozen=True, slots=True)
class Pins:
    """Times that the spec insists on for the pools of a service's callers."""

    idle_time: Fact[int] | None
    lifetime: Fact[int] | None


_NO_PINS = Pins(None, None)


def stem(call: Call) -> str:
    """The start of the ids of a pool's numbers."""
    return f"pool/{call.client.name}/{call.service.name}"


def solved(calls: tuple[Call, ...], pins: Mapping[str, Pins]) -> tuple[tuple[CallerPool, ...], Solution]:
    """The pools of some calls, each with its numbers, and how these were found. Of two calls alike the first counts."""
    pooled = {stem(call): call for call in reversed(calls) if call.pool is not None}
    system = System()
    for call in pooled.values():
        system += times(call)
    found = solve(system + _all_sizes(tuple(pooled.values())))
    pools = (_pool(call, found, pins.get(call.service.name, _NO_PINS)) for call in pooled.values())
    return tuple(pools)[::-1], found


def contradictions(
    calls: tuple[Call, ...], pins: Mapping[str, Pins], found: Solution
) -> tuple[Conflict, ...]:
    """The stated lines behind the pools' sizes and times that exclude each other; pinned times are such lines themselves."""
    pooled = [call for call in calls if call.pool is not None]
    own = [pins.get(call.service.name, _NO_PINS) for call in pooled]
    pinned_ = any(one != _NO_PINS for one in own)
    if not pinned_ and all(number.fits for number in found.derivations.values()):
        return conflict.conflicts(_all_sizes(pooled))
    system = _all_sizes(pooled)
    for call, pin in zip(pooled, own, strict=True):
        system += times(call, pin)
    return conflict.conflicts(system)


def _all_sizes(calls: Sequence[Call]) -> System:
    system = System()
    for service in {call.service.name: call.service for call in calls}.values():
        system += sizes(service, [call for call in calls if call.service.name == service.name])
    return system


def _pool(call: Call, found: Solution, pins: Pins) -> CallerPool:
    assert call.pool is not None  # noqa: S101 - `solved` asks first
    own = stem(call)
    most = call.pool.max or found.fact(f"pool/{call.service.name}/max")
    return CallerPool(
        call.client, call.service, most,
        call.pool.idle or found.fact(f"{own}/idle"),
        pinned(found.fact(f"{own}/idle-time"), pins.idle_time),
        pinned(found.fact(f"{own}/lifetime"), pins.lifetime),
        call.pool.place,
    )  # fmt: skip


def pinned(solved_: Fact[int], pin: Fact[int] | None) -> Fact[int]:
    """A solved number with the pinned one in its stead, which keeps the derivation that it is held against."""
    return solved_ if pin is None else Fact(pin.value, (*pin.origins, solved_.origins[0]))


def times(call: Call, pins: Pins = _NO_PINS) -> System:
    """What bounds the idle time and the lifetime of a call's pool; a pinned one is no number to be found."""
    pace, own, service = PACES[call.client.runtime], stem(call), call.service
    who = f"{call.client.name} keeps a connection to {service.name}"
    life = free(f"{own}/lifetime", "ms", f"for how long {who}", ROUND, least=pace.least_life)
    idle = free(
        f"{own}/idle-time", "ms", f"for how long {who} that it does not use", ROUND, least=pace.least_idle
    )
    life = _pinned_to(life, pins.lifetime, "pools are pinned to keep connections for {}")
    idle = _pinned_to(idle, pins.idle_time, "pools are pinned to keep idle connections for {}")
    way = f"a round trip from {call.client.name} to {service.name} takes up to {show_duration(call.round_trip_ms)}"
    trip = stated(f"network.calls[{call.index}].roundTrip", "ms", call.round_trip, way, movable=False)
    quantities, constraints = [life, idle, USUAL_LIFETIME, trip], [_usual(life)]
    for limit in limits(call):
        quantities.append(limit.quantity)
        constraints += _within(limit, idle, trip, pace, "idle-time")
        if pace.by_age_only:
            constraints += _within(limit, life, trip, pace, "lifetime")
    if service.max_connection_age is not None:
        words = f"{service.name} closes connections of an age of {{}}"
        limit = _limit(f"network.services.{service.name}.maxConnectionAge", service.max_connection_age, words)
        quantities.append(limit.quantity)
        constraints += _within(limit, life, trip, pace, "lifetime")
    return System(tuple(quantities), (*constraints, _used(idle, life)))


def _pinned_to(number: Quantity, pin: Fact[int] | None, words: str) -> Quantity:
    if pin is None:
        return number
    return stated(f"pin/{number.id}", number.unit, pin, words.format(show_duration(pin.value)))


def _usual(life: Quantity) -> Constraint:
    words = (
        "connections are renewed after 30m at the latest: new replicas and addresses are found in that time"
    )
    return Constraint(
        "lifetime-no-longer-than-usual", (of(USUAL_LIFETIME.id),), (of(life.id),), words, soft=True
    )


def _used(idle: Quantity, life: Quantity) -> Constraint:
    words = "a pool drops an idle time that is no shorter than the lifetime"
    return Constraint(
        "idle-time-within-lifetime", (of(life.id),), (of(idle.id), constant(SECOND)), words, soft=True
    )


def _within(limit: Limit, own: Quantity, trip: Quantity, pace: Pace, name: str) -> list[Constraint]:
    """Sooner than the limit whatever is late, and a tenth sooner where that fits."""
    of_limit = limit.quantity.id
    late = f"{limit.words}; the pool looks up to {show_duration(pace.late)} late, and the last word takes its way"
    return [
        Constraint(f"{name}-below-limit", (of(of_limit),), (of(own.id), of(trip.id), constant(pace.late)), late, "MSH024"),
        Constraint(f"{name}-with-margin", (of(of_limit, times=SHARE, per=10),), (of(own.id),),
                   f"nine tenths of it: {limit.words}", soft=True),
    ]  # fmt: skip


def sizes(service: Service, calls: list[Call]) -> System:
    """How many connections the pools of a service's callers may hold together, and how many of each may idle."""
    quantities: dict[str, Quantity] = {}
    constraints: list[Constraint] = []
    share = free(
        f"pool/{service.name}/max", "connections", f"how many connections a pool to {service.name} holds"
    )
    parts = []
    for call in calls:
        most, pods = _most(call, share), _pods(call.client)
        quantities |= {one.id: one for one in (most, pods)}
        parts.append(of(pods.id, most.id))
        idle, within = _idle(call, most)
        quantities[idle.id] = idle
        constraints.append(within)
    if service.max_connections is not None:
        taken = stated(
            f"network.services.{service.name}.maxConnections", "connections", service.max_connections,
            f"{service.name} accepts {service.max_connections.value} connections",
        )  # fmt: skip
        quantities[taken.id] = taken
        words = f"{taken.demand}, and each pod of a caller may open as many as its pool holds"
        constraints.append(Constraint("pools-within-server", (of(taken.id),), tuple(parts), words, "MSH036"))
        constraints.append(
            Constraint("pools-with-margin", (of(taken.id, times=SHARE, per=10),), tuple(parts),
                       "a tenth is left for people and jobs that connect too", soft=True)
        )  # fmt: skip
    ordered = sorted(quantities.values(), key=lambda one: one.id.endswith("/idle"))
    return System(tuple(ordered), tuple(constraints))


def _most(call: Call, share: Quantity) -> Quantity:
    assert call.pool is not None  # noqa: S101 - `solved` asks first
    if call.pool.max is None:
        return share
    words = f"a pool of {call.client.name} holds {call.pool.max.value} connections"
    return stated(f"network.calls[{call.index}].pool.max", "connections", call.pool.max, words)


def _pods(client: Client) -> Quantity:
    words = f"there are up to {client.replicas.value} pods of {client.name}"
    said = any(origin.kind is OriginKind.SPEC for origin in client.replicas.origins)
    return stated(f"network.clients.{client.name}.replicas", "pods", client.replicas, words, movable=said)


def _idle(call: Call, most: Quantity) -> tuple[Quantity, Constraint]:
    assert call.pool is not None  # noqa: S101 - `solved` asks first
    if call.pool.idle is None:
        title = f"how many unused connections to {call.service.name} {call.client.name} keeps"
        idle = free(f"{stem(call)}/idle", "connections", title, least=0)
        words = "as many as the pool holds: fewer would be opened and closed all the time"
    else:
        words = f"{call.pool.idle.value} connections may idle"
        idle = stated(f"network.calls[{call.index}].pool.idle", "connections", call.pool.idle, words, least=0)
    return idle, Constraint("idle-within-pool", (of(most.id),), (of(idle.id),), words)
