"""Kubernetes' own kinds: the strict schemas that the package kubernetes-validate carries, one kind at a time.

Its folder holds, for each version, a small file for each kind and `_definitions.json` (1.6 MB), which the files
refer to. Only the definitions that a kind needs are taken out of the text, so that the first object costs
milliseconds. The package itself is found and not imported: it would bring a second validator along.
"""

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from backstay.check.schemas.walk import Schema, map_schemas
from backstay.core.failure import CannotTell
from backstay.upstream.versions import order

GROUPS = frozenset({
    "", "admission.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps",
    "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io",
    "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "extensions", "flowcontrol.apiserver.k8s.io",
    "imagepolicy.k8s.io", "internal.apiserver.k8s.io", "lifecycle.k8s.io", "networking.k8s.io", "node.k8s.io", "policy",
    "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
    "storagemigration.k8s.io",
})  # fmt: skip
"""The API groups that the API server itself serves, or once served."""

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

_FOLDER = "kubernetes-json-schema"
_MARK = '\n    "'
_WORDS = frozenset({
    "$ref", "additionalProperties", "enum", "format", "items", "oneOf", "properties", "required", "type",
    "x-kubernetes-patch-merge-key",
})  # fmt: skip
# Two types are more than their OpenAPI words say; k8s.io/apimachinery api/resource/quantity.go has the grammar.
_OWN_WORDS: dict[str, Schema] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {
        "type": ["string", "number", "null"],
        "pattern": r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$",
    },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["string", "integer", "null"]},
}


@cache
def lines() -> tuple[str, ...]:
    """The versions at hand, oldest first."""
    found = {folder.name.removeprefix("v").rpartition(".")[0] for folder in _root().glob("v*-local-strict")}
    return tuple(sorted(found, key=order))


def schema_of(line: str, api_version: str, kind: str) -> Schema:
    """The strict schema of a kind that the version serves, with all it refers to."""
    return _with_definitions(line, _top(line, api_version, kind) or {})


def serves(line: str, api_version: str, kind: str) -> bool:
    """Whether a version has a kind under an API version."""
    return _top(line, api_version, kind) is not None


def object_meta(line: str) -> dict[str, Schema]:
    """The definition of ObjectMeta, under that short name, and of what it refers to."""
    found = _with_definitions(line, {"$ref": f"#/$defs/{_OBJECT_META}"})["$defs"]
    return {**found, "ObjectMeta": found[_OBJECT_META]}


def served(line: str, kind: str) -> list[str]:
    """The API versions under which a version serves a kind."""
    tops = (json.loads(file.read_text("utf-8")) for file in _folder(line).glob(f"{kind.lower()}-*.json"))
    found = [gvk for top in tops for gvk in _kinds_of(top) if gvk["kind"] == kind]
    return sorted(f"{gvk['group']}/{gvk['version']}".removeprefix("/") for gvk in found)


def kinds(line: str) -> list[str]:
    """Every kind that a version serves."""
    return sorted({gvk["kind"] for part in _definitions(line).all() for gvk in _kinds_of(part)})


class Definitions:
    """The definitions of one version, each parsed when it is asked for."""

    def __init__(self, text: str) -> None:
        if _MARK not in text:  # written without line breaks: give it the layout that the marks rely on
            text = json.dumps(json.loads(text), indent=2)
        self._text = text
        self._starts = dict(_entries(text))

    def get(self, name: str) -> Schema:
        """A definition as it is written; KeyError when there is none of the name."""
        found: Schema = json.JSONDecoder().raw_decode(self._text, self._starts[name])[0]
        return found

    def all(self) -> Iterator[Schema]:
        """Every definition."""
        return map(self.get, self._starts)


def _entries(text: str) -> Iterator[tuple[str, int]]:
    """Name and start of each definition: their names stand at the second level of indentation."""
    at = text.find(_MARK)
    while at >= 0:
        name = text[at + len(_MARK) : text.index('"', at + len(_MARK))]
        yield name, text.index(":", at + len(_MARK) + len(name)) + 2
        at = text.find(_MARK, at + len(_MARK))


def _with_definitions(line: str, top: Schema) -> Schema:
    """A schema in our words, with the definitions that it needs under `$defs`."""
    source = _definitions(line)
    defs: dict[str, Schema] = {}

    def tidy(schema: Schema) -> Schema:
        found = map_schemas({key: word for key, word in schema.items() if key in _WORDS}, tidy)
        if "$ref" in found:
            name = found["$ref"].rpartition("/")[2]
            found["$ref"] = f"#/$defs/{name}"
            if name not in defs:
                defs[name] = {}  # taken, in case it refers to itself
                defs[name] = _OWN_WORDS.get(name) or tidy(source.get(name))
        return found

    return tidy(top) | {"$defs": defs}


def _top(line: str, api_version: str, kind: str) -> Schema | None:
    """A kind's own file; its name has the first word of the group: `role-rbac-v1.json`."""
    group, _, version = api_version.rpartition("/")
    first = f"{group.partition('.')[0]}-" if group else ""
    file = _folder(line) / f"{kind.lower()}-{first}{version}.json"
    if not file.is_file():
        return None
    found: Schema = json.loads(file.read_text("utf-8"))
    return found if {"group": group, "kind": kind, "version": version} in _kinds_of(found) else None


def _kinds_of(schema: Schema) -> list[dict[str, str]]:
    found: list[dict[str, str]] = schema.get("x-kubernetes-group-version-kind", [])
    return found


@lru_cache(maxsize=4)
def _definitions(line: str) -> Definitions:
    return Definitions((_folder(line) / "_definitions.json").read_text("utf-8"))


def _folder(line: str) -> Path:
    return _root() / f"v{line}.0-local-strict"


@cache
def _root() -> Path:
    package = find_spec("kubernetes_validate")
    if package is None or not package.submodule_search_locations:
        raise CannotTell(
            "the package kubernetes-validate is not installed", "pip install kubernetes-validate"
        )
    return Path(package.submodule_search_locations[0]) / _FOLDER
