"""The map from every output leaf to where it comes from: what provenance.json holds.

Shape: `{"version": 1, "cluster": name, "origins": {key: {...}}, "files": {file: {"default": key, "leaves": {route
in words: [key...]}}}}`. A key is `kind:ref` (see `core.fact`), so that a new origin changes no other line; its
entry has the notes, and for a spec leaf `file`: the spec or the profile that wrote it. Lines are left out on
purpose: a comment added to a spec must not make the output stale (docs/decisions/0004-provenance-without-lines.md).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NotRequired, TypedDict

from backstay.core.fact import Origin, OriginKind
from backstay.core.manifest import Settled
from backstay.core.route import Route, show

FILE = "provenance.json"
VERSION = 1

WriterOf = Callable[[str], str | None]
"""The spec or profile file that wrote the leaf at a route in words; None when none did."""


class OriginEntry(TypedDict):
    """One origin as provenance.json has it."""

    notes: NotRequired[list[str]]
    file: NotRequired[str]


class FileEntry(TypedDict):
    """One output file: the origin of most of it, and those of the leaves that have their own, most decisive first."""

    default: str
    leaves: dict[str, list[str]]


class Provenance(TypedDict):
    """The whole map of one cluster."""

    version: int
    cluster: str
    origins: dict[str, OriginEntry]
    files: dict[str, FileEntry]


def provenance(cluster: str, settled: Sequence[Settled], writer_of: WriterOf) -> Provenance:
    """The map of a cluster's files; equal input in any order gives an equal map."""
    used = {origin for one in settled for origin in (one.origin, *_leaf_origins(one))}
    origins: dict[str, OriginEntry] = {}
    for origin in sorted(used, key=lambda o: (o.ref, o.note)):
        _add(origins.setdefault(key_of(origin), {}), origin, writer_of)
    return {
        "version": VERSION,
        "cluster": cluster,
        "origins": origins,
        "files": {one.file: _file(one) for one in settled},
    }


def lookup(found: Provenance, file: str, route: Route) -> list[str]:
    """The keys of where the leaf at `route` of an output file comes from, most decisive first.

    The leaf's own origins, else those of the nearest container above that has some, else the file's default.
    Raises KeyError for a file that the map does not know.
    """
    entry = found["files"][file]
    above = (entry["leaves"].get(_show(route[:end])) for end in range(len(route), 0, -1))
    return next((keys for keys in above if keys), [entry["default"]])


@lru_cache(maxsize=16384)
def key_of(origin: Origin) -> str:
    """The key of an origin: `spec:network.calls[0].silentFor`."""
    return f"{origin.kind.value}:{origin.ref}"


_show = lru_cache(maxsize=16384)(show)  # clusters share their files' shapes, and so their routes


def _leaf_origins(settled: Settled) -> set[Origin]:
    return {origin for origins in settled.origins.values() for origin in origins}


def _file(settled: Settled) -> FileEntry:
    leaves = {
        _show(route): list(dict.fromkeys(map(key_of, origins)))
        for route, origins in settled.origins.items()
        if origins
    }
    return {"default": key_of(settled.origin), "leaves": leaves}


def _add(entry: OriginEntry, origin: Origin, writer_of: WriterOf) -> None:
    if origin.note:
        entry.setdefault("notes", []).append(origin.note)
    file = writer_of(origin.ref) if origin.kind is OriginKind.SPEC else None
    if file is not None:
        entry["file"] = file
