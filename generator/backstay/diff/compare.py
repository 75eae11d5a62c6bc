"""One object against another: the fields that differ, by a plain walk over the planned side."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from backstay.core.route import Route
from backstay.diff.change import Difference, Kind
from backstay.diff.emptiness import is_empty, is_nothing
from backstay.diff.how import How
from backstay.diff.lists import by_identity, merge_key
from backstay.diff.noise import quiet
from backstay.diff.spelling import same
from backstay.diff.words import in_words
from backstay.text.yaml import parse

Object = Mapping[str, object]
Found = Iterator[tuple[Kind, Route, Route, object, object]]

_DIRECTIVE: Final = "$patch"
_MANY: Final = 100
"""Differences inside one text up to which they are told one by one."""


def differences(planned: Object, actual: Object, how: How) -> Iterator[Difference]:
    """The fields in which an object is not what it should be; nothing for what `how` calls equal.

    Noise, name and version are compared only where every field counts. A null in the plan means: not there. The
    actual side may have any shape: it is followed where the plan leads, but for what `how.extras` asks for.
    """
    pair = (quiet(planned), quiet(actual)) if how.canon else (planned, actual)
    for kind, route, inside, one, other in _mapping(*pair, (), how):
        words = in_words(planned, route, inside, one if one is not None else other)
        yield Difference(kind, route, inside, words, one, other)


def _value(planned: object, actual: object, route: Route, how: How) -> Found:
    if how.canon and actual is None:
        if not is_nothing(planned, route, how):
            yield Kind.MISSING_FIELD, route, (), planned, None
    elif how.canon and planned is None:
        if not is_empty(actual, route, how):
            yield Kind.EXTRA_FIELD, route, (), None, actual
    elif isinstance(planned, Mapping) and isinstance(actual, Mapping):
        yield from _mapping(planned, actual, route, how)
    elif isinstance(planned, list) and isinstance(actual, list):
        yield from _list(planned, actual, route, how)
    elif not _alike(planned, actual, route, how):
        yield from _changed(planned, actual, route, how)


def _alike(planned: object, actual: object, route: Route, how: How) -> bool:
    scalar = None | bool | int | float | str
    return isinstance(planned, scalar) and isinstance(actual, scalar) and same(planned, actual, route, how)


def _changed(planned: object, actual: object, route: Route, how: How) -> Found:
    """Two values, or what differs between the YAML that both of them are."""
    ours, theirs = _yaml_of(planned, route, how), _yaml_of(actual, route, how)
    if isinstance(ours, Mapping | list) and type(ours) is type(theirs):
        found = list(islice(_value(ours, theirs, (), how.inside()), _MANY + 1))
        if len(found) <= _MANY:
            yield from ((kind, route, inside, one, other) for kind, inside, _, one, other in found)
            return
    yield Kind.CHANGED, route, (), planned, actual


def _yaml_of(text: object, route: Route, how: How) -> object:
    """The value that a text is the YAML of; None for a text that is none, and where no YAML is to be looked for."""
    if how.texts is None or route[:-1] != how.texts or not isinstance(text, str):
        return None
    try:
        return parse(text)
    except ValueError:
        return None


def _mapping(planned: Object, actual: Object, route: Route, how: How) -> Found:
    if how.directives and _DIRECTIVE in planned:
        yield from _directed(planned, actual, route, how)
        return
    for key, value in planned.items():
        if how.directives and key.startswith("$"):
            continue
        if key in actual or how.canon:
            yield from _value(value, actual.get(key), (*route, key), how)
        else:
            yield Kind.MISSING_FIELD, (*route, key), (), value, None
    if how.extras:
        yield from _extras(planned, actual, route, how)


def _extras(planned: Object, actual: Object, route: Route, how: How) -> Found:
    for key, there in actual.items():
        if key not in planned and not (how.canon and is_empty(there, (*route, key), how)):
            yield Kind.EXTRA_FIELD, (*route, key), (), None, there


def _directed(planned: Object, actual: Object, route: Route, how: How) -> Found:
    """A mapping that a patch deletes, replaces whole or merges (kustomize's and kubectl's `$patch`)."""
    rest = {key: value for key, value in planned.items() if key != _DIRECTIVE}
    if planned[_DIRECTIVE] == "delete":
        yield Kind.EXTRA_FIELD, route, (), None, actual
    else:
        yield from _mapping(rest, actual, route, how.whole() if planned[_DIRECTIVE] == "replace" else how)


def _list(planned: list[object], actual: list[object], route: Route, how: How) -> Found:
    if how.directives and any(_directs(one, "replace") for one in planned):
        yield from _list([one for one in planned if not _directs(one, "replace")], actual, route, how.whole())
        return
    keys = merge_key(route[-1] if route else None, planned)
    ours = by_identity(planned, keys) if keys else None
    theirs = by_identity(actual, keys) if keys else None
    if ours is None or theirs is None:
        yield from _positions(planned, actual, route, how)
        return
    for told, index in ours.items():
        if told in theirs:
            yield from _value(planned[index], actual[theirs[told]], (*route, index), how)
        elif not (how.directives and _directs(planned[index], "delete")):
            yield Kind.MISSING_FIELD, (*route, index), (), planned[index], None
    for told, index in theirs.items() if how.extras else ():
        if told not in ours:
            yield Kind.EXTRA_FIELD, (*route, index), (), None, actual[index]


def _directs(entry: object, what: str) -> bool:
    """Whether an entry of a patch's list says what to do with the list, or with its namesake."""
    return isinstance(entry, Mapping) and entry.get(_DIRECTIVE) == what


def _positions(planned: list[object], actual: list[object], route: Route, how: How) -> Found:
    """An atomic list: entry by entry when both have as many, as a whole otherwise."""
    if len(planned) != len(actual):
        yield Kind.CHANGED, route, (), planned, actual
        return
    for index, (one, other) in enumerate(zip(planned, actual, strict=True)):
        yield from _value(one, other, (*route, index), how)
