"""Plain values, step by step."""

from collections.abc import Iterator, Mapping

from backstay.core.manifest import Plain
from backstay.core.route import Route
from backstay.explain.subject import ShortForm


def steps(value: Plain | Mapping[str, Plain]) -> list[tuple[str | int, Plain]]:
    """What is directly below a value: entries of a mapping, items of a list, nothing below a scalar."""
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def routes(value: Plain | Mapping[str, Plain], start: Route = ()) -> Iterator[tuple[Route, Plain]]:
    """Every container and leaf below a value, with its way; a container comes before what is in it."""
    for step, below in steps(value):
        yield (*start, step), below
        yield from routes(below, (*start, step))


def with_value(whole: Mapping[str, Plain], route: Route, value: Plain, short: ShortForm) -> dict[str, Plain]:
    """A copy of a mapping with another value at a route, which None takes away.

    What is missing on the way is made, and a short form (`pipelines: "2.15"`) becomes the mapping that it is short for.
    """
    changed = _put(dict(whole), route, value, short, ())
    assert isinstance(changed, dict)  # noqa: S101 - as it was one
    return changed


def _put(whole: Plain, route: Route, value: Plain, short: ShortForm, at: Route) -> Plain:
    if not route:
        return value
    step, rest = route[0], route[1:]
    if isinstance(step, int):
        items = whole if isinstance(whole, list) else []
        new = _put(items[step], rest, value, short, (*at, step))
        return [*items[:step], *([] if new is None else [new]), *items[step + 1 :]]
    entries = whole if isinstance(whole, dict) else {} if whole is None else {short(at) or step: whole}
    new = _put(entries.get(step), rest, value, short, (*at, step))
    return {key: below for key, below in {**entries, step: new}.items() if key != step or new is not None}
