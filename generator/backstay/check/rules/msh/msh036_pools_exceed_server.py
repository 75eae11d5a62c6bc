"""All pools together hold more connections than the server accepts.

Each pod of a caller has a pool of its own: `replicas` times `pool.max`, over all callers. The server's end is what the
service states as `maxConnections`.

Not judged: pools of callers that the spec does not declare; servers of which nothing is stated.

Breaks: under load the last pods to start get "too many connections", and those that restart cannot come back.
Bad:
    network:
      clients: {shop: {replicas: 40}}
      services: {orders-db: {preset: mysql, host: db.internal, maxConnections: 151}}
      calls: [{from: shop, to: orders-db, pool: {max: 20}}]
Good:
    network:
      clients: {shop: {replicas: 40}}
      services: {orders-db: {preset: mysql, host: db.internal, maxConnections: 1000}}
      calls: [{from: shop, to: orders-db, pool: {max: 20}}]
Source: MySQL max_connections, PostgreSQL max_connections
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.fact import Fact
from backstay.model.callers import CallerPool
from backstay.model.network import Service

RULE = rule(__doc__, "MSH036", "pools-exceed-server")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the pools to every service that states how many connections it accepts."""
    if ctx.cluster is None:
        return
    for service in ctx.cluster.network.services:
        pools = [pool for pool in ctx.cluster.callers.pools if pool.service.name == service.name]
        held = sum(pool.client.replicas.value * pool.max.value for pool in pools)
        most = service.max_connections
        if most is not None and held > most.value:
            yield _report(ctx, service, pools, held, most)


def _report(
    ctx: Context, service: Service, pools: list[CallerPool], held: int, most: Fact[int]
) -> Diagnostic:
    sums = " + ".join(f"{one.client.replicas.value} x {one.max.value} of {one.client.name}" for one in pools)
    edit = way.edit(ctx, RULE.id, most) or f"let {service.name} accept {held}"
    return RULE.report(
        f"the pools to {service.name} hold up to {held} connections ({sums}), and it accepts {most.value}",
        at=look.stated(most, service.place), related=tuple(Related(look.stated(one.max, one.place), one.client.name) for one in pools),
        help=f"{edit}, or leave `pool.max` out to have it worked out",
    )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"callers", "conflicts", "services"}), run=check)
