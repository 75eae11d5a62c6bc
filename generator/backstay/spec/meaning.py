"""What the spec says about its own fields: a sentence and a default for a route."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from backstay.core.route import Route
from backstay.spec.schema import json_schema


@dataclass(frozen=True, slots=True)
class Meaning:
    """A field in a sentence, its default (None where it has none), and all its values where these are few.

    For an item of a list, or a name that people choose, the sentence is that of what it is in; `chosen` is the
    way to the last of those, which only a spec can say whether they exist.
    """

    words: str
    default: object
    choices: tuple[object, ...]
    chosen: Route


def meaning(route: Route) -> Meaning | None:
    """What a field of a cluster's spec means, whether or not anybody wrote it; None where there is no such field."""
    field: dict[str, Any] = {"$ref": "#/$defs/Cluster"}
    words, chosen = "", 0
    for at, step in enumerate(route, 1):
        found = next((found for shape in _shapes(field) if (found := _below(shape, step)) is not None), None)
        if found is None:
            return None
        field, own = found
        words = str(field.get("description", "")) if own else words
        chosen = chosen if own else at
    return Meaning(words, field.get("default"), tuple(_choices(field)), route[:chosen])


def _choices(field: dict[str, Any]) -> Iterator[object]:
    for shape in _shapes(field):
        yield from (True, False) if shape.get("type") == "boolean" else shape.get("enum", ())


@cache
def _definitions() -> dict[str, dict[str, Any]]:
    definitions: dict[str, dict[str, Any]] = json_schema()["$defs"]
    return definitions


def _shapes(field: dict[str, Any]) -> list[dict[str, Any]]:
    """What may stand there: itself, what it refers to, and each of its alternatives."""
    referred = field.get("$ref")
    more = [_definitions()[referred.rsplit("/", 1)[-1]]] if referred else field.get("anyOf", [])
    return [field, *(shape for one in more for shape in _shapes(one))]


def _below(shape: dict[str, Any], step: str | int) -> tuple[dict[str, Any], bool] | None:
    """What stands under a step, and whether the spec itself gives it that name."""
    own = shape.get("properties", {}).get(step)
    if own is not None:
        return own, True
    named = (*shape.get("patternProperties", {}).values(), shape.get("additionalProperties"))
    items = (shape.get("items"),) if isinstance(step, int) else named
    return next(((found, False) for found in items if isinstance(found, dict)), None)
