"""A validator's errors in our words: which rule, where, what was expected and what stands there."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema_rs import ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

from backstay.check.schemas import rules
from backstay.check.schemas.phrases import closest, listed
from backstay.check.schemas.rules import Flaw
from backstay.check.schemas.walk import Schema, part_at
from backstay.core.route import Route, show

_SHOWN = 60  # characters of a value
_SECRET = re.compile(
    r"pass(word|wd|phrase)?\b|secret|token|credential|private|api_?key|access_?key", re.IGNORECASE
)
_CREDENTIALS = re.compile(r"://[^/]*@")
_QUANTITY = "[KMGTPE]i"  # in the pattern of every quantity, ours and controller-gen's
_TYPES = {
    "array": "a list", "boolean": "true or false", "integer": "an integer", "null": "nothing", "number": "a number",
    "object": "a mapping", "string": "text",
}  # fmt: skip
_LIMITS = {
    "minimum": "be at least {}", "maximum": "be at most {}",
    "minLength": "have at least {} characters", "maxLength": "have at most {} characters",
    "minItems": "have at least {} entries", "maxItems": "have at most {} entries",
    "minProperties": "have at least {} entries", "maxProperties": "have at most {} entries",
}  # fmt: skip
_FORMATS = {
    "byte": "base64 text", "date-time": "a time such as 2026-01-31T12:00:00Z", "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
}  # fmt: skip


def flaws(
    schema: Schema,
    value: Mapping[str, object],
    errors: Iterable[ValidationError],
    *,
    partial: bool = False,
    secret: bool = False,
) -> Iterator[Flaw]:
    """What the errors say about an object, each place's plain type errors instead of what follows from them.

    `partial`: a patch, in which a null takes its field away; `secret` hides all values, as those of a Secret.
    """
    found = [(_route(value, error.instance_path), error) for error in errors]
    mistyped = {route for route, error in found if isinstance(error.kind, Kind.Type)}
    for route, error in found:
        deletes = partial and error.instance is None and route and isinstance(route[-1], str)
        if not deletes and (route not in mistyped or isinstance(error.kind, Kind.Type)):
            yield from _flaws(schema, route, error, secret=secret)


def _route(value: object, path: Iterable[str | int]) -> Route:
    """A validator's path as a route: it takes a key of digits for an index."""
    route: list[str | int] = []
    for step in path:
        if isinstance(value, dict) and isinstance(step, int):
            step = next(key for key in value if key.isdecimal() and int(key) == step)  # noqa: PLW2901 - the true one
        value = value[step]  # type: ignore[index]  # the path leads to what was judged
        route.append(step)
    return tuple(route)


def _missing(route: Route, *, nameless: bool = False) -> Flaw:
    """A field that is needed; `nameless`: by a patch, to say which element of a list it means."""
    if nameless:
        message = f"`{show(route)}` is missing, so the patch does not say which element it means"
        return Flaw(
            rules.MISSING_FIELD, route, message, "name the element: kustomize empties the list otherwise"
        )
    return Flaw(rules.MISSING_FIELD, route, f"`{show(route)}` is missing")


def _flaws(schema: Schema, route: Route, error: ValidationError, *, secret: bool) -> Iterator[Flaw]:
    match error.kind:
        case Kind.AdditionalProperties(names):
            known = [name for name in part_at(schema, route).get("properties", ()) if name != "$patch"]
            yield from (_unknown((*route, name), known) for name in names)
        case Kind.Required(name):
            yield _missing((*route, name), nameless="then" in error.schema_path)
        case Kind.Type(types):
            yield _mistyped(route, types, error.instance)
        case Kind.OneOfMultipleValid() | Kind.OneOfNotValid():
            yield _combined(schema, route, error)
        case _:
            yield _ill_formed(route, error, hidden=secret or _is_secret(route, error.instance))


def _unknown(route: Route, known: list[str]) -> Flaw:
    message = f"unknown field `{show(route)}`"
    near = closest(str(route[-1]), known)
    if near:
        return Flaw(rules.UNKNOWN_FIELD, route, message, f"did you mean `{near}`?", near)
    return Flaw(rules.UNKNOWN_FIELD, route, message, f"known here: {listed(known, 'and')}" if known else "")


def _mistyped(route: Route, types: list[str], instance: object) -> Flaw:
    wanted = " or ".join(_TYPES[name] for name in types if name != "null")
    message = f"{_at(route)} must be {wanted}, found {_TYPES[_type(instance)]}"
    if instance is None:
        return Flaw(rules.WRONG_VALUE, route, message, "give it a value or leave it out")
    quotes = "string" in types and isinstance(instance, bool | int | float)
    return Flaw(rules.WRONG_VALUE, route, message, "put the value in quotes" if quotes else "")


def _combined(schema: Schema, route: Route, error: ValidationError) -> Flaw:
    """Fields that exclude each other, or a value that fits no alternative."""
    names = _named_by(_spot(schema, error.schema_path))
    there = [name for name in names if isinstance(error.instance, dict) and name in error.instance]
    if len(there) > 1:
        message = f"{_at(route)} may have only one of {listed(there, 'and')}"
        return Flaw(rules.WRONG_VALUE, route, message, "keep one of them")
    return Flaw(rules.WRONG_VALUE, route, f"{_at(route)} fits none of the forms that its schema allows")


def _ill_formed(route: Route, error: ValidationError, *, hidden: bool) -> Flaw:
    found = _size(error) or ("a value that is not shown" if hidden else f"`{_short(error.instance)}`")
    return Flaw(rules.WRONG_VALUE, route, f"{_at(route)} must {_demand(error)}, found {found}")


def _demand(error: ValidationError) -> str:
    keyword = str(error.schema_path[-1])
    match error.kind:
        case Kind.Enum(options):
            named = [str(option) for option in options if option is not None]
            return f"be {listed(named or ['null'], 'or')}"
        case Kind.Format(name):
            return f"be {_FORMATS[name]}"
        case Kind.Pattern(pattern):
            return "be a quantity such as `500m` or `8Gi`" if _QUANTITY in pattern else f"match `{pattern}`"
        case kind if keyword in _LIMITS:
            return _LIMITS[keyword].format(kind.value)
        case _:
            return f"satisfy `{keyword}` of its schema"


def _size(error: ValidationError) -> str:
    """How long the value is, where its length is what is wrong."""
    value = error.instance
    sized = "have" in _LIMITS.get(str(error.schema_path[-1]), "")
    return str(len(value)) if sized and isinstance(value, str | list | dict) else ""


def _named_by(branches: Iterable[Schema]) -> list[str]:
    """The fields that alternatives ask for, each once."""
    return list(dict.fromkeys(name for branch in branches for name in branch.get("required", ())))


def _spot(schema: Schema, path: Iterable[str | int]) -> list[Schema]:
    """The alternatives at a path inside the schema itself."""
    found: Any = schema
    for step in path:
        found = found[step]
    alternatives: list[Schema] = found
    return alternatives


def _at(route: Route) -> str:
    return f"`{show(route)}`" if route else "the object"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_secret(route: Route, value: object) -> bool:
    """Whether a value looks like one that must not be printed, by the names above it or by its form."""
    named = any(_SECRET.search(step) for step in route if isinstance(step, str))
    return named or (isinstance(value, str) and _CREDENTIALS.search(value) is not None)


def _type(value: object) -> str:
    for name, types in (
        ("boolean", bool),
        ("integer", int),
        ("number", float),
        ("string", str),
        ("array", list),
    ):
        if isinstance(value, types):
            return name
    return "null" if value is None else "object"
