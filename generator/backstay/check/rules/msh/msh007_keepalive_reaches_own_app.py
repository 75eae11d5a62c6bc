"""A DestinationRule's http2KeepAlive makes the destination's own sidecars ping their app server.

The connectionPool of a rule without workloadSelector also goes to the inbound clusters of the pods behind the host. A
Sidecar with an inboundConnectionPool of its own takes its place there.

A warning in hand-written manifests, where it is not known whether the pods have sidecars and what their server
tolerates. Not judged: hosts outside the cluster, wildcards, servers that speak no gRPC.

Breaks: the app server answers its own sidecar's pings with GOAWAY too_many_pings, and every stream on it dies.
Bad:
    platform: {istio: {version: "1.31"}}
    network:
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          runtime: go
          minPingInterval: 60s
      calls: [{from: trainers, to: features, detectDeadPeerIn: 2m}]
      overrides: {features: {keepaliveInterval: 60s}}
Good:
    platform: {istio: {version: "1.31"}}
    network:
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          runtime: go
          minPingInterval: 60s
          permitPingsWithoutCalls: true
      calls: [{from: trainers, to: features, detectDeadPeerIn: 2m}]
      overrides: {features: {keepaliveInterval: 60s}}
Source: istio/istio pilot/pkg/networking/core/cluster_traffic_policy.go, pilot/pkg/networking/core/cluster_builder.go (inbound clusters); grpc proposal A8
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy, pools, way
from backstay.check.rules.msh.pools import Pool
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.model.network import PingPolicy, Service

RULE = rule(__doc__, "MSH007", "keepalive-reaches-own-app")

_INSIDE = ".svc.cluster.local"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every DestinationRule that pings a host inside the cluster; behind a gateway's own is no app."""
    gateways = {one.gateway.address.host.value for one in way.gateways(ctx) if one.gateway.address}
    for item in ctx.of_kind("DestinationRule"):
        host = pools.host(ctx, item)
        pinging = next(
            (pool for policy in pools.policies(item) for pool in _inbound(policy) if pool.pings), None
        )
        narrowed = look.mapping(look.at(item.value, "spec", "workloadSelector"))
        inside = host.endswith(_INSIDE) and "*" not in host and host not in gateways
        if pinging and inside and not narrowed:
            yield from _judge(ctx, item, pinging, host)


def _inbound(policy: pools.Policy) -> tuple[Pool, ...]:
    """The pools that inbound clusters take: those of subsets are none of them."""
    return () if policy.pool.subset is not None else (policy.pool, *policy.ports)


def _judge(ctx: Context, item: Item, pool: Pool, host: str) -> Iterator[Diagnostic]:
    service = pools.service(ctx, host)
    if service is not None and (not service.sidecar or _tolerates(service.policy, pool)):
        return
    if any(_overrides(sidecar, host, service) for sidecar in ctx.of_kind("Sidecar")):
        return
    name, namespace = host.split(".")[:2]
    yield ctx.report(
        RULE, item, (*pool.route, "http", "http2KeepAlive"),
        f"http2KeepAlive also makes the sidecars of {host} ping their own app, whose server may end connections for it",
        f"add a Sidecar in `{namespace}` that selects the pods of {name} and has `inboundConnectionPool: "
        "{tcp: {connectTimeout: 10s}}`" + (f", or state the pods' `labels` on the service {service.name}" if service else ""),
        None if service else Severity.WARNING,
    )  # fmt: skip


def _tolerates(policy: PingPolicy | None, pool: Pool) -> bool:
    if policy is None or policy.strikes.value == 0:
        return True
    interval = envoy.milliseconds(pool.pings.get("interval"))
    return policy.without_calls.value and interval is not None and interval >= policy.min_interval.value


def _overrides(sidecar: Item, host: str, service: Service | None) -> bool:
    """Whether a Sidecar keeps the pool off the pods behind the host: it selects them, or all of their namespace."""
    if sidecar.ref.namespace != host.split(".")[1]:
        return False
    listeners = look.entries(look.at(sidecar.value, "spec", "ingress"))
    pooled = "inboundConnectionPool" in look.mapping(sidecar.value.get("spec"))
    wanted = envoy.selector(sidecar)
    known = service.labels if service and service.labels else None
    fits = known is None or all(key in known and known[key].value == value for key, value in wanted.items())
    return fits and (pooled or any("connectionPool" in listener for listener, _ in listeners))


CHECK = Check(RULE, reads=frozenset({"DestinationRule", "Sidecar", "knobs", "gateways"}), run=check)
