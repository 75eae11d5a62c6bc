"""Who set a field last: `metadata.managedFields` read along a route.

Source: structured-merge-diff fieldpath (`f:` a field, `k:` an entry by its keys, `.` the thing itself). A leaf of that
tree is owned with everything below it. Entries by their values (`v:`) are left out: another value is another entry.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from backstay.core.route import Route
from backstay.diff.change import Setter

_DEFAULTS: Final[Mapping[str, object]] = {"protocol": "TCP"}
_LONGEST: Final = 200  # characters of a manager's name or a time


def setter(actual: Mapping[str, object], planned: object, route: Route) -> Setter | None:
    """Who last set the field at a route of the planned object; None where the object does not say."""
    found = [entry for entry in _entries(actual) if _owns(entry.get("fieldsV1"), planned, route)]
    if not found:
        return None
    last = max(found, key=lambda entry: _text(entry.get("time")))
    return Setter(_text(last.get("manager")), _text(last.get("operation")), _text(last.get("time")))


def _entries(actual: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    metadata = actual.get("metadata")
    managed = metadata.get("managedFields") if isinstance(metadata, Mapping) else None
    return (
        (entry for entry in managed if isinstance(entry, Mapping)) if isinstance(managed, list) else iter(())
    )


def _owns(fields: object, planned: object, route: Route) -> bool:
    """Whether a tree of owned fields holds the route, or a leaf above it."""
    for step in route:
        if not isinstance(fields, Mapping):
            return False
        if not fields.keys() - {"."}:
            return True
        planned = _below(planned, step)
        fields = fields.get(f"f:{step}") if isinstance(step, str) else _entry(fields, planned)
    return isinstance(fields, Mapping)


def _entry(fields: Mapping[str, object], planned: object) -> object:
    """What is owned of a list's entry that has the keys of the planned one."""
    if not isinstance(planned, Mapping):
        return None
    return next((below for name, below in fields.items() if _names(name, planned)), None)


def _names(name: str, planned: Mapping[str, object]) -> bool:
    if not name.startswith("k:"):
        return False
    try:
        keys = json.loads(name[2:])
    except ValueError:
        return False
    return isinstance(keys, dict) and all(
        planned.get(k, _DEFAULTS.get(k)) == value for k, value in keys.items()
    )


def _below(value: object, step: str | int) -> object:
    if isinstance(value, Mapping):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _text(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
