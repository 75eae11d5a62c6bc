"""Manifests: what the emitters make. One file each; plain values whose leaves may be facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from backstay.core.diagnostic import ObjectRef
from backstay.core.fact import Fact, Origin
from backstay.core.route import Route

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class YamlText:
    """YAML inside a string, such as a ConfigMap's `providers`: written out when the manifest is settled."""

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
    """A manifest whose facts were taken apart: the plain object, and where its leaves come from."""

    file: str
    role: Role
    value: dict[str, Plain]
    origins: Mapping[Route, tuple[Origin, ...]]
    origin: Origin

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
    origins: dict[Route, tuple[Origin, ...]] = {}
    value = {key: _walk(below, (key,), origins, to_text) for key, below in manifest.body.items()}
    return Settled(manifest.file, manifest.role, value, origins, manifest.origin)


def _walk(value: object, route: Route, origins: dict[Route, tuple[Origin, ...]],
          to_text: Callable[[dict[str, Plain]], str]) -> Plain:  # fmt: skip
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Fact):
        origins[route] = value.origins
        return _walk(value.value, route, origins, to_text)
    if isinstance(value, Mapping):
        return {key: _walk(below, (*route, key), origins, to_text) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(below, (*route, index), origins, to_text) for index, below in enumerate(value)]
    if isinstance(value, YamlText):
        inside: dict[Route, tuple[Origin, ...]] = {}
        plain = {key: _walk(below, (key,), inside, to_text) for key, below in value.body.items()}
        found = tuple(dict.fromkeys(origin for leaf in inside.values() for origin in leaf))
        if found:
            origins[route] = found
        return to_text(plain)
    raise AssertionError(f"no YAML form for {type(value).__name__} at {route}")
