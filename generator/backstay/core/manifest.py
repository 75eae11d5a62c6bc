"""Manifests: what the emitters make. One file each; plain values whose leaves may be facts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from backstay.core.diagnostic import ObjectRef
from backstay.core.fact import Fact, Origin
from backstay.core.route import Route

Origins = Mapping[Route, tuple[Origin, ...]]
"""Where the leaves of a value come from, most decisive first; a leaf without an entry is the emitter's own word."""

_SCALARS = (str, bool, int, float)
_LISTS = (list, tuple)
SCRIPT = "script"
"""The one key of a manifest whose file is no YAML or JSON but a script: its text."""
Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class YamlText:
    """YAML inside a string, such as a ConfigMap's `providers`: written out when the manifest is settled."""

    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class JsonText:
    """JSON inside a string, such as a Grafana dashboard: written out when the manifest is settled."""

    body: Mapping[str, object]


class Role(StrEnum):
    """What a file is, which decides who judges it and who lists it."""

    OBJECT = "object"  # a whole Kubernetes object that backstay owns
    PATCH = "patch"  # a strategic-merge patch of an object that an upstream install owns
    KUSTOMIZE = "kustomize"  # a kustomization.yaml
    BUNDLE = "bundle"  # a controller's config file, under bundle/


@dataclass(frozen=True, slots=True)
class Manifest:
    """One output file.

    `file` is relative to the cluster's overlay, with `/`; `body` is made of dicts, lists and scalars, where
    a scalar may be a `Fact`; `origin` is the origin of every leaf that is not one.
    """

    file: str
    role: Role
    body: Mapping[str, object]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Settled:
    """A manifest whose facts were taken apart: the plain object, and where its leaves come from.

    `nested` has, for each text made of `YamlText` or `JsonText`, the origins of the leaves inside it.
    """

    file: str
    role: Role
    value: dict[str, Plain]
    origins: Origins
    origin: Origin
    nested: Mapping[Route, Origins] = field(default_factory=dict)

    @property
    def ref(self) -> ObjectRef:
        """The identity of the object in the file."""
        return ref_of(self.value)


def ref_of(value: Mapping[str, object]) -> ObjectRef:
    """The identity of a Kubernetes object; parts that it lacks are empty."""
    metadata = value.get("metadata")
    meta = metadata if isinstance(metadata, Mapping) else {}
    return ObjectRef(
        str(value.get("apiVersion") or ""),
        str(value.get("kind") or ""),
        str(meta.get("namespace") or ""),
        str(meta.get("name") or ""),
    )


def settle(manifest: Manifest, to_text: Callable[[dict[str, Plain]], str]) -> Settled:
    """Take the facts out of a manifest: their values stay, their origins go to a map beside it.

    `to_text` writes nested YAML; such a text carries the origins of everything in it.
    """
    walk = _Walk(to_text)
    value = walk.mapping(manifest.body, ())
    return Settled(manifest.file, manifest.role, value, walk.origins, manifest.origin, walk.nested)


def _json(value: dict[str, Plain]) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


class _Walk:
    """One walk through a body, or through a text inside it, that gathers origins."""

    def __init__(self, to_text: Callable[[dict[str, Plain]], str]) -> None:
        self._to_text = to_text
        self.origins: dict[Route, tuple[Origin, ...]] = {}
        self.nested: dict[Route, Origins] = {}

    def mapping(self, value: Mapping[str, object], route: Route) -> dict[str, Plain]:
        return {key: self._value(below, (*route, key)) for key, below in value.items()}

    def _value(self, value: object, route: Route) -> Plain:
        if value is None or isinstance(value, _SCALARS):
            return value
        if isinstance(value, Fact):
            self.origins[route] = value.origins
            return self._value(value.value, route)
        if isinstance(value, dict):
            return self.mapping(value, route)
        if isinstance(value, _LISTS):
            return [self._value(below, (*route, index)) for index, below in enumerate(value)]
        if isinstance(value, YamlText):
            return self._text(value, route, self._to_text)
        if isinstance(value, JsonText):
            return self._text(value, route, _json)
        raise AssertionError(f"no YAML form for {type(value).__name__} at {route}")

    def _text(
        self, value: YamlText | JsonText, route: Route, to_text: Callable[[dict[str, Plain]], str]
    ) -> str:
        inside = _Walk(self._to_text)
        text = to_text(inside.mapping(value.body, ()))
        found = tuple(dict.fromkeys(origin for leaf in inside.origins.values() for origin in leaf))
        if found:
            self.origins[route] = found
            self.nested[route] = inside.origins
        return text
