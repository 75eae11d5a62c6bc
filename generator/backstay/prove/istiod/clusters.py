"""CLUSTER patches.

istio/istio pilot/pkg/networking/core/envoyfilter/cluster_patch.go and core/cluster.go buildClusters. Each cluster is a
call of its own: a panic costs it its remaining patches and no other cluster anything.
"""

from functools import partial

from backstay.prove.istiod.chains import merge_socket
from backstay.prove.istiod.envoy_filter import MESSAGES, ApplyTo, Operation, Patch
from backstay.prove.istiod.group import Group, copy_of
from backstay.prove.istiod.match import fits_cluster
from backstay.prove.istiod.merge import merge
from backstay.prove.istiod.shape import Struct, become, struct, structs, text
from backstay.prove.istiod.words import Context, NoteKind, Panicked

_OPTIONS = "typed_extension_protocol_options"
_INBOUND_PASSTHROUGH = "InboundPassthroughCluster"
_ADDED_FOR_ANY = frozenset({Context.SIDECAR_OUTBOUND, Context.GATEWAY})


def is_inbound(cluster: Struct) -> bool:
    """Whether a sidecar's cluster leads to its own pod."""
    name = text(cluster, "name")
    return name.startswith("inbound|") or name == _INBOUND_PASSTHROUGH


def keeps_cluster(cluster: Struct, group: Group) -> bool:
    """Patch one cluster in place; False when it is removed."""
    try:
        return all(_keeps(cluster, patch, group) for patch in group.of(ApplyTo.CLUSTER))
    except Panicked:
        return True


def added_clusters(group: Group, taken: set[str]) -> list[Struct]:
    """The clusters that ADD patches bring; one whose name is `taken` already is dropped."""
    added = []
    for patch in group.of(ApplyTo.CLUSTER):
        anywhere = patch.context is Context.ANY and group.context not in _ADDED_FOR_ANY
        if patch.operation is not Operation.ADD or anywhere:
            continue
        name = text(patch.value, "name")
        if name in taken:
            group.say(patch, NoteKind.SKIPPED, f"there is a cluster `{name}` already")
            continue
        taken.add(name)
        group.met(patch)
        added.append(copy_of(patch))
    return added


def _keeps(cluster: Struct, patch: Patch, group: Group) -> bool:
    if not fits_cluster(cluster, patch):
        return True
    if patch.operation is Operation.REMOVE:
        group.met(patch)
        return False
    if patch.merges:
        group.attempt(patch, partial(_merge, cluster, patch, group))
    return True


def _merge(cluster: Struct, patch: Patch, group: Group) -> None:
    if struct(patch.value, "transport_socket"):
        _merge_socket(cluster, struct(patch.value, "transport_socket"), patch, group)
        return
    _tell_lost(cluster, patch, group)
    become(
        cluster, merge(cluster, patch.value, MESSAGES[ApplyTo.CLUSTER], replace_lists=patch.replaces_lists)
    )


def _merge_socket(cluster: Struct, theirs: Struct, patch: Patch, group: Group) -> None:
    """A value with a transport socket is only that: merged into the one of its name, or put in its place."""
    if len(patch.value) > 1:
        others = ", ".join(sorted(set(patch.value) - {"transport_socket"}))
        group.say(
            patch,
            NoteKind.SKIPPED,
            f"with a transport_socket in the value istiod reads nothing else: {others}",
        )
    choices = structs(cluster, "transport_socket_matches")
    sockets = [struct(choice, "transport_socket") for choice in choices] or [
        struct(cluster, "transport_socket")
    ]
    ours = next(
        (socket for socket in sockets if socket and text(socket, "name") == text(theirs, "name")), None
    )
    if ours is not None:
        merge_socket(ours, theirs)
    elif not choices:
        cluster["transport_socket"] = copy_of(patch)["transport_socket"]
    else:
        told = f"`{text(cluster, 'name')}` has no transport socket match of that name"
        group.say(patch, NoteKind.SKIPPED, told)


def _tell_lost(cluster: Struct, patch: Patch, group: Group) -> None:
    """Protocol options are a map: the entry is replaced whole, and what Istio or a DestinationRule put there is gone."""
    for key, new in struct(patch.value, _OPTIONS).items():
        old = struct(cluster, _OPTIONS).get(key)
        left = _leaves(new)
        lost = [leaf for leaf in _leaves(old) if not any(f"{each}.".startswith(f"{leaf}.") for each in left)]
        if lost:
            told = f"`{text(cluster, 'name')}` loses what was in {key.rpartition('.')[2]}: {', '.join(lost)}"
            group.say(patch, NoteKind.REPLACED, told)


def _leaves(value: object, at: str = "") -> list[str]:
    """The routes of a value's leaves; an empty struct is a leaf, for in protobuf it says something."""
    if not isinstance(value, dict):
        return [at] if value is not None else []
    inside = [leaf for key, item in value.items() for leaf in _leaves(item, f"{at}.{key}" if at else key)]
    return inside or [at]
