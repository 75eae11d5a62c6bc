"""Plain values to JSON text: keys by code point, one entry a line, so that a diff shows what changed."""

import json
from collections.abc import Mapping

_STEP = " "
_encode = json.JSONEncoder(sort_keys=True, allow_nan=False).encode  # made once: `json.dumps` makes one a call


def dump(value: Mapping[str, object]) -> str:
    """The JSON text of an object, ending in one newline; equal values give equal text.

    Below the top, a container that holds no other container stands on one line. Only ASCII is written, the rest
    as escapes. Raises ValueError for nan and infinities, which JSON lacks.
    """
    return _over_lines(value, "\n") + "\n" if value else "{}\n"


def _dump(value: object, pad: str) -> str:
    if not isinstance(value, dict | list) or _is_flat(value):
        return _encode(value)
    if isinstance(value, dict):
        return _over_lines(value, pad)
    inner = pad + _STEP
    return "[" + ",".join(inner + _dump(item, inner) for item in value) + pad + "]"


def _over_lines(value: Mapping[str, object], pad: str) -> str:
    inner = pad + _STEP
    entries = (f"{inner}{_encode(key)}: {_dump(value[key], inner)}" for key in sorted(value))
    return "{" + ",".join(entries) + pad + "}"


def _is_flat(value: dict[str, object] | list[object]) -> bool:
    below = value.values() if isinstance(value, dict) else value
    return not any(isinstance(item, dict | list) for item in below)
