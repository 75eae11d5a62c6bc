"""A DestinationRule's limit on connections also limits what the destination's own sidecars open to their app.

The connectionPool of a rule goes to the inbound clusters of the pods behind the host as well: `maxConnections`, meant for
each caller, is there the limit for all callers together. A Sidecar with an inboundConnectionPool of its own takes its place.

Not judged: hosts that the spec does not declare with a sidecar; HTTP/2, where few connections carry everything.

Breaks: the server answers 503 (overflow) while it has nothing to do, the more callers there are.
Bad:
    network:
      services: {web: {host: web.prod.svc.cluster.local, port: 80, protocol: http}}
      calls: [{from: trainers, to: web, pool: {max: 10}}]
Good:
    network:
      services:
        web: {host: web.prod.svc.cluster.local, port: 80, protocol: http, labels: {app: web}}
      calls: [{from: trainers, to: web, pool: {max: 10}}]
Source: istio/istio pilot/pkg/networking/core/cluster_builder.go (inbound clusters)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy, pools
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.model.network import Service

RULE = rule(__doc__, "MSH039", "pool-reaches-own-app", Severity.WARNING)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every rule for a service of the model whose pods have sidecars."""
    for item in ctx.of_kind("DestinationRule"):
        service = pools.service(ctx, pools.host(ctx, item))
        if service is None or not service.sidecar or service.protocol.pings:
            continue
        for pool in (one for policy in pools.policies(item) for one in (policy.pool, *policy.ports)):
            most = pool.get("tcp", "maxConnections")
            if isinstance(most, int) and pool.subset is None and not _spared(ctx, service):
                yield _report(ctx, item, pool, service, most)


def _spared(ctx: Context, service: Service) -> bool:
    return any(_overrides(sidecar, service) for sidecar in ctx.of_kind("Sidecar"))


def _overrides(sidecar: Item, service: Service) -> bool:
    """Whether a Sidecar of their namespace selects the pods behind a service and has a pool of its own for them."""
    wanted = envoy.selector(sidecar)
    fits = all(key in service.labels and service.labels[key].value == value for key, value in wanted.items())
    own = "inboundConnectionPool" in look.mapping(sidecar.value.get("spec"))
    return own and sidecar.ref.namespace == service.namespace and (fits or not service.labels)


def _report(ctx: Context, item: Item, pool: pools.Pool, service: Service, most: int) -> Diagnostic:
    return ctx.report(
        RULE, item, (*pool.route, "tcp", "maxConnections"),
        f"the sidecars of {service.name} open no more than {most} connections to their own app, for all callers together",
        f"state the `labels` of its pods on the service {service.name}, or add a Sidecar that selects them and has "
        "`inboundConnectionPool: {tcp: {connectTimeout: 10s}}`",
    )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"DestinationRule", "Sidecar", "knobs"}), run=check)
