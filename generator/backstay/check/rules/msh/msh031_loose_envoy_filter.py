"""An EnvoyFilter that does not say exactly what it patches.

Without `context` it means every proxy and every direction; without `priority` its order against other filters hangs on
creation times; without a filter's name a MERGE also meets filters of another type, which makes istiod's patching panic
and leave out all later patches of that listener; so does an `@type` that is not the named filter's. Names of old (such
as envoy.http_connection_manager) match nothing since Istio 1.19. In the root namespace with ANY and no selector it
changes the whole mesh.

A missing priority is a warning as long as no other filter at hand could reach the same proxies at the same priority and
patch the same sort of thing.

Not judged: filters whose type is not known here, and names of old where it is not known which Istio runs.

Breaks: pings where nobody wanted them; or a panic in istiod, after which patches are missing without an error.
Bad:
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: keepalive, namespace: shop}
    spec:
      workloadSelector: {labels: {app: orders}}
      configPatches:
        - applyTo: CLUSTER
          match: {context: SIDECAR_OUTBOUND, cluster: {service: orders.shop.svc.cluster.local}}
          patch: {operation: MERGE, value: {connect_timeout: 1s}}
Good:
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: keepalive, namespace: shop}
    spec:
      priority: 10
      workloadSelector: {labels: {app: orders}}
      configPatches:
        - applyTo: CLUSTER
          match: {context: SIDECAR_OUTBOUND, cluster: {service: orders.shop.svc.cluster.local}}
          patch: {operation: MERGE, value: {connect_timeout: 1s}}
Source: istio/istio pilot/pkg/networking/core/envoyfilter/listener_patch.go, pkg/proto/merge/merge.go, pilot/pkg/model/push_context.go (EnvoyFilters); istio/api networking/v1alpha3/envoy_filter.proto
"""

from collections.abc import Iterator
from dataclasses import replace

from backstay.check import claims, look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy
from backstay.check.rules.msh.envoy import Patch
from backstay.claims.claim import Found
from backstay.claims.mesh import MSH031, NO_CONTEXT
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, Fix, safe, under, unsafe
from backstay.core.route import Route
from backstay.upstream.istio import FILTER_TYPES, OLD_FILTER_NAMES

RULE = rule(__doc__, "MSH031", "loose-envoy-filter", MSH031.severity)

_ANY = "ANY"
_ON_FILTERS = frozenset({"NETWORK_FILTER", "HTTP_FILTER"})
_ALL = "the patch reaches every proxy of the mesh, gateways included"
_ONE = "write one `context`, and a `workloadSelector` in the workloads' own namespace"
_WITHOUT_MATCH = frozenset({"BOOTSTRAP"})


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every EnvoyFilter by itself, then beside others and in the mesh's root namespace."""
    for found in claims.judge(ctx, RULE, MSH031, _mend):
        wider = None if found.message != NO_CONTEXT else _in_root(ctx, found)
        rival = None if found.severity is not Severity.WARNING else _with_rival(ctx, found)
        yield wider or rival or found
    for patch in envoy.patches(ctx):
        if patch.context == _ANY and _reaches_all(ctx, patch.item) and patch.apply_to not in _WITHOUT_MATCH:
            yield ctx.report(RULE, patch.item, (*patch.route, "match", "context"), _ALL, _ONE)
        for route, message, help_ in _types(patch):
            yield ctx.report(RULE, patch.item, route, message, help_)


def _with_rival(ctx: Context, found: Diagnostic) -> Diagnostic | None:
    """The finding about a missing priority where another filter may come in between; it is an error then."""
    item = next(item for item in ctx.of_kind("EnvoyFilter") if item.ref == found.object)
    rival = next((other for other in ctx.of_kind("EnvoyFilter") if _rivals(ctx, item, other)), None)
    message = found.message.replace("patches", f"patches against {rival.ref}") if rival else ""
    return replace(found, message=message, severity=RULE.severity) if rival else None


def _rivals(ctx: Context, one: Item, other: Item) -> bool:
    """Whether two filters may reach one proxy, at the default priority, and patch the same sort of thing."""
    spaces = {one.ref.namespace, other.ref.namespace}
    near = len(spaces) == 1 or envoy.root_namespace(ctx) in spaces
    tied = not look.at(other.value, "spec", "priority")
    shared = {patch.apply_to for patch in envoy.patches_of(one)} & {
        patch.apply_to for patch in envoy.patches_of(other)
    }
    return other is not one and near and tied and bool(shared)


def _in_root(ctx: Context, found: Diagnostic) -> Diagnostic | None:
    """The finding about a missing context where the filter is in the root namespace and names no workload."""
    item = next(item for item in ctx.of_kind("EnvoyFilter") if item.ref == found.object)
    field = f"{(found.field or '').removesuffix('.match')}.match.context"
    return replace(found, message=_ALL, help=_ONE, field=field) if _reaches_all(ctx, item) else None


def _reaches_all(ctx: Context, item: Item) -> bool:
    narrowed = envoy.selector(item) or envoy.target_refs(item)
    return item.ref.namespace == envoy.root_namespace(ctx) and not narrowed


def _types(patch: Patch) -> Iterator[tuple[Route, str, str]]:
    name = envoy.sub_filter_name(patch) if patch.apply_to == "HTTP_FILTER" else envoy.filter_name(patch)
    config, way = envoy.within(patch.value, "typed_config")
    given = look.text(look.mapping(config).get("@type"))
    wanted = FILTER_TYPES.get(name or "")
    merges = patch.apply_to in _ON_FILTERS and patch.operation.startswith("MERGE")
    if merges and wanted and config is not None and given != wanted:
        told = (
            f"`@type` is not that of {name}: istiod panics and leaves out every later patch of the listener"
        )
        yield (*patch.value_route, *way, "@type"), told, f"write `{wanted}`"


def _mend(item: Item, found: Found) -> Fix | None:
    """The new name for an old one, and a `priority` where there is none."""
    if "priority" in found.message:
        return unsafe("write `priority: 10`", Edit(under(found.route, "priority"), 10))
    name = (*found.route, "filterChain", "filter", "name")
    sub = (*found.route, "filterChain", "filter", "subFilter", "name")
    for route in (name, sub):
        new = OLD_FILTER_NAMES.get(str(look.at(item.value, *route)))
        if f"`{new}`" in found.help:
            return safe(f"write `{new}`", Edit(route, new))
    return None


CHECK = Check(RULE, reads=frozenset({"EnvoyFilter"}), run=check)
