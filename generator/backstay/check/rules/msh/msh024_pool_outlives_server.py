"""A pool keeps an idle connection for longer than the server, or a box on the way, does.

Whoever takes a connection out of a pool in the moment when the other side has closed it gets a reset (503 UC at a
proxy). The pool has to let go first: a DestinationRule's `idleTimeout` (1h by default), or the pool of an application that
calls a database, whose settings are read from variables of the workload that the spec's client labels select. What the
other side waits for: the service's `waitTimeout`, boxes that nobody refreshes, and 1h where a sidecar forwards bytes.
Where no rule sets an `idleTimeout`, a server that waits for 1h or less is a warning.

Not judged: pool settings in code; a DestinationRule that an install has and that is not at hand.

Breaks: the first query after a quiet hour fails with "invalid connection" or ECONNRESET, now and then.
Bad:
    network:
      clients: {shop: {runtime: java, sidecar: false}}
      services: {db: {preset: mysql, host: db.internal, waitTimeout: 20s}}
      calls: [{from: shop, to: db, pool: {max: 20}}]
Good:
    network:
      clients: {shop: {runtime: java, sidecar: false}}
      services: {db: {preset: mysql, host: db.internal, waitTimeout: 10m}}
      calls: [{from: shop, to: db, pool: {max: 20}}]
Source: istio/istio#57093, envoy api/envoy/config/core/v3/protocol.proto (idle_timeout), go-sql-driver/mysql README (SetConnMaxLifetime)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy, pools, way
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.fact import Fact
from backstay.core.place import Place
from backstay.core.units import show_duration
from backstay.model.network import Call, Protocol, Runtime
from backstay.upstream.istio import PROXY_IDLE_MS, TCP_PROXY_IDLE_MS

RULE = rule(__doc__, "MSH024", "pool-outlives-server")

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_BY_AGE = frozenset({Runtime.CORE, Runtime.JAVA})
_DATABASES = frozenset({Protocol.MYSQL, Protocol.POSTGRES, Protocol.REDIS})
_MILLISECONDS = ("HIKARI_IDLETIMEOUT", "HIKARI_IDLE_TIMEOUT", "HIKARI_MAXLIFETIME", "HIKARI_MAX_LIFETIME")
_GO_DURATIONS = ("CONMAXLIFETIME", "CONN_MAX_LIFETIME", "CONN_MAX_IDLE_TIME")
_SECONDS = ("SQLALCHEMY_POOL_RECYCLE", "SQL_ALCHEMY_POOL_RECYCLE")

Limit = tuple[int, str, Place]


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the idle timeouts of rules for the model's services, then the pools of callers of databases."""
    for call in way.calls(ctx):
        limits = list(_limits(call))
        if call.service.protocol.is_http and call.client.sidecar:
            yield from _of_proxies(ctx, call, limits)
        if call.service.protocol in _DATABASES and limits:
            yield from _of_callers(ctx, call, min(limits))
        yield from _of_plan(ctx, call, limits)


def _limits(call: Call) -> Iterator[Limit]:
    """What lets go of an idle connection of the call, and after how long."""
    service = call.service
    if service.wait_timeout is not None:
        yield (
            service.wait_timeout.value,
            f"{service.name} itself",
            look.stated(service.wait_timeout, service.place),
        )
    for hop in call.crossings:
        for box in hop.boxes:
            gaps = [pinger.longest_gap for pinger in hop.refreshing(box)]
            if min(gaps, default=box.idle.value) + call.round_trip_ms >= box.idle.value:
                yield box.idle.value, f"box `{box.name}`", box.place
    forwards = way.forwarder(call)
    if not service.protocol.is_http and forwards:
        yield TCP_PROXY_IDLE_MS, forwards, service.place


def _of_proxies(ctx: Context, call: Call, limits: list[Limit]) -> Iterator[Diagnostic]:
    host, stated = call.service.host.value, False
    for item in pools.rules_for(ctx, host):
        for pool in pools.pools(item):
            layer = "http" if pool.get("http", "idleTimeout") is not None else "tcp"
            idle = envoy.milliseconds(pool.get(layer, "idleTimeout"))
            stated = stated or idle is not None
            if idle is not None and limits and idle >= min(limits)[0]:
                message = _message(
                    f"sidecars keep idle connections to {call.service.name}", idle, min(limits)
                )
                route = (*pool.route, layer, "idleTimeout")
                yield ctx.report(RULE, item, route, message, f"write `idleTimeout: {_below(min(limits))}`")
    server = call.service.wait_timeout
    known = stated or call.service.existing_rule is not None
    if not known and server is not None and server.value <= PROXY_IDLE_MS:
        limit = server.value, f"{call.service.name} itself", call.service.place
        yield RULE.report(
            _message(f"sidecars keep idle connections to {call.service.name}", PROXY_IDLE_MS, limit),
            at=look.stated(server, call.service.place),
            severity=Severity.WARNING,
            help=f"add a DestinationRule for {host} with `connectionPool: {{http: {{idleTimeout: {_below(limit)}}}}}`",
        )


def _of_callers(ctx: Context, call: Call, limit: Limit) -> Iterator[Diagnostic]:
    """The least of a workload's settings counts: whichever is over first closes the connection."""
    for item in ctx.of_kind(*_WORKLOADS):
        found = sorted(_settings(ctx, item)) if _is_of(item, call) else []
        if found and found[0][0] >= limit[0]:
            idle, route, name = found[0]
            message = _message(
                f"the pool of {call.client.name} keeps idle connections to {call.service.name}", idle, limit
            )
            related = Related(limit[2], f"{limit[1]} lets go after {show_duration(limit[0])}")
            yield RULE.report(
                message, at=item.place_of(route), object=item.ref, field=route, related=(related,),
                help=f"set {name} to less than {show_duration(limit[0])}, such as {_below(limit)}",
            )  # fmt: skip


def _of_plan(ctx: Context, call: Call, limits: list[Limit]) -> Iterator[Diagnostic]:
    """What backstay emits for the caller's pool. Where a runtime looks at the age alone, that is the idle time."""
    for pool in ctx.cluster.callers.pools if ctx.cluster else ():
        if call.pool is None or (pool.client.name, pool.service.name) != (
            call.client.name,
            call.service.name,
        ):
            continue
        if way.in_conflict(ctx, pool.idle_time) or way.in_conflict(ctx, pool.lifetime):
            continue
        by_age = call.client.runtime in _BY_AGE
        idle = pool.lifetime if by_age else min(pool.idle_time, pool.lifetime, key=lambda fact: fact.value)
        for limit in (one for one in limits if idle.value >= one[0]):
            kept = f"the pool of {call.client.name} keeps idle connections to {call.service.name}"
            yield _on_plan(call, idle, _message(kept, idle.value, limit), limit)
        age = call.service.max_connection_age
        if age is not None and pool.lifetime.value >= age.value:
            kept = f"the pool of {call.client.name} keeps connections to {call.service.name}"
            limit = (age.value, f"{call.service.name} itself", look.stated(age, call.service.place))
            yield _on_plan(call, pool.lifetime, _message(kept, pool.lifetime.value, limit), limit)


def _on_plan(call: Call, kept: Fact[int], message: str, limit: Limit) -> Diagnostic:
    assert call.pool is not None  # noqa: S101 - `_of_plan` asks first
    related = Related(limit[2], f"{limit[1]} lets go after {show_duration(limit[0])}")
    name = "poolLifetime" if call.client.runtime in _BY_AGE else "poolIdleTime"
    help_ = (
        f"let it wait for longer, or write `network.overrides.{call.service.name}.{name}: {_below(limit)}`"
    )
    return RULE.report(message, at=way.pinned(kept) or call.pool.place, related=(related,), help=help_)


def _is_of(item: Item, call: Call) -> bool:
    _, route = look.pod_spec(item)
    labels = look.mapping(look.at(item.value, *route[:-1], "metadata", "labels"))
    wanted = {key: fact.value for key, fact in call.client.labels.items()}
    spaces = {space.value for space in call.client.namespaces}
    return bool(wanted) and wanted.items() <= labels.items() and item.ref.namespace in spaces


def _settings(ctx: Context, item: Item) -> Iterator[tuple[float, tuple[str | int, ...], str]]:
    for container in look.containers(item):
        for name, env in look.environment(ctx, container).found.items():
            ms = _read(name, env.value) if env.value else None
            if ms:
                yield ms, env.route, name


def _read(name: str, value: str) -> float | None:
    """Milliseconds of a pool's idle time or lifetime; 0 and less mean that there is no end."""
    if name.endswith(_GO_DURATIONS):
        return envoy.milliseconds(value)
    unit = 1 if name.endswith(_MILLISECONDS) else 1_000 if name.endswith(_SECONDS) else 0
    return float(value) * unit if value.isdecimal() else None


def _message(what: str, idle: float, limit: Limit) -> str:
    return f"{what} for {show_duration(int(idle))}, and {limit[1]} lets go of them after {show_duration(limit[0])}"


def _below(limit: Limit) -> str:
    return show_duration(max(limit[0] * 9 // 10 // 1_000, 1) * 1_000)


CHECK = Check(
    RULE,
    reads=frozenset({"ConfigMap", "DaemonSet", "Deployment", "DestinationRule", "StatefulSet", "calls"}),
    run=check,
)
