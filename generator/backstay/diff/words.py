"""Fields in words: a route through an object with the entries of its lists by name.

`spec.template.spec.containers[main].env[STORE].value`, and `data.providers (minio.default.endpoint)` for what
stands inside a text.
"""

from collections.abc import Mapping
from typing import Final

from backstay.core.route import Route, show
from backstay.diff.lists import identity, merge_key

_LONGEST: Final = 1000  # characters: the keys of a live object may have any length


def in_words(root: object, route: Route, inside: Route = (), last: object = None) -> str:
    """A route below `root` whose end is `last`, and the way on inside the text that stands there."""
    words = ""
    here = root
    for index, step in enumerate(route):
        below = last if index == len(route) - 1 else _below(here, step)
        name = _name(below, route[index - 1]) if isinstance(step, int) and index else None
        words += _step(step, first=not words) if name is None else f"[{name}]"
        here = below
    words = f"{words} ({show(inside)})" if inside else words
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def _step(step: str | int, *, first: bool) -> str:
    text = show((step,))
    return text if first or text.startswith("[") else f".{text}"


def _name(entry: object, field: object) -> str | None:
    """What tells an entry of a list apart, for people; None where only its position does."""
    keys = merge_key(field, [entry])
    told = identity(entry, keys) if keys else None
    return None if told is None else "/".join(str(part) for part in told if part != "") or "*"


def _below(value: object, step: str | int) -> object:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None
