"""Plain values to a typed spec, or every finding about them at once."""

import difflib
import types
import typing
from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Rename, meant, safe
from backstay.core.place import Place
from backstay.core.route import Route, show
from backstay.spec import rules
from backstay.spec.base import short_key
from backstay.spec.cluster import Cluster
from backstay.spec.secrets import find_secrets

S = TypeVar("S", bound=BaseModel)

_TYPE_WORDS = {
    "string_type": "text", "int_type": "a whole number", "int_from_float": "a whole number",
    "bool_type": "true or false", "float_type": "a number", "dict_type": "a map", "model_type": "a map",
    "model_attributes_type": "a map", "tuple_type": "a list", "list_type": "a list", "mapping_type": "a map",
}  # fmt: skip


def parse(value: Mapping[str, object]) -> tuple[Cluster | None, list[Diagnostic]]:
    """A cluster's typed spec and no findings, or None and every finding, each at its symbolic place."""
    return parse_as(Cluster, value)


def parse_as(root: type[S], value: Mapping[str, object]) -> tuple[S | None, list[Diagnostic]]:
    """As `parse`, for any document whose shape is a section.

    Pasted secrets are looked for first: their findings replace all others at the same place, because the
    others might repeat the value.
    """
    secrets = list(find_secrets(value))
    hidden = {finding.place.route for finding in secrets}
    try:
        spec = root.model_validate(value)
    except ValidationError as failed:
        found = [_finding(root, detail) for detail in failed.errors(include_url=False)]
        return None, secrets + [f for f in found if f.place.route not in hidden]
    return (None, secrets) if secrets else (spec, [])


def short_form(route: Route) -> str | None:
    """What a scalar at a route of a cluster's spec is short for: `version` at `platform.pipelines`; None: nothing."""
    return short_key(_model_at(Cluster, route))


def _finding(root: type[BaseModel], detail: ErrorDetails) -> Diagnostic:
    route: Route = tuple(detail["loc"])
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown_key(root, route)
    if kind == "missing":
        return rules.MISSING_KEY.report(
            f"`{route[-1]}` is missing",
            at=Place(route=route[:-1]),
            help=f"add `{route[-1]}:`" + _about(root, route),
        )
    if kind == "value":
        context = detail.get("ctx", {})
        rule = rules.SECRET_IN_SPEC if context.get("kind") == "secret" else rules.WRONG_VALUE
        instead = str(context["meant"])
        fix = safe(f"write `{instead}`", Edit(route, instead)) if instead else None
        return rule.report(str(context["message"]), at=Place(route=route), help=str(context["help"]), fix=fix)
    if kind in {"literal_error", "enum"}:
        return _unknown_choice(route, detail)
    if kind in _TYPE_WORDS:
        return rules.WRONG_TYPE.report(
            f"`{_name(route)}` has to be {_TYPE_WORDS[kind]}",
            at=Place(route=route),
            help="see `backstay schema`" + _about(root, route),
        )
    words = detail["msg"][:1].lower() + detail["msg"][1:]
    return rules.WRONG_VALUE.report(
        f"`{_name(route)}`: {words}", at=Place(route=route), help="change the value" + _about(root, route)
    )


def _name(route: Route) -> str:
    return str(route[-1]) if route else "the spec"


def _unknown_key(root: type[BaseModel], route: Route) -> Diagnostic:
    known = sorted(_keys(_model_at(root, route[:-1])))
    near = difflib.get_close_matches(str(route[-1]), known, n=1, cutoff=0.5)
    where = f"`{show(route[:-1])}`" if route[:-1] else "a spec"
    help_ = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
    fix = meant(f"write `{near[0]}`", str(route[-1]), near[0], Rename(route, near[0])) if near else None
    return rules.UNKNOWN_KEY.report(
        f"unknown key `{route[-1]}` in {where}", at=Place(route=route, on_key=True), help=help_, fix=fix
    )


def _unknown_choice(route: Route, detail: ErrorDetails) -> Diagnostic:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    choices = [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(",")]
    near = difflib.get_close_matches(str(detail["input"]), choices, n=1)
    help_ = (f"did you mean `{near[0]}`? " if near else "") + f"possible here: {', '.join(choices)}"
    return rules.UNKNOWN_CHOICE.report(
        f"`{str(detail['input'])[:40]}` is not a possible `{_name(route)}`", at=Place(route=route), help=help_,
        fix=meant(f"write `{near[0]}`", str(detail["input"]), near[0], Edit(route, near[0])) if near else None,
    )  # fmt: skip


def _about(root: type[BaseModel], route: Route) -> str:
    model = _model_at(root, route[:-1])
    for name, field in model.model_fields.items() if model else ():
        if (field.alias or name) == route[-1] and field.description:
            return f": {field.description}"
    return ""


def _keys(model: type[BaseModel] | None) -> Iterator[str]:
    for name, field in model.model_fields.items() if model else ():
        yield field.alias or name


def _model_at(root: type[BaseModel], route: Route) -> type[BaseModel] | None:
    """The section at a route: keys step into fields, or through maps and lists to what they hold."""
    here: object = root
    for step in route:
        here = _inner(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            here = next((f.annotation for n, f in here.model_fields.items() if (f.alias or n) == step), None)
        else:
            arguments = typing.get_args(here)
            here = arguments[1 if typing.get_origin(here) is dict else 0] if arguments else None
    here = _inner(here)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _inner(annotation: object) -> object:
    """An annotation without `Annotated` and `| None`."""
    while True:
        origin = typing.get_origin(annotation)
        arguments = typing.get_args(annotation)
        if origin is typing.Annotated:
            annotation = arguments[0]
        elif origin in {typing.Union, types.UnionType}:
            annotation = next(part for part in arguments if part is not type(None))
        else:
            return annotation
