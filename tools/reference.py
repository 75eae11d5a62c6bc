"""The spec reference: every section and key of a spec, out of its JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from backstay.spec import types
from backstay.spec.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# Spec reference

Generated from the models by `tools/docs.py`. A spec is a `Cluster`; a `Profile` has the same sections, and none of them is
needed there. `backstay schema` writes the JSON Schema that this page is made of.

Durations are numbers with units (`250ms`, `60s`, `5m`, `1h30m`), quantities those of Kubernetes (`512Mi`, `64Gi`), versions text in
quotes (`"1.30"`). A list may be written as `{append: [...]}` to add to what a profile says; `null` takes a key away.
"""
_TYPES = {
    "duration": types.Millis,
    "quantity": types.Bytes,
    "version": types.Version,
    "store URL": types.StoreUrl,
    "repository URL": types.RepositoryUrl,
    "relative path": types.RelativePath,
    "name": types.Name,
    "host name": types.Host,
    "bucket name": types.BucketName,
    "path": types.Prefix,
    "Secret's name": types.SecretName,
    "Secret's key": types.SecretKey,
}
"""What the page calls the spec's scalar types."""


def page() -> str:
    """The page: the cluster first, then each section where a key first leads to it."""
    definitions = json_schema()["$defs"]
    words = {TypeAdapter(type_).json_schema()["pattern"]: word for word, type_ in reversed(_TYPES.items())}
    titles = _titles(definitions)
    return _HEAD + "".join(_section(name, definitions[name], titles, words) for name in titles)


def _titles(definitions: dict[str, Any]) -> dict[str, str]:
    """Every definition that a cluster leads to, in the order of reading, with its heading: the way to it."""
    titles = {"Cluster": "A cluster"}
    _title("Cluster", "", definitions, titles)
    return titles


def _title(name: str, way: str, definitions: dict[str, Any], titles: dict[str, str]) -> None:
    below = [
        found
        for key, field in definitions[name].get("properties", {}).items()
        for found in _definitions(field, way + key)
    ]
    for section, deeper in below:
        if section not in titles:
            titles[section] = f"`{deeper}`"
            _title(section, f"{deeper}.", definitions, titles)


def _definitions(field: dict[str, Any], way: str) -> Iterator[tuple[str, str]]:
    """The definitions that a field's value may be, and the way to each."""
    if "$ref" in field:
        yield field["$ref"].rsplit("/", 1)[1], way
    for form in field.get("anyOf", ()):
        yield from _definitions(form, way)
    if isinstance(field.get("items"), dict):
        yield from _definitions(field["items"], f"{way}[]")
    for value in _values(field):
        yield from _definitions(value, f"{way}.<name>")


def _values(field: dict[str, Any]) -> list[dict[str, Any]]:
    """What the values of a map may be; nothing for anything else, and for a map of anything."""
    forms = [*field.get("patternProperties", {}).values(), field.get("additionalProperties")]
    return [form for form in forms if isinstance(form, dict)]


def _section(name: str, model: dict[str, Any], titles: dict[str, str], words: dict[str, str]) -> str:
    about = " ".join(model.get("description", "").split())
    text = f"\n## {titles[name]}\n\n{about}\n\n| key | type | default | what it says |\n|---|---|---|---|\n"
    for key, field in model.get("properties", {}).items():
        said = field.get("description", "").replace("|", "\\|")
        text += f"| `{key}` | {_type(field, titles, words)} | {_default(field)} | {said} |\n"
    for values in _values(model):
        text += f"| any other name | {_type(values, titles, words)} |  |  |\n"
    return text


def _default(field: dict[str, Any]) -> str:
    """What holds where nothing is written: a value, nothing, or that something has to be."""
    default = field.get("default")
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, str | int | float):
        return f"`{default}`"
    optional = "default" in field or any(form.get("type") == "null" for form in field.get("anyOf", ()))
    return "" if optional or "const" in field else "needed"


def _type(field: dict[str, Any], titles: dict[str, str], words: dict[str, str]) -> str:
    if "anyOf" in field:
        forms = [form for form in field["anyOf"] if form.get("type") != "null" and not _appends(form)]
        return " or ".join(dict.fromkeys(_type(form, titles, words) for form in forms))
    if "$ref" in field:
        title = titles[field["$ref"].rsplit("/", 1)[1]]
        return f"[section](#{_anchor(title)})"
    if "enum" in field or "const" in field:
        return ", ".join(f"`{word}`" for word in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}), titles, words)}"
    if field.get("type") == "object":
        values = [_type(value, titles, words) for value in _values(field)]
        return f"map of {' or '.join(values)}" if values else "map"
    return words.get(
        field.get("pattern", ""), {"string": "text"}.get(field.get("type", ""), field.get("type", "any"))
    )


def _appends(form: dict[str, Any]) -> bool:
    return form.get("properties", {}).keys() == {"append"}


def _anchor(title: str) -> str:
    """The anchor that Markdown renderers give a heading: letters, digits, `_` and `-` in lower case."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")
