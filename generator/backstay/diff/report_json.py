"""Changes as JSON: version 1 of a contract, one object a change."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from backstay.core.route import show
from backstay.diff.change import Change

VERSION: Final = 1


def to_json(changes: Sequence[Change], diagnostics: Sequence[Mapping[str, object]] = ()) -> str:
    """`{"version": 1, "changes": [...], "diagnostics": [...]}`, ending in a newline, in ASCII: what a cluster says may be no text at all.

    `diagnostics` are findings about the changes as plain values, in the form that `check --format json` has.
    """
    value = {"version": VERSION, "changes": [as_value(c) for c in changes], "diagnostics": list(diagnostics)}
    return json.dumps(value, indent=2) + "\n"


def as_value(change: Change) -> dict[str, object]:
    """One change in plain values; what it does not have is null, or empty in texts and lists."""
    ref, place, setter = change.ref, change.place, change.setter
    return {
        "cluster": change.cluster,
        "kind": change.kind.value,
        "object": {"apiVersion": ref.apiVersion, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name},
        "field": show(change.field),
        "inside": show(change.inside),
        "words": change.words,
        "planned": change.planned,
        "actual": change.actual,
        "place": {"file": place.file, "line": place.line, "column": place.column, "path": place.path},
        "origins": [{"kind": o.kind.value, "ref": o.ref, "note": o.note} for o in change.origins],
        "file": change.file,
        "setBy": None if setter is None else {
            "manager": setter.manager, "operation": setter.operation, "time": setter.time,
        },
        "note": change.note,
    }  # fmt: skip
