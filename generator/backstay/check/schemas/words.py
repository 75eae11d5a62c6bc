"""A validator's errors in our words: which rule, where, what was expected and what stands there."""

import json
import re
from collections.abc import Iterable, Iterator

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
_FORMATS = {
    "byte": "base64 text", "date-time": "a time such as 2026-01-31T12:00:00Z", "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
}  # fmt: skip


def flaws(schema: Schema, errors: Iterable[ValidationError], *, secret: bool) -> Iterator[Flaw]:
    """What the errors say about an object, each place's plain type errors instead of what follows from them.

    `secret` hides all values, as those of a Secret.
    """
    found = [(tuple(error.instance_path), error) for error in errors]
    mistyped = {route for route, error in found if isinstance(error.kind, Kind.Type)}
    for route, error in found:
        if error.instance is None and route and isinstance(route[-1], str):
            yield from _null(schema, route)
        elif route not in mistyped or isinstance(error.kind, Kind.Type):
            yield from _flaws(schema, route, error, secret=secret)


def _null(schema: Schema, route: Route) -> Iterator[Flaw]:
    """A key with nothing behind it: the API server reads it as if it were not there."""
    if route[-1] in part_at(schema, route[:-1]).get("required", ()):
        yield _missing(route)


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
        case Kind.OneOfMultipleValid() | Kind.OneOfNotValid() | Kind.AnyOf() | Kind.Not():
            yield _combined(schema, route, error)
        case _:
            yield _ill_formed(route, error, hidden=secret or _is_secret(route, error.instance))


def _unknown(route: Route, known: list[str]) -> Flaw:
    message = f"unknown field `{show(route)}`"
    near = closest(str(route[-1]), known)
    if near:
        return Flaw(rules.UNKNOWN_FIELD, route, message, f"did you mean `{near}`?")
    return Flaw(rules.UNKNOWN_FIELD, route, message, f"known here: {listed(known, 'and')}" if known else "")


def _mistyped(route: Route, types: list[str], instance: object) -> Flaw:
    wanted = " or ".join(_TYPES[name] for name in types if name != "null")
    message = f"{_at(route)} must be {wanted}, found {_TYPES[_type(instance)]}"
    quotes = "string" in types and isinstance(instance, bool | int | float)
    return Flaw(rules.WRONG_VALUE, route, message, "put the value in quotes" if quotes else "")


def _combined(schema: Schema, route: Route, error: ValidationError) -> Flaw:
    """Fields that exclude each other, of which one is needed, or that fit no alternative in another way."""
    names = _named_by(_spot(schema, error.schema_path))
    there = [name for name in names if isinstance(error.instance, dict) and name in error.instance]
    if len(there) > 1:
        return Flaw(
            rules.WRONG_VALUE,
            route,
            f"{_at(route)} may have only one of {listed(there, 'and')}",
            "keep one of them",
        )
    if names and not there:
        return Flaw(rules.MISSING_FIELD, route, f"{_at(route)} needs one of {listed(names, 'and')}")
    return Flaw(rules.WRONG_VALUE, route, f"{_at(route)} fits none of the forms that the schema allows")


def _ill_formed(route: Route, error: ValidationError, *, hidden: bool) -> Flaw:
    found = _size(error) or ("a value that is not shown" if hidden else f"`{_short(error.instance)}`")
    return Flaw(rules.WRONG_VALUE, route, f"{_at(route)} must {_demand(error)}, found {found}")


def _demand(error: ValidationError) -> str:  # noqa: PLR0911 - one line a keyword
    match error.kind:
        case Kind.Enum(options):
            return f"be {listed([str(option) for option in options if option is not None], 'or')}"
        case Kind.Constant(value):
            return f"be `{value}`"
        case Kind.Format(name):
            return f"be {_FORMATS[name]}"
        case Kind.Pattern(pattern):
            return "be a quantity such as `500m` or `8Gi`" if _QUANTITY in pattern else f"match `{pattern}`"
        case Kind.Minimum(limit) | Kind.ExclusiveMinimum(limit):
            return f"be at least {limit}" if isinstance(error.kind, Kind.Minimum) else f"be more than {limit}"
        case Kind.Maximum(limit) | Kind.ExclusiveMaximum(limit):
            return f"be at most {limit}" if isinstance(error.kind, Kind.Maximum) else f"be less than {limit}"
        case Kind.MinLength(limit) | Kind.MinItems(limit) | Kind.MinProperties(limit):
            return f"have at least {limit} {_unit(error.instance)}"
        case Kind.MaxLength(limit) | Kind.MaxItems(limit) | Kind.MaxProperties(limit):
            return f"have at most {limit} {_unit(error.instance)}"
        case _:
            return f"satisfy `{error.schema_path[-1]}` of its schema"


def _size(error: ValidationError) -> str:
    """How long the value is, where its length is what is wrong."""
    counted = (
        Kind.MinLength, Kind.MinItems, Kind.MinProperties, Kind.MaxLength, Kind.MaxItems, Kind.MaxProperties,
    )  # fmt: skip
    value = error.instance
    return str(len(value)) if isinstance(error.kind, counted) and isinstance(value, str | list | dict) else ""


def _unit(value: object) -> str:
    return "characters" if isinstance(value, str) else "entries"


def _named_by(branches: object) -> list[str]:
    """The fields that alternatives ask for, each once."""
    below = branches if isinstance(branches, list) else [branches]
    names = (name for branch in below if isinstance(branch, dict) for name in branch.get("required", ()))
    return list(dict.fromkeys(names))


def _spot(schema: object, path: list[str | int]) -> object:
    """The keyword's value at a path inside the schema itself."""
    for step in path:
        schema = schema[step]  # type: ignore[index]  # the validator's path always leads somewhere
    return schema


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
