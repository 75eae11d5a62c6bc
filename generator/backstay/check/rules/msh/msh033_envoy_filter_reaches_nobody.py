"""An EnvoyFilter that is attached in a way that its proxies ignore.

Sidecars ignore every filter with `targetRefs`; waypoints ignore `workloadSelector` and filters without `targetRefs`;
ztunnel takes none. `targetRefs` point at a Gateway, Service or ServiceEntry beside the filter, or at a GatewayClass
from the root namespace. CLUSTER MERGE does nothing on a waypoint's own clusters, and its listeners are patched in the
context SIDECAR_INBOUND, never in GATEWAY. A gateway takes filters from its own namespace and the root namespace only. A
warning where the selector is there but empty: it takes every pod of the namespace.

Not judged: whether pods with these labels exist; whether a Gateway is a waypoint where the spec names none.

Breaks: the patch is applied to nothing, without an error; or to a whole namespace.
Bad:
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: keepalive, namespace: shop}
    spec:
      priority: 10
      targetRefs: [{group: "", kind: Service, name: orders}]
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
Source: istio/istio pilot/pkg/model/policyattachment.go, pilot/pkg/networking/core/cluster.go (waypoints); istio/api networking/v1alpha3/envoy_filter.proto
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy, way
from backstay.check.rules.msh.envoy import Patch
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, unsafe
from backstay.core.route import Route
from backstay.model.gateway import Gateway, GatewayKind
from backstay.model.network import GatewayKnobs
from backstay.model.parts import DataPlane

RULE = rule(__doc__, "MSH033", "envoy-filter-reaches-nobody")

_BESIDE = frozenset({"Gateway", "Service", "ServiceEntry"})
_WAYPOINT_ONLY = frozenset({"Service", "ServiceEntry", "GatewayClass", "Waypoint"})
_SIDECARS = frozenset({"SIDECAR_INBOUND", "SIDECAR_OUTBOUND"})


_INBOUND = "write `context: SIDECAR_INBOUND`"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge how every EnvoyFilter is attached."""
    for item in ctx.of_kind("EnvoyFilter"):
        attached = envoy.target_refs(item)
        patches = list(envoy.patches_of(item))
        yield from _by_reference(ctx, item, patches) if attached else _by_selector(ctx, item, patches)


def _by_reference(ctx: Context, item: Item, patches: list[Patch]) -> Iterator[Diagnostic]:
    if look.at(item.value, "spec", "workloadSelector") is not None:
        yield ctx.report(RULE, item, ("spec", "workloadSelector"), "a filter with `targetRefs` may have no `workloadSelector`",
                         "keep `workloadSelector` for sidecars, `targetRefs` for waypoints and Gateway API gateways")  # fmt: skip
    kinds, gateways = (
        set(),
        {one.gateway.resource.value for one in way.gateways(ctx) if _is_waypoint(one, item)},
    )
    for ref, route in look.entries(look.at(item.value, "spec", "targetRefs"), ("spec", "targetRefs")):
        kind = look.text(ref.get("kind")) or ""
        kinds.add("Waypoint" if kind == "Gateway" and look.text(ref.get("name")) in gateways else kind)
        for message, help_ in _target(ctx, item, kind):
            yield ctx.report(RULE, item, (*route, "kind"), message, help_)
    for patch in patches:
        for route, message, help_ in _on_waypoints(patch, kinds):
            mended = unsafe(_INBOUND, Edit(route, "SIDECAR_INBOUND")) if help_ == _INBOUND else None
            yield ctx.report(RULE, item, route, message, help_, fix=mended)


def _is_waypoint(knobs: GatewayKnobs, item: Item) -> bool:
    gateway = knobs.gateway
    return gateway.kind is GatewayKind.WAYPOINT and gateway.namespace.value == item.ref.namespace


def _target(ctx: Context, item: Item, kind: str) -> Iterator[tuple[str, str]]:
    if kind not in _BESIDE | {"GatewayClass"}:
        yield (
            f"`{kind}` is nothing that an EnvoyFilter can be attached to",
            "name a Gateway, GatewayClass, Service or ServiceEntry",
        )
    elif kind == "GatewayClass" and item.ref.namespace != envoy.root_namespace(ctx):
        root = envoy.root_namespace(ctx)
        yield (
            f"a GatewayClass is only honoured from the root namespace `{root}`",
            f"move the filter to `{root}`, or name a Gateway",
        )


def _on_waypoints(patch: Patch, kinds: set[str]) -> Iterator[tuple[Route, str, str]]:
    if patch.context == "SIDECAR_OUTBOUND":
        yield (
            (*patch.route, "match", "context"),
            "sidecars ignore filters with `targetRefs`",
            "select the sidecars by `workloadSelector`",
        )
    elif patch.context == "GATEWAY" and kinds and kinds <= _WAYPOINT_ONLY:
        yield (
            (*patch.route, "match", "context"),
            "a waypoint's listeners are patched in the context SIDECAR_INBOUND only",
            _INBOUND,
        )
    elif (
        patch.apply_to == "CLUSTER"
        and patch.operation.startswith("MERGE")
        and kinds
        and kinds <= _WAYPOINT_ONLY
    ):
        yield (
            (*patch.route, "applyTo"),
            "a waypoint's own clusters take no MERGE",
            "use a DestinationRule, which waypoints honour",
        )


def _by_selector(ctx: Context, item: Item, patches: list[Patch]) -> Iterator[Diagnostic]:
    mesh = way.mesh(ctx)
    for patch in patches if mesh and mesh.data_plane is DataPlane.AMBIENT else ():
        if patch.context in _SIDECARS:
            yield ctx.report(RULE, item, (*patch.route, "match", "context"), "an ambient mesh has no sidecars, and nothing takes the patch",
                             "put a waypoint in front and attach the filter to it by `targetRefs`")  # fmt: skip
    for knobs in way.gateways(ctx):
        yield from _elsewhere(ctx, item, patches, knobs.gateway)
    selector = look.at(item.value, "spec", "workloadSelector")
    if selector is not None and not envoy.selector(item):
        yield ctx.report(RULE, item, ("spec", "workloadSelector"), f"the empty selector takes every pod of `{item.ref.namespace}`",
                         "write the pods' labels; in a spec, state the service's `labels`", Severity.WARNING)  # fmt: skip


def _elsewhere(ctx: Context, item: Item, patches: list[Patch], gateway: Gateway) -> Iterator[Diagnostic]:
    """A filter with the labels of a gateway, in a namespace that the gateway takes none from."""
    labels = {key: label.value for key, label in gateway.labels.items()}
    homes = {gateway.namespace.value, envoy.root_namespace(ctx)}
    meant = gateway.kind is GatewayKind.ISTIO and any(patch.context == "GATEWAY" for patch in patches)
    if meant and envoy.selector(item) == labels and item.ref.namespace not in homes:
        yield ctx.report(RULE, item, ("metadata", "namespace"),
                         f"gateway `{gateway.name}` takes no filters from `{item.ref.namespace}`",
                         f"move the filter to `{gateway.namespace.value}`")  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"EnvoyFilter", "mesh", "gateways"}), run=check)
