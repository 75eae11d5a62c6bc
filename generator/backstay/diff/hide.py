"""Values fit to be printed: without secrets, not too long, not too deep.

Hidden are all values of a Secret, texts under a key that is named like a secret (but not references to one), such
settings on the lines of a text, and texts that look like a secret wherever they stand. What a cluster says may
have any shape.
"""

import re
from collections.abc import Mapping
from typing import Final

from backstay.core.route import Route
from backstay.core.secret import look

HIDDEN: Final = "(hidden)"
MAX_TEXT: Final = 2**15
"""Characters of a text that are shown at most."""

_MAX_ENTRIES: Final = 200
_MAX_DEPTH: Final = 20
_CUT: Final = "(cut off)"
_SECRET_PARTS: Final = frozenset({"data", "stringData"})
_NAMED = re.compile(
    r"pass(?:word|wd|phrase)|secret|token|credential|private|api_?key|access_?key", re.IGNORECASE
)
_REFERENCE = re.compile(r"(?:name|ref|keykey|path|file|selector|id|url)\Z|\Aautomount", re.IGNORECASE)
_SETTING = re.compile(r"(?m)^([ \t]{0,80}-{0,2}\"?([\w.-]{1,80})\"?[ \t]?[:=][ \t]{0,80})(?!\$[({])(\S.*)$")
"""A line such as `password = x`, `--password=x` or `"password": x`; not one whose value is a variable."""


def fit(value: object, kind: str, route: Route, owner: str = "") -> object:
    """A value at a route of an object of a kind, ready to be printed; `owner` is the name of its list entry."""
    if kind == "Secret" and route and route[0] in _SECRET_PARTS:
        return _hidden(value)
    name = next((step for step in reversed(route) if isinstance(step, str)), "")
    return _shown(value, owner if name == "value" and owner else name, 0)


def is_secret_name(name: str) -> bool:
    """Whether a key or a variable of this name holds a secret rather than a reference to one."""
    return _NAMED.search(name) is not None and _REFERENCE.search(name) is None


def _hidden(value: object) -> object:
    """The keys of a mapping may be seen, never what they hold."""
    if isinstance(value, Mapping):
        return {str(key): HIDDEN for key in list(value)[:_MAX_ENTRIES]}
    return None if value is None else HIDDEN


def _shown(value: object, name: str, depth: int) -> object:
    if isinstance(value, str):
        return _text(value, name)
    if not isinstance(value, Mapping | list):
        return value
    if depth >= _MAX_DEPTH:
        return _CUT
    if isinstance(value, list):
        return [_shown(below, name, depth + 1) for below in value[:_MAX_ENTRIES]] + _rest(value)
    owner = value.get("name")
    return {
        str(key): _shown(below, owner if key == "value" and isinstance(owner, str) else str(key), depth + 1)
        for key, below in list(value.items())[:_MAX_ENTRIES]
    }


def _rest(value: list[object]) -> list[object]:
    return [_CUT] if len(value) > _MAX_ENTRIES else []


def _text(text: str, name: str) -> str:
    if text and (is_secret_name(name) or look(text[:MAX_TEXT])):
        return HIDDEN
    shown = _SETTING.sub(_without_secret, text[:MAX_TEXT])
    return shown if len(text) <= MAX_TEXT else shown + _CUT


def _without_secret(line: re.Match[str]) -> str:
    return f"{line[1]}{HIDDEN}" if is_secret_name(line[2]) else line[0]
