"""The list operations that listener, network and HTTP filters share.

istio/istio pilot/pkg/networking/core/envoyfilter/listener_patch.go. Without a match on the element, INSERT_AFTER adds
at the end, INSERT_BEFORE at the beginning, and REPLACE and REMOVE do nothing.
"""

from copy import deepcopy

from backstay.prove.istiod.envoy_filter import Operation, Patch
from backstay.prove.istiod.fields import is_registered
from backstay.prove.istiod.match import fits_name
from backstay.prove.istiod.merge import merge_any
from backstay.prove.istiod.shape import Struct, struct, text

PLACING = frozenset({Operation.ADD, Operation.INSERT_FIRST, Operation.INSERT_BEFORE, Operation.INSERT_AFTER})


def edited(items: list[Struct], patch: Patch, wanted: str | None) -> list[Struct] | None:
    """The list after the patch; None when the patch does nothing to it. Merges are not done here."""
    at = next((index for index, item in enumerate(items) if fits_name(wanted, item)), None)
    if patch.operation in PLACING:
        return placed(items, patch, at, asked=wanted is not None)
    if wanted is None or at is None:
        return None
    if patch.operation is Operation.REPLACE:
        return [*items[:at], deepcopy(patch.value), *items[at + 1 :]]
    return [item for item in items if not fits_name(wanted, item)]


def placed(items: list[Struct], patch: Patch, at: int | None, *, asked: bool) -> list[Struct] | None:
    """The list with the patch's value put in, beside the element `at` when one was asked for; None if that is absent."""
    before, after = (at, None if at is None else at + 1) if asked else (0, len(items))
    where = {
        Operation.ADD: len(items),
        Operation.INSERT_FIRST: 0,
        Operation.INSERT_BEFORE: before,
        Operation.INSERT_AFTER: after,
    }[patch.operation]
    return None if where is None else [*items[:where], deepcopy(patch.value), *items[where:]]


def merge_filter(item: Struct, patch: Patch) -> bool:
    """Merge a patch into one filter, in place: its name, and its configuration unpacked.

    False when istiod leaves the filter alone: it has no configuration, or one of a type istiod cannot unpack.
    `Panicked` when the types differ.
    """
    ours, theirs = struct(item, "typed_config"), struct(patch.value, "typed_config")
    if not ours:
        return False
    known = is_registered(str(ours.get("@type")))
    if theirs and known:
        item["typed_config"] = merge_any(ours, theirs)
    if text(patch.value, "name"):
        item["name"] = text(patch.value, "name")
    return known or not theirs
