"""A change of listeners that ends every stream through them.

Envoy replaces a listener whose configuration changes and drains the old one: what is still open after `drainDuration`
(45s) is closed. Every EnvoyFilter patch of listeners, filter chains, network or HTTP filters does that on every proxy
that it reaches. This is judged on a change, so a compile alone finds nothing.

Not judged: a priority that changes alone; other objects that change listeners.

Breaks: rolling out a keepalive that should spare long streams cuts them all, once.
Bad:
    # before
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: keepalive, namespace: shop}
    spec:
      priority: 10
      configPatches: [{applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND}, patch: {operation: REMOVE}}]
    # after
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: keepalive, namespace: shop}
    spec:
      priority: 10
      configPatches: [{applyTo: HTTP_FILTER, match: {context: SIDECAR_OUTBOUND}, patch: {operation: REMOVE}}]
Good:
    # before
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: keepalive, namespace: shop}
    spec:
      priority: 10
      configPatches: [{applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND}, patch: {operation: REMOVE}}]
    # after
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: keepalive, namespace: shop}
    spec:
      priority: 20
      configPatches: [{applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND}, patch: {operation: REMOVE}}]
Source: envoy manual (configuration/listeners/lds), istio/api mesh/v1alpha1/proxy.proto (drainDuration)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy
from backstay.core.diagnostic import Diagnostic, ObjectRef, Severity
from backstay.upstream.istio import DRAIN_SECONDS, LISTENER_PATCHES

RULE = rule(__doc__, "MSH035", "listener-change-cuts-streams", Severity.WARNING)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Find nothing: one state of the objects is no change."""
    del ctx
    yield from ()


def drains(before: Context, after: Context) -> Iterator[Diagnostic]:
    """What a change from some objects to others drains, a finding for each EnvoyFilter that comes, goes or changes."""
    old, new = _filters(before), _filters(after)
    for ref in sorted(old.keys() | new.keys()):
        was, becomes = old.get(ref), new.get(ref)
        if _listener_part(was) != _listener_part(becomes):
            ctx, item = (after, new[ref]) if ref in new else (before, old[ref])
            yield ctx.report(
                RULE, item, ("spec",),
                f"{_verb(was, becomes)} these patches drains the listeners of {_reach(ctx, item)}: streams that are "
                f"still open after {DRAIN_SECONDS}s are cut",
                "apply it while no stream has to live on, or let callers reconnect",
            )  # fmt: skip


def _filters(ctx: Context) -> dict[ObjectRef, Item]:
    return {item.ref: item for item in ctx.of_kind("EnvoyFilter")}


def _listener_part(item: Item | None) -> tuple[object, ...]:
    """What of a filter changes listeners: its patches of them and whom they reach; nothing without such patches."""
    if item is None:
        return ()
    patches = [patch for patch in envoy.patches_of(item) if patch.apply_to in LISTENER_PATCHES]
    content = [(patch.apply_to, patch.operation, patch.match, patch.value) for patch in patches]
    reach = (look.at(item.value, "spec", "workloadSelector"), envoy.target_refs(item))
    return (*reach, content) if content else ()


def _verb(was: Item | None, becomes: Item | None) -> str:
    if not _listener_part(was):
        return "adding"
    return "changing" if _listener_part(becomes) else "removing"


def _reach(ctx: Context, item: Item) -> str:
    labels = ", ".join(f"{key}={value}" for key, value in sorted(envoy.selector(item).items()))
    if item.ref.namespace == envoy.root_namespace(ctx):
        return f"pods with {labels} in the mesh" if labels else "the whole mesh"
    return (
        f"pods with {labels} in `{item.ref.namespace}`" if labels else f"every pod of `{item.ref.namespace}`"
    )


CHECK = Check(RULE, reads=frozenset({"EnvoyFilter"}), run=check, compare=drains)
