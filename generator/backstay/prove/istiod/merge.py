"""Protobuf's merge, on values in their settled form (see `values`).

Scalars overwrite, messages recurse, lists append, map entries are replaced whole, setting one member of a oneof
clears the others, and a wrapped zero cannot overwrite anything, because a wrapper is a message whose only field is
unset (google.golang.org/protobuf `proto.Merge`). Istio differs in one thing: a Duration is replaced, not merged
(istio/istio pkg/proto/merge/merge.go), so that `0s` overwrites.
"""

from copy import deepcopy

from backstay.core.manifest import Plain
from backstay.prove.istiod.fields import Field, Fields, Shape, fields_of, message_of
from backstay.prove.istiod.shape import Struct
from backstay.prove.istiod.words import Panicked

_KEYED = frozenset({"google.protobuf.Struct", "google.protobuf.Value"})
_OPAQUE: Fields = {}


def merge(into: Struct, value: Struct, message: str, *, replace_lists: bool = False) -> Struct:
    """`into` with `value` merged over it, both of the message; neither is changed.

    `replace_lists` is the operation MERGE_AND_REPLACE_LIST: a list in `value` takes the place of the one in `into`.
    A message that the field table lacks merges by the looks of its values.
    """
    fields = fields_of(message) or _OPAQUE
    out = dict(into)
    for name, item in deepcopy(value).items():
        spec = fields.get(name)
        _clear_oneof(out, name, spec, fields)
        out[name] = _merged(out.get(name), item, spec, replace_lists=replace_lists)
    return out


def merge_any(into: Struct, value: Struct) -> Struct:
    """Two `Any`s unpacked, merged and packed again; lists inside always append.

    `Panicked` when their types differ: istiod asks protobuf to merge the one into the other all the same
    (pilot/pkg/networking/util MergeAnyWithAny, pkg/proto/merge "descriptor mismatch").
    """
    ours, theirs = message_of(str(into.get("@type"))), message_of(str(value.get("@type")))
    if ours != theirs:
        raise Panicked(f"descriptor mismatch: {ours} != {theirs}")
    return merge(into, value, ours)


def _clear_oneof(out: Struct, name: str, spec: Field | None, fields: Fields) -> None:
    if spec is not None and spec.oneof:
        for other, its in fields.items():
            if other != name and its.oneof == spec.oneof:
                out.pop(other, None)


def _merged(old: Plain, new: Plain, spec: Field | None, *, replace_lists: bool) -> Plain:
    if isinstance(new, list):
        return new if replace_lists or not isinstance(old, list) else old + new
    if not isinstance(new, dict) or not isinstance(old, dict):
        return old if spec is not None and spec.wrapped and not _counts(new) and old is not None else new
    if spec is not None and (spec.shape is Shape.MAP or spec.kind in _KEYED):
        return {**old, **new}
    if spec is not None and spec.kind == "google.protobuf.Any":
        return new
    return merge(old, new, spec.kind if spec else "", replace_lists=replace_lists)


def _counts(wrapped: Plain) -> bool:
    """Whether a wrapper's value is one that protobuf sees set."""
    return wrapped not in (False, 0, "", "0")
