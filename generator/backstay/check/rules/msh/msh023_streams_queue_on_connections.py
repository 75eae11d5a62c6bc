"""More requests are allowed at a time than fit on the connections that are.

A DestinationRule with `http2MaxRequests` and `maxConnections` lets so many requests run on so few connections; the other
side allows only `max_concurrent_streams` on each: 1024 from Envoy 1.36 (Istio 1.28) on, what the rule's own
maxConcurrentStreams says, or what the servers' sidecars are told by `connectionSettings`, of which profile EDGE allows 100; a gateway of the spec what its own say.
The rest waits in the caller's proxy, and long streams hold their places.

Not judged: rules with one of the two only; ports that are not known to be HTTP/2 are taken for it.

Breaks: requests wait although the server has time, and end with 503 (overflow) or at their deadline.
Bad:
    # --platform istio=1.30
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: api, namespace: shop}
    spec:
      host: api
      trafficPolicy: {connectionPool: {tcp: {maxConnections: 1}, http: {http2MaxRequests: 5000}}}
Good:
    # --platform istio=1.30
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: api, namespace: shop}
    spec:
      host: api
      trafficPolicy: {connectionPool: {tcp: {maxConnections: 100}, http: {http2MaxRequests: 5000}}}
Source: envoy changelogs/1.36.0.yaml (max_concurrent_streams 1024), istio/istio pilot/pkg/networking/core/cluster_traffic_policy.go
"""

from collections.abc import Iterator

from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import pools, proxies, way
from backstay.check.rules.msh.pools import Pool
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.feature import Feature
from backstay.core.fix import Edit, unsafe
from backstay.upstream.istio import MAX_STREAMS, PortProtocol

RULE = rule(__doc__, "MSH023", "streams-queue-on-connections", Severity.WARNING)

_EDGE_STREAMS = 100


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every connection pool that limits both."""
    for item in ctx.of_kind("DestinationRule"):
        host = pools.host(ctx, item)
        ports = pools.port_protocols(ctx, host)
        for pool in pools.pools(item):
            taken = [protocol for number, protocol in ports.items() if pool.port in {None, number}]
            if not taken or PortProtocol.HTTP2 in taken:
                yield from _judge(ctx, item, pool, host)


def _judge(ctx: Context, item: Item, pool: Pool, host: str) -> Iterator[Diagnostic]:
    requests = _number(pool.get("http", "http2MaxRequests"))
    connections = _number(pool.get("tcp", "maxConnections"))
    limit, why = _limit(ctx, pool, host)
    if connections and limit and requests > connections * limit:
        yield ctx.report(
            RULE, item, (*pool.route, "http", "http2MaxRequests"),
            f"{requests} requests do not fit on {connections} connection{'s' * (connections > 1)} of {limit} streams ({why}): the rest waits",
            f"write `maxConnections: {-(-requests // limit)}`, or `http2MaxRequests: {connections * limit}`",
            fix=unsafe(f"write `maxConnections: {-(-requests // limit)}`", Edit((*pool.route, "tcp", "maxConnections"), -(-requests // limit))),
        )  # fmt: skip


def _limit(ctx: Context, pool: Pool, host: str) -> tuple[int, str]:
    """The least that anybody on the connection allows; 0 when nobody is known to limit it."""
    found = [(MAX_STREAMS, "the default since Envoy 1.36")] if ctx.has(Feature.STREAMS_LIMITED) else []
    told = proxies.settings_of(ctx, host)
    if stated := _number(told.get("httpMaxConcurrentStreams")):
        found = [(stated, "httpMaxConcurrentStreams of its sidecars")]
    elif told.get("profile") == "EDGE":
        found = [(_EDGE_STREAMS, "profile EDGE")]
    found += [(most, f"gateway `{name}`") for name, most in _of_gateways(ctx, host)]
    if own := _number(pool.get("http", "maxConcurrentStreams")):
        found.append((own, "maxConcurrentStreams"))
    return min(found, default=(0, ""))


def _of_gateways(ctx: Context, host: str) -> Iterator[tuple[str, int]]:
    """What gateways of the spec allow that are reached by a host."""
    for knobs in way.gateways(ctx):
        address, most = knobs.gateway.address, knobs.gateway.max_streams
        if address is not None and most is not None and address.host.value == host:
            yield knobs.gateway.name, most.value


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


CHECK = Check(
    RULE, reads=proxies.KINDS | {"DestinationRule", "Service", "ServiceEntry", "gateways"}, run=check
)
