"""Plain values to YAML text: block style, one order, one form for each value.

Existing dumpers leave texts unquoted that YAML 1.1 readers take for something else, or are twenty times slower
than this needs to be; what an emitter of plain values has to do fits on a page. `scalar` has the quoting rule.
"""

from collections.abc import Callable
from functools import lru_cache

from backstay.core.manifest import Plain
from backstay.text.scalar import one_line, scalar

_FIRST = {key: rank for rank, key in enumerate(("apiVersion", "kind", "metadata", "name", "namespace"))}
_STEP = "  "
_SHORT = 200  # longer texts would bloat the caches
_LONGEST_KEY = 1000  # YAML 1.2.2, 7.4.2: an implicit key ends within 1024 characters

Add = Callable[[str], None]


def dump(value: dict[str, Plain]) -> str:
    """The YAML document of a map, ending in one newline; equal values give equal text.

    Keys that identify an object come first, then the others by code point; lists keep their order. Raises
    ValueError for a value that readers would not agree on (see `scalar`) and for a key of over 1000 characters.
    """
    if not value:
        return "{}\n"
    out: list[str] = []
    _map(value, "\n", "\n", out.append)
    return "".join(out)[1:] + "\n"


def _map(value: dict[str, Plain], lead: str, pad: str, add: Add) -> None:
    """`lead` starts the first line, `pad` (a newline and the indentation) the others."""
    for key, name in _order(tuple(value)):
        _below(value[key], lead + name, pad + _STEP, add)
        lead = pad


def _list(value: list[Plain], lead: str, pad: str, add: Add) -> None:
    inner = pad + _STEP
    for item in value:
        if isinstance(item, dict) and item:
            _map(item, lead + "- ", inner, add)
        elif isinstance(item, list) and item:
            _list(item, lead + "- ", inner, add)
        else:
            _below(item, lead + "-", inner, add)
        lead = pad


def _below(value: Plain, lead: str, pad: str, add: Add) -> None:
    """What follows a key or a dash: a container on lines of its own, a scalar after a blank."""
    if isinstance(value, str) and len(value) < _SHORT and "\n" not in value:
        add(f"{lead} {one_line(value)}")
    elif isinstance(value, dict) and value:
        add(lead)
        _map(value, pad, pad, add)
    elif isinstance(value, list) and value:
        add(lead)
        _list(value, pad, pad, add)
    else:
        add(f"{lead} {scalar(value, pad)}")


@lru_cache(maxsize=4096)
def _order(keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Keys in output order, each with its text and colon. Objects of one kind share their sets of keys."""
    return tuple(
        (key, _name(key)) for key in sorted(keys, key=lambda key: (_FIRST.get(key, len(_FIRST)), key))
    )


def _name(key: str) -> str:
    text = one_line(key)
    if len(text) > _LONGEST_KEY:
        raise ValueError(f"no YAML form for a key of {len(text)} characters")
    return text + ":"
