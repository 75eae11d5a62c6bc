"""Repairs as data: what to change at which routes of the document that a finding points into.

A route may go on inside a text that holds YAML, such as a ConfigMap's `providers`. All routes of one fix are those of the
document as it was found, before any of the fix's own edits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import cast

from backstay.core.route import Route, look_up

_SLIP = 0.8
"""How alike two words have to be for one to be a slip of the other (difflib's ratio)."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `value` at `route`; None takes the key or the list item away.

    Mappings on the way that are not there are made; an index behind the end of a list appends.
    """

    route: Route
    value: object


@dataclass(frozen=True, slots=True)
class Rename:
    """Give the key at `route` the name `key`; its value stays."""

    route: Route
    key: str


Change = Edit | Rename


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair: `safe` where it keeps the meaning or writes what was clearly meant; the others want a person's look."""

    title: str
    safe: bool
    edits: tuple[Change, ...]


def safe(title: str, *edits: Change) -> Fix:
    """A repair that may be made without asking."""
    return Fix(title, safe=True, edits=edits)


def unsafe(title: str, *edits: Change) -> Fix:
    """A repair that changes what happens: somebody has to want it."""
    return Fix(title, safe=False, edits=edits)


def meant(title: str, written: str, word: str, *edits: Change) -> Fix:
    """A repair that writes another word: safe where what is written is surely a slip of it, but for case and signs."""
    alike = SequenceMatcher(None, _bare(written), _bare(word)).ratio()
    return Fix(title, safe=alike >= _SLIP, edits=edits)


def _bare(word: str) -> str:
    return "".join(c for c in word.lower() if c.isalnum())


def changed(value: object, changes: Iterable[Change]) -> object:
    """The plain value with all changes made; the argument stays as it is. KeyError where a route leads nowhere.

    Every route is one of the value as given: what is put comes first, then names, then what goes, the last items first.
    """
    whole = _copied(value)
    some = list(changes)
    for put in (one for one in some if isinstance(one, Edit) and one.value is not None):
        whole = _put(whole, put.route, _copied(put.value))
    for name in sorted((one for one in some if isinstance(one, Rename)), key=lambda one: -len(one.route)):
        _rename(look_up(whole, name.route[:-1]), name)
    gone = [one.route for one in some if isinstance(one, Edit) and one.value is None]
    for route in sorted(gone, key=_last_first, reverse=True):
        _remove(look_up(whole, route[:-1]), route)
    return whole


def _last_first(route: Route) -> tuple[tuple[int, int, str], ...]:
    return tuple((1, step, "") if isinstance(step, int) else (0, 0, step) for step in route)


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copied(below) for key, below in value.items()}
    return [_copied(below) for below in value] if isinstance(value, list | tuple) else value


def _put(whole: object, route: Route, value: object) -> object:
    if not route:
        return value
    step, rest = route[0], route[1:]
    if isinstance(step, int):
        if not isinstance(whole, list):
            raise KeyError(step)
        if step >= len(whole):
            whole.append(_put(None, rest, value))
        else:
            whole[step] = _put(whole[step], rest, value)
        return whole
    whole = {} if whole is None else whole
    if not isinstance(whole, dict):
        raise KeyError(step)
    whole[step] = _put(whole.get(step), rest, value)
    return whole


def _rename(parent: object, name: Rename) -> None:
    if not isinstance(parent, dict) or name.route[-1] not in parent or name.key in parent:
        raise KeyError(name.key)
    pairs = [(name.key if key == name.route[-1] else key, value) for key, value in parent.items()]
    parent.clear()
    parent.update(pairs)


def _remove(parent: object, route: Route) -> None:
    if isinstance(parent, dict) and route[-1] in parent:
        del parent[route[-1]]
    elif isinstance(parent, list) and isinstance(route[-1], int) and route[-1] < len(parent):
        del cast("list[object]", parent)[route[-1]]
    else:
        raise KeyError(str(route[-1]))


def under(route: Route, key: str) -> Route:
    """The route of a key that a finding points at, or that is missing in the mapping that it points at."""
    return route if route and route[-1] == key else (*route, key)
