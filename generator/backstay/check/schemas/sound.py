"""What of a stranger's `openAPIV3Schema` can be judged by: words of the right shape, in a size that can be held.

An API server refuses a definition that is not structural (k8s.io/apiextensions-apiserver pkg/apiserver/schema,
pkg/apis/apiextensions/validation); a file may hold any. Words that no structural schema may have are left out,
which judges less and never wrongly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from backstay.check.schemas.walk import Schema

_MOST_NODES: Final = 100_000  # five times the largest upstream definition
_DEEPEST: Final = 100
_MOST_ALTERNATIVES: Final = (
    100  # below one field, five times what upstream has: every value is held against each
)
_TYPES: Final = frozenset({"array", "boolean", "integer", "number", "object", "string"})
_SIZES: Final = ("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties")
_NUMBERS: Final = {"maximum": "exclusiveMaximum", "minimum": "exclusiveMinimum"}
_FLAGS: Final = (
    "nullable", "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
)  # fmt: skip
_LOGICAL: Final = ("allOf", "anyOf", "oneOf")


class Unfit(ValueError):  # noqa: N818 - it names what was met
    """A schema that is not to be judged by; the text says why."""


@dataclass
class _Budget:
    """What is left of a whole schema, and of the alternatives below one field."""

    nodes: int = _MOST_NODES
    alternatives: int = _MOST_ALTERNATIVES

    def take(self, depth: int) -> None:
        self.nodes -= 1
        if self.nodes < 0:
            raise Unfit(f"it has more than {_MOST_NODES} parts")
        if depth > _DEEPEST:
            raise Unfit(f"it is more than {_DEEPEST} levels deep")

    def take_alternative(self) -> None:
        self.alternatives -= 1
        if self.alternatives < 0:
            raise Unfit(f"it has more than {_MOST_ALTERNATIVES} alternatives for one field")


def sound(value: object) -> Schema:
    """A structural schema of what is sound in `value`; Unfit where that cannot be held or nothing is."""
    if not isinstance(value, Mapping):
        raise Unfit("it has no schema")
    return _node(value, _Budget(), 0, logical=False)


def _node(value: Mapping[str, object], budget: _Budget, depth: int, *, logical: bool) -> Schema:
    budget.take(depth)
    if not logical:
        budget.alternatives = _MOST_ALTERNATIVES
    found = dict(_words(value))
    for key in _LOGICAL:
        branches = [_alternative(one, budget, depth) for one in _mappings(value.get(key))]
        if branches:
            found[key] = branches
    if isinstance(value.get("not"), Mapping):
        found["not"] = _alternative(_mapping(value["not"]), budget, depth)
    return found | dict(_below(value, budget, depth + 1, logical=logical))


def _alternative(value: Mapping[str, object], budget: _Budget, depth: int) -> Schema:
    budget.take_alternative()
    return _node(value, budget, depth + 1, logical=True)


def _below(
    value: Mapping[str, object], budget: _Budget, depth: int, *, logical: bool
) -> Iterator[tuple[str, object]]:
    properties = value.get("properties")
    if isinstance(properties, Mapping):
        yield (
            "properties",
            {
                str(name): _node(_mapping(part), budget, depth, logical=logical)
                for name, part in properties.items()
            },
        )
    if isinstance(value.get("items"), Mapping):
        yield "items", _node(_mapping(value["items"]), budget, depth, logical=logical)
    more = value.get("additionalProperties")
    if isinstance(more, bool):
        yield "additionalProperties", more
    elif isinstance(more, Mapping):
        yield "additionalProperties", _node(more, budget, depth, logical=logical) or True


def _words(value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    kind = value.get("type")
    if isinstance(kind, str) and kind in _TYPES:
        yield "type", kind
    for key in _FLAGS:
        if value.get(key) is True:
            yield key, True
    for key in ("format", "pattern"):
        if isinstance(value.get(key), str):
            yield key, value[key]
    if "default" in value:
        yield "default", None
    yield from _bounds(value)
    yield from _lists(value)


def _bounds(value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key in _SIZES:
        size = value.get(key)
        if isinstance(size, int) and not isinstance(size, bool) and size >= 0:
            yield key, size
    for key, exclusive in _NUMBERS.items():
        if isinstance(value.get(key), int | float) and not isinstance(value[key], bool):
            yield key, value[key]
            yield exclusive, value.get(exclusive) is True


def _lists(value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    required, enum = value.get("required"), value.get("enum")
    if isinstance(required, list):
        yield "required", list(dict.fromkeys(name for name in required if isinstance(name, str)))
    if isinstance(enum, list) and enum:
        yield (
            "enum",
            [one for number, one in enumerate(enum) if one not in enum[:number]]
            if len(enum) < _MOST_ALTERNATIVES
            else enum,
        )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
