"""A setting that the installed Istio does not know yet.

Not judged: where no Istio version is known.

Breaks: an API server drops the unknown field without an error (or refuses the object), and what it was to do is not done.
Bad:
    # --platform istio=1.30
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: api, namespace: shop}
    spec:
      host: api
      trafficPolicy: {connectionPool: {http: {http2KeepAlive: {interval: 60s, timeout: 20s}}}}
Good:
    # --platform istio=1.31
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: api, namespace: shop}
    spec:
      host: api
      trafficPolicy: {connectionPool: {http: {http2KeepAlive: {interval: 60s, timeout: 20s}}}}
Source: istio/istio release notes 1.22 (targetRefs), 1.26 (retries.backoff), 1.27 (retryBudget), 1.31 (http2KeepAlive, connectionSettings, MERGE_AND_REPLACE_LIST, budgetInterval)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import ending, envoy, pools, routes, way
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.route import Route
from backstay.upstream.catalog import ISTIO

RULE = rule(__doc__, "MSH034", "setting-newer-than-istio")

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_SETTINGS = "connectionSettings"

Use = tuple[Item, Route, str, Feature]


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every use of a setting that came with some Istio release."""
    version = ctx.versions.get("istio")
    if not version:
        return
    for item, route, name, feature in _uses(ctx):
        if not ctx.has(feature):
            since = next(span.since for span in ISTIO.spans if span.feature is feature)
            message = f"Istio {version} does not know `{name}`; {since} is the first to"
            yield ctx.report(RULE, item, route, message, f"remove it, or upgrade Istio to {since} or later")
    yield from _profiles(ctx, version)


def _profiles(ctx: Context, version: str) -> Iterator[Diagnostic]:
    """Gateways of the spec with a profile that this Istio cannot have given them."""
    for knobs in () if ctx.has(Feature.CONNECTION_SETTINGS) else way.gateways(ctx):
        timer = knobs.gateway.stream_idle or knobs.gateway.request_timeout or knobs.gateway.max_streams
        if timer is not None:
            since = next(span.since for span in ISTIO.spans if span.feature is Feature.CONNECTION_SETTINGS)
            yield RULE.report(
                f"Istio {version} does not know the connectionSettings of gateway `{knobs.gateway.name}`; {since} is the first to",
                at=knobs.gateway.place, help=f"leave them out, or upgrade Istio to {since} or later",
            )  # fmt: skip


def _uses(ctx: Context) -> Iterator[Use]:
    for item in ctx.of_kind("DestinationRule"):
        yield from _in_rule(item)
    yield from _proxy_settings(ctx)
    for item in ctx.of_kind("EnvoyFilter"):
        yield from _where(item, ("spec", "targetRefs"), Feature.TARGET_REFS)
        for patch in envoy.patches_of(item):
            if patch.operation == "MERGE_AND_REPLACE_LIST":
                route = (*patch.route, "patch", "operation")
                yield item, route, patch.operation, Feature.MERGE_AND_REPLACE_LIST
    for item in ctx.of_kind("VirtualService"):
        for _, route in look.entries(look.at(item.value, "spec", "http"), ("spec", "http")):
            yield from _where(item, (*route, "retries", "backoff"), Feature.RETRY_BACKOFF)


def _proxy_settings(ctx: Context) -> Iterator[Use]:
    """Of all proxies, of those of a pod, or where people look for it first, in a kind that never had it."""
    mesh = look.config_map(ctx, envoy.root_namespace(ctx), "istio")
    if mesh is not None and _SETTINGS in look.mapping(routes.mesh_config(ctx).get("defaultConfig")):
        yield mesh, ("data", "mesh"), _SETTINGS, Feature.CONNECTION_SETTINGS
    for item in ctx.of_kind(*_WORKLOADS):
        route = (*look.pod_spec(item)[1][:-1], "metadata", "annotations", ending.PROXY_CONFIG)
        if _SETTINGS in look.mapping(ctx.nested(look.at(item.value, *route))):
            yield item, route, _SETTINGS, Feature.CONNECTION_SETTINGS
    for item in ctx.of_kind("ProxyConfig"):
        yield from _where(item, ("spec", _SETTINGS), Feature.CONNECTION_SETTINGS)


def _in_rule(item: Item) -> Iterator[Use]:
    for policy in pools.policies(item):
        for pool in (policy.pool, *policy.ports):
            yield from _where(item, (*pool.route, "http", "http2KeepAlive"), Feature.HTTP2_KEEPALIVE)
        budget = (*policy.pool.route[:-1], "retryBudget")
        yield from _where(item, budget, Feature.RETRY_BUDGET)
        yield from _where(item, (*budget, "budgetInterval"), Feature.RETRY_BUDGET_INTERVAL)


def _where(item: Item, route: Route, feature: Feature) -> Iterator[Use]:
    if look.at(item.value, *route) is not None:
        yield item, route, str(route[-1]), feature


CHECK = Check(
    RULE,
    reads=ending.KINDS | {"DestinationRule", "EnvoyFilter", "ProxyConfig", "VirtualService", "gateways"},
    run=check,
)
