"""LISTENER patches, and the calls in which istiod patches a proxy's listeners.

istio/istio pilot/pkg/networking/core/listener_builder.go patchListeners: a gateway's listeners are one call; of a
sidecar's, `virtualOutbound`, `virtualInbound`, the other inbound and the other outbound ones are one call each, and
listeners are only added in the last two.
"""

from backstay.prove.istiod import match
from backstay.prove.istiod.chains import patch_chains, patch_listener_filters
from backstay.prove.istiod.envoy_filter import MESSAGES, ApplyTo, Operation
from backstay.prove.istiod.group import Group, copy_of
from backstay.prove.istiod.merge import merge
from backstay.prove.istiod.shape import Struct, become, text
from backstay.prove.istiod.words import Context, Panicked

_VIRTUAL = (match.VIRTUAL_OUTBOUND, match.VIRTUAL_INBOUND)
# an ADD without a context would otherwise come twice
_ADDED_FOR_ANY = frozenset({Context.SIDECAR_OUTBOUND, Context.GATEWAY})


def patch_listeners(listeners: list[Struct], group: Group, *, adds: bool) -> list[Struct]:
    """One call: the listeners after the group's patches, edited in place; after a panic, as far as it came."""
    try:
        kept = [listener for listener in listeners if _keeps(listener, group)]
        return [*kept, *(_added(group) if adds else [])]
    except Panicked:
        return listeners


def is_inbound(listener: Struct) -> bool:
    """Whether a sidecar's listener takes traffic for its own pod."""
    return text(listener, "name") == match.VIRTUAL_INBOUND or text(listener, "traffic_direction") == "INBOUND"


def calls_of(listeners: list[Struct]) -> list[tuple[Context, list[Struct], bool]]:
    """A sidecar's listeners in the calls that patch them: the context, the listeners, whether any are added."""
    single = [(name, [each for each in listeners if text(each, "name") == name]) for name in _VIRTUAL]
    others = [each for each in listeners if text(each, "name") not in _VIRTUAL]
    return [
        (Context.SIDECAR_OUTBOUND, single[0][1], False),
        (Context.SIDECAR_INBOUND, single[1][1], False),
        (Context.SIDECAR_INBOUND, [each for each in others if is_inbound(each)], True),
        (Context.SIDECAR_OUTBOUND, [each for each in others if not is_inbound(each)], True),
    ]


def _keeps(listener: Struct, group: Group) -> bool:
    """Patch one listener and everything in it; False when it is removed."""
    for patch in group.of(ApplyTo.LISTENER):
        if not match.fits_listener(listener, patch):
            continue
        if patch.operation is Operation.REMOVE:
            group.met(patch)
            return False
        if patch.merges:
            group.met(patch)
            merged = merge(
                listener, patch.value, MESSAGES[ApplyTo.LISTENER], replace_lists=patch.replaces_lists
            )
            become(listener, merged)
    patch_listener_filters(listener, group)
    patch_chains(listener, group)
    return True


def _added(group: Group) -> list[Struct]:
    added = []
    for patch in group.of(ApplyTo.LISTENER):
        anywhere = patch.context is Context.ANY and group.context not in _ADDED_FOR_ANY
        if patch.operation is Operation.ADD and not anywhere:
            group.met(patch)
            added.append(copy_of(patch))
    return added
