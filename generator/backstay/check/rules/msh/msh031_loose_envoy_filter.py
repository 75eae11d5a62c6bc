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
    spec: {configPatches: [{applyTo: NETWORK_FILTER, patch: {operation: MERGE, value: {typed_config: {...}}}}]}
Good:
    spec:
      priority: 10
      workloadSelector: {labels: {app: orders}}
      configPatches:
      - applyTo: NETWORK_FILTER
        match:
          context: SIDECAR_INBOUND
          listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}
        patch: {operation: MERGE, value: {...}}
Source: istio/istio pilot/pkg/networking/core/envoyfilter/listener_patch.go, pkg/proto/merge/merge.go, pilot/pkg/model/push_context.go (EnvoyFilters); istio/api networking/v1alpha3/envoy_filter.proto
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy
from backstay.check.rules.msh.envoy import Patch
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.route import Route
from backstay.upstream.istio import FILTER_TYPES, HCM, OLD_FILTER_NAMES

RULE = rule(__doc__, "MSH031", "loose-envoy-filter")

_ANY = "ANY"
_ON_FILTERS = frozenset({"NETWORK_FILTER", "HTTP_FILTER"})
_UNNAMED = {
    "MERGE": "meets every one",
    "MERGE_AND_REPLACE_LIST": "meets every one",
    "REPLACE": "does nothing",
    "REMOVE": "does nothing",
}
_UNNAMED_ON_CHAINS = _UNNAMED | {
    "INSERT_BEFORE": "goes first in every chain",
    "INSERT_AFTER": "goes last in every chain",
}
_WITHOUT_MATCH = frozenset({"BOOTSTRAP"})


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every EnvoyFilter's priority and reach, then every patch."""
    for item in ctx.of_kind("EnvoyFilter"):
        patches = list(envoy.patches_of(item))
        if patches and not item.partial and look.at(item.value, "spec", "priority") is None:
            yield _unordered(ctx, item)
        for patch in patches:
            for route, message, help_ in (
                *_reach(ctx, patch),
                *_names(patch),
                *_old_names(ctx, patch),
                *_types(patch),
            ):
                yield ctx.report(RULE, item, route, message, help_)


def _unordered(ctx: Context, item: Item) -> Diagnostic:
    rival = next((other for other in ctx.of_kind("EnvoyFilter") if _rivals(ctx, item, other)), None)
    against = f" against {rival.ref}" if rival else ""
    return ctx.report(
        RULE,
        item,
        ("spec",),
        f"there is no `priority`: the order of patches{against} hangs on creation times",
        "write `priority:`, in steps of 10",
        None if rival else Severity.WARNING,
    )


def _rivals(ctx: Context, one: Item, other: Item) -> bool:
    """Whether two filters may reach one proxy, at the default priority, and patch the same sort of thing."""
    spaces = {one.ref.namespace, other.ref.namespace}
    near = len(spaces) == 1 or envoy.root_namespace(ctx) in spaces
    tied = not look.at(other.value, "spec", "priority")
    shared = {patch.apply_to for patch in envoy.patches_of(one)} & {
        patch.apply_to for patch in envoy.patches_of(other)
    }
    return other is not one and near and tied and bool(shared)


def _reach(ctx: Context, patch: Patch) -> Iterator[tuple[Route, str, str]]:
    narrowed = envoy.selector(patch.item) or envoy.target_refs(patch.item)
    if patch.apply_to in _WITHOUT_MATCH:
        return
    if (
        patch.context in {_ANY, None}
        and patch.item.ref.namespace == envoy.root_namespace(ctx)
        and not narrowed
    ):
        yield (
            (*patch.route, "match", "context"), "the patch reaches every proxy of the mesh, gateways included",
            "write one `context`, and a `workloadSelector` in the workloads' own namespace",
        )  # fmt: skip
    elif patch.context is None:
        yield (
            (*patch.route, "match"), "without `context` the patch reaches inbound, outbound and gateway proxies alike",
            "write `context: SIDECAR_INBOUND`, `SIDECAR_OUTBOUND` or `GATEWAY`",
        )  # fmt: skip


def _names(patch: Patch) -> Iterator[tuple[Route, str, str]]:
    route = (*patch.route, "match", "listener")
    if patch.apply_to == "NETWORK_FILTER" and envoy.filter_name(patch) is None:
        effect = _UNNAMED_ON_CHAINS.get(patch.operation)
        help_ = f"write `filterChain: {{filter: {{name: {HCM}}}}}`"
    elif patch.apply_to == "HTTP_FILTER" and envoy.sub_filter_name(patch) is None:
        effect = _UNNAMED.get(patch.operation)
        help_ = "write `subFilter: {name: ...}` below `filterChain.filter`"
    else:
        effect, help_ = None, ""
    if effect is not None:
        yield route, f"{patch.operation} names no filter, and {effect}", help_


def _old_names(ctx: Context, patch: Patch) -> Iterator[tuple[Route, str, str]]:
    """Names that no supported Istio knows any more; one that nobody named may be older than these."""
    for name in (envoy.filter_name(patch), envoy.sub_filter_name(patch)) if "istio" in ctx.versions else ():
        if name in OLD_FILTER_NAMES:
            route = (*patch.route, "match", "listener")
            yield route, f"`{name}` is an old name, and matches nothing", f"write `{OLD_FILTER_NAMES[name]}`"


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


CHECK = Check(RULE, reads=frozenset({"EnvoyFilter"}), run=check)
