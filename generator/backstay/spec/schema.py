"""The spec's JSON Schema, for editors. Descriptions are the models' own docstrings."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

from backstay.core.units import show_duration, show_quantity
from backstay.spec import (
    admission,
    cluster,
    gitops,
    memory,
    network,
    observability,
    platform,
    retries,
    serving,
    storage,
    termination,
    workloads,
)
from backstay.spec.types import DURATION, SIZE

_MODULES = (
    admission,
    cluster,
    gitops,
    memory,
    network,
    observability,
    platform,
    retries,
    serving,
    storage,
    termination,
    workloads,
)
_WHOLE = frozenset({"Call"})
"""Items of lists are written whole: a profile's list is not merged with a cluster's."""
_KEPT = ("title", "description", "default")
_NULL = {"type": "null"}
ID = "https://backstay.dev/schema/v1alpha1.json"


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a cluster or a profile.

    What a profile may add is not required here, so that an editor does not complain about a cluster that builds
    on one; `backstay check` judges what is left after merging.
    """
    own = cluster.Cluster.model_json_schema(mode="validation")
    definitions = own.pop("$defs")
    for name, model in {**definitions, "Cluster": own}.items():
        _describe(name, model)
        if name not in _WHOLE:
            model.pop("required", None)
    profile = {**own, "title": "Profile", "description": "A partial spec that clusters build on."}
    profile["properties"] = {
        **own["properties"],
        "kind": {"const": "Profile"},
        "metadata": {"type": "object"},
    }
    definitions |= {
        "Cluster": {**own, "required": ["apiVersion", "kind", "metadata"]},
        "Profile": {**profile, "required": ["apiVersion", "kind"]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "backstay spec",
        "if": {"properties": {"kind": {"const": "Profile"}}},
        "then": {"$ref": "#/$defs/Profile"},
        "else": {"$ref": "#/$defs/Cluster"},
        "$defs": dict(sorted(definitions.items())),
    }


def _describe(name: str, model: dict[str, Any]) -> None:
    properties = model.get("properties", {})
    for field in properties.values():
        _spell_default(field)
    for key, text in _words(name).items():
        if key in properties:
            properties[key]["description"] = text
    required = model.get("required", ())
    for key, field in properties.items():
        properties[key] = _mergeable(field, required=key in required)


def _mergeable(field: dict[str, Any], *, required: bool) -> dict[str, Any]:
    """A key with what merging adds to it: `null` takes a profile's value away, `append` adds to its list."""
    forms = field.get("anyOf") or [{key: value for key, value in field.items() if key not in _KEPT}]
    more = [_appended(form) for form in forms if form.get("type") == "array"]
    more += [] if required or _NULL in forms else [_NULL]
    if not more:
        return field
    return {**{key: field[key] for key in _KEPT if key in field}, "anyOf": [*forms, *more]}


def _appended(form: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"append": form},
        "required": ["append"],
        "additionalProperties": False,
    }


def _spell_default(field: dict[str, Any]) -> None:
    """A default in milliseconds or bytes, as people would write it."""
    for typed, spell in ((DURATION, show_duration), (SIZE, _size)):
        default = field.get("default")
        if isinstance(default, int) and field.get("pattern") == (typed.json_schema or {}).get("pattern"):
            field["default"] = spell(default)


def _size(size: int) -> str:
    return show_quantity(size) if size else "0Mi"  # a size needs a unit


def _words(definition: str) -> dict[str, str]:
    """Descriptions by key, for a definition's name (`Istio`, or `backstay__spec__network__Pins` where two share one)."""
    module, _, name = definition.rpartition("__")
    found: dict[str, str] = {}
    for candidate in _MODULES:
        if not module or candidate.__name__.replace(".", "__") == module:
            found |= _docstrings(candidate).get(name, {})
    return found


@cache
def _docstrings(module: ModuleType) -> dict[str, dict[str, str]]:
    tree = ast.parse(inspect.getsource(module))
    return {node.name: dict(_fields(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _fields(model: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, words in zip(model.body, model.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and _is_text(words):
            name = field.target.id
            head, *rest = name.rstrip("_").split("_")
            yield head + "".join(part.capitalize() for part in rest), _text(words)


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _text(node: ast.stmt) -> str:
    assert isinstance(node, ast.Expr)  # noqa: S101 - `_is_text` asks first
    assert isinstance(node.value, ast.Constant)  # noqa: S101 - as above
    return " ".join(str(node.value.value).split())
