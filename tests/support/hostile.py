"""Objects of shapes that nobody meant: the objects of a rule's cases, with junk in place of each value in turn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from backstay.text.yaml import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backstay.core.route import Route

SHAPES: tuple[Any, ...] = ({"name": 1}, [None], None, 7, "")
"""A mapping breaks rules most: it does not hash, so it may not be looked up in a set."""


def spoilt(objects: list, junk: object) -> Iterator[list]:
    """The objects with the junk at each place, those inside texts that hold YAML among them."""
    for route in inner_routes(objects):
        yield put(objects, route, junk)
        yield from _inside_text(objects, route, junk)


def _inside_text(objects: list, route: Route, junk: object) -> Iterator[list]:
    value: Any = objects
    for step in route:
        value = value[step]
    inside = mapping_in(value)
    for inner in routes_in(inside) if inside else ():
        yield put(objects, route, json.dumps(put(inside, inner, junk)))


def put(value: Any, route: Route, junk: object) -> Any:
    """The value with the junk at a route; what the route does not pass is shared."""
    if not route:
        return junk
    copied = value.copy()
    copied[route[0]] = put(value[route[0]], route[1:], junk)
    return copied


def mapping_in(value: object) -> dict | list | None:
    """The YAML mapping or list that a text holds; None when it holds none."""
    try:
        inside = parse(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return inside if isinstance(inside, dict | list) else None


def inner_routes(objects: list) -> list[Route]:
    """The routes of every value inside the objects, but of what makes them objects of their kind."""
    return [
        route
        for route in routes_in(objects)
        if len(route) > 1 and route[-1] not in {"kind", "object", "partial"}
    ]


def routes_in(value: object, route: Route = ()) -> Iterator[Route]:
    """The routes of every value below a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        yield (*route, key)
        yield from routes_in(below, (*route, key))
