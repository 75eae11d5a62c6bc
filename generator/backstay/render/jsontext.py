"""Plain values to JSON text: keys by code point, one entry a line, so that a diff shows what changed."""

import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring_ascii as quote

_STEP = " "
_CONTAINERS = (dict, list)
_encode = json.JSONEncoder(allow_nan=False).encode  # made once: `json.dumps` makes one a call


def dump(value: Mapping[str, object]) -> str:
    """The JSON text of an object, ending in one newline; equal values give equal text.

    Below the top, a container that holds no other container stands on one line. Only ASCII is written, the rest
    as escapes. Raises ValueError for nan and infinities, which JSON lacks.
    """
    return _over_lines(value, "\n") + "\n" if value else "{}\n"


def _dump(value: object, pad: str) -> str:
    if isinstance(value, dict):
        return _on_one_line(value) if _is_flat(value.values()) else _over_lines(value, pad)
    if not isinstance(value, list):
        return _scalar(value)
    if _is_flat(value):
        return f"[{', '.join(map(_scalar, value))}]"
    inner = pad + _STEP
    return f"[{','.join(inner + _dump(item, inner) for item in value)}{pad}]"


def _on_one_line(value: Mapping[str, object]) -> str:
    return f"{{{', '.join(f'{quote(key)}: {_scalar(value[key])}' for key in sorted(value))}}}"


def _over_lines(value: Mapping[str, object], pad: str) -> str:
    inner = pad + _STEP
    entries = [f"{inner}{quote(key)}: {_dump(value[key], inner)}" for key in sorted(value)]
    return f"{{{','.join(entries)}{pad}}}"


def _scalar(value: object) -> str:
    # The encoder would give the same for texts and numbers, ten times slower.
    if isinstance(value, str):
        return quote(value)
    return int.__repr__(value) if type(value) is int else _encode(value)


def _is_flat(below: Iterable[object]) -> bool:
    return not any(isinstance(item, _CONTAINERS) for item in below)
