"""A port or subset of a DestinationRule loses the keepalive that the rule states above it.

Settings of a port inherit nothing from the rule, whatever they say; a subset with a connectionPool of its own does not
inherit the rule's. For tcpKeepalive the mesh's own value is left.

Not judged: http2KeepAlive on ports that Istio does not take for HTTP/2, where it had no effect anyway.

Breaks: connections to exactly that port or subset are not pinged, while the rule seems to cover them.
Bad:
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: api, namespace: shop}
    spec:
      host: api
      trafficPolicy: {connectionPool: {http: {http2KeepAlive: {interval: 60s, timeout: 20s}}}}
      subsets:
        - {name: v1, trafficPolicy: {connectionPool: {http: {idleTimeout: 60s}}}}
Good:
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: api, namespace: shop}
    spec:
      host: api
      trafficPolicy: {connectionPool: {http: {http2KeepAlive: {interval: 60s, timeout: 20s}}}}
      subsets:
        - name: v1
          trafficPolicy:
            connectionPool: {http: {idleTimeout: 60s, http2KeepAlive: {interval: 60s, timeout: 20s}}}
Source: istio/istio pilot/pkg/networking/util/util.go (GetPortLevelTrafficPolicy, MergeSubsetTrafficPolicy)
"""

from collections.abc import Iterator, Mapping

from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import pools
from backstay.check.rules.msh.pools import Pool
from backstay.core.diagnostic import Diagnostic
from backstay.upstream.istio import PortProtocol

RULE = rule(__doc__, "MSH009", "narrower-pool-drops-keepalive")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every narrower pool against the one that it replaces."""
    for item in ctx.of_kind("DestinationRule"):
        ports = pools.port_protocols(ctx, pools.host(ctx, item))
        top, *subsets = pools.policies(item)
        for pool in top.ports:
            yield from _compare(ctx, item, top.pool, pool, ports)
        for policy in subsets:
            if policy.pool.value:
                yield from _compare(ctx, item, top.pool, policy.pool, ports)
            for pool in policy.ports:
                yield from _compare(ctx, item, policy.pool if policy.pool.value else top.pool, pool, ports)


def _compare(
    ctx: Context, item: Item, wider: Pool, pool: Pool, ports: Mapping[int, PortProtocol]
) -> Iterator[Diagnostic]:
    where = f"port {pool.port}" if pool.port is not None else f"subset `{pool.subset}`"
    if wider.pings and not pool.pings and _is_http2(pool, ports):
        yield _report(ctx, item, pool, where, "http2KeepAlive")
    if wider.probes and not pool.probes:
        yield _report(ctx, item, pool, where, "tcpKeepalive")


def _is_http2(pool: Pool, ports: Mapping[int, PortProtocol]) -> bool:
    return ports.get(pool.port or 0, PortProtocol.HTTP2) is PortProtocol.HTTP2


def _report(ctx: Context, item: Item, pool: Pool, where: str, setting: str) -> Diagnostic:
    message = f"{where} takes nothing of the connectionPool above it, and so has no {setting}"
    return ctx.report(RULE, item, pool.route, message, f"repeat `{setting}` in the connectionPool of {where}")


CHECK = Check(RULE, reads=frozenset({"DestinationRule", "Service", "ServiceEntry"}), run=check)
