"""A keepalive without a timeout, or with a time that Envoy or Istio refuses.

`interval: 0s` does not turn pings off: Envoy rejects it, as anything below one millisecond. EnvoyFilter values are not
checked when they are applied, so the whole listener or cluster update is refused later, at the proxies.

Not judged: values that are no duration (the schemas judge those).

Breaks: the proxies keep their old configuration, silently, for this and every later change of that listener.
Bad:
    # --platform istio=1.31
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: api, namespace: shop}
    spec:
      host: api
      trafficPolicy: {connectionPool: {http: {http2KeepAlive: {interval: 0s, timeout: 20s}}}}
Good:
    # --platform istio=1.31
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: api, namespace: shop}
    spec:
      host: api
      trafficPolicy: {connectionPool: {http: {http2KeepAlive: {interval: 60s, timeout: 20s}}}}
Source: envoy api/envoy/config/core/v3/protocol.proto (KeepaliveSettings); istio/istio pkg/config/validation (http2KeepAlive)
"""

from collections.abc import Iterator, Mapping

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy, pools
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, unsafe
from backstay.core.route import Route

RULE = rule(__doc__, "MSH003", "keepalive-refused")

_LEAST_MS = 1
_FIELDS = ("interval", "timeout", "connection_idle_interval")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the keepalives of EnvoyFilters and DestinationRules."""
    for patch in envoy.patches(ctx):
        for pings, route in envoy.keepalives(patch):
            yield from _judge(ctx, patch.item, pings, route, ("timeout",))
    for item in ctx.of_kind("DestinationRule"):
        for pool in pools.pools(item):
            if isinstance(pool.get("http", "http2KeepAlive"), Mapping):
                route = (*pool.route, "http", "http2KeepAlive")
                yield from _judge(
                    ctx, item, pool.pings, route, () if item.partial else ("interval", "timeout")
                )


def _judge(
    ctx: Context, item: Item, pings: Mapping[str, object], route: Route, needed: tuple[str, ...]
) -> Iterator[Diagnostic]:
    for name in _FIELDS:
        value, way = envoy.within(pings, name)
        if value is None and name in needed:
            yield ctx.report(
                RULE,
                item,
                route,
                f"the keepalive has no `{name}`, and is refused",
                f"add `{name}: {_usual(name)}`",
                fix=unsafe(f"add `{name}: {_usual(name)}`", Edit((*route, name), _usual(name))),
            )
        elif (found := envoy.milliseconds(value)) is not None and found < _LEAST_MS:
            message = f"`{name}: {look.text(value)}` is refused: it has to be at least 1ms"
            fix = (
                unsafe(f"write `{_usual(name)}`", Edit((*route, *way), _usual(name)))
                if name == "timeout"
                else None
            )
            yield ctx.report(RULE, item, (*route, *way), message, _help(name), fix=fix)


def _usual(name: str) -> str:
    return "60s" if name == "interval" else "20s"


def _help(name: str) -> str:
    return (
        f"write `{name}: {_usual(name)}`"
        if name == "timeout"
        else f"leave `{name}` out where nothing is to be pinged"
    )


CHECK = Check(RULE, reads=frozenset({"DestinationRule", "EnvoyFilter"}), run=check)
