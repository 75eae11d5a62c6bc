"""Walking a JSON Schema: its direct sub-schemas, and the schema of a place inside a value."""

from collections.abc import Callable
from typing import Any

from backstay.core.route import Route

Schema = dict[str, Any]

_ONE = ("additionalProperties", "if", "items", "not", "then")
_MANY = ("allOf", "anyOf", "oneOf")
_NAMED = ("$defs", "patternProperties", "properties")


def map_schemas(schema: Schema, turn: Callable[[Schema], Schema]) -> Schema:
    """The schema with each direct sub-schema replaced by what `turn` makes of it."""
    found = dict(schema)
    for key in _ONE:
        if isinstance(below := found.get(key), dict):
            found[key] = turn(below)
    for key in _MANY:
        if key in found:
            found[key] = [turn(branch) for branch in found[key]]
    for key in _NAMED:
        if key in found:
            found[key] = {name: turn(part) for name, part in found[key].items()}
    return found


def part_at(root: Schema, route: Route) -> Schema:
    """The schema that judges the value at `route`; empty where nothing is said about it."""
    here = _followed(root, root)
    for step in route:
        here = _followed(root, _below(here, step))
    return here


def _below(schema: Schema, step: str | int) -> Schema:
    below = schema.get("items")
    if isinstance(step, str):
        below = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    return below if isinstance(below, dict) else {}


def _followed(root: Schema, schema: Schema) -> Schema:
    """The schema behind a reference; words that stand beside the reference stay."""
    while "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]] | beside
    return schema
