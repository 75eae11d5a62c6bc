"""The schemas of custom resources that the package carries, read from upstream modules (see upstream/schemas)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import backstay.upstream
from backstay.check.schemas.walk import Schema
from backstay.upstream.versions import order

FOLDER = Path(backstay.upstream.__file__).parent / "schemas"


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind under one API version: its product, the product versions at hand, and its file from each on.

    A file of None says that the kind is served no more from that version on.
    """

    product: str
    lines: tuple[str, ...]
    since: tuple[tuple[str, str | None], ...]

    def file(self, line: str) -> str | None:
        """The schema's file for a product version; None when that version does not serve it."""
        fit = [file for start, file in self.since if order(start) <= order(line)]
        return fit[-1] if fit else None


def entry(api_version: str, kind: str) -> Entry | None:
    """What is known of a kind; None when nothing is."""
    return _index().get((api_version, kind))


def groups() -> frozenset[str]:
    """The API groups of which kinds are known."""
    return frozenset(api_version.rpartition("/")[0] for api_version, _ in _index())


def entries(kind: str) -> Iterable[tuple[str, Entry]]:
    """API versions under which a kind of that name is known."""
    return ((api_version, found) for (api_version, name), found in _index().items() if name == kind)


def kinds(group: str) -> list[str]:
    """The kinds that are known of an API group."""
    return sorted({kind for api_version, kind in _index() if api_version.rpartition("/")[0] == group})


def read(file: str) -> Schema:
    """A schema; `$defs/ObjectMeta`, where it refers to that, is left to the reader."""
    found: Schema = json.loads((FOLDER / file).read_text("utf-8"))
    return found


# Kustomize reads its own files, with no server between: the fields are those of its Go types, written down here.
_KUSTOMIZE = Entry("kustomize", ("5.8",), (("5.8", "kustomize/Kustomization.json"),))


@cache
def _index() -> dict[tuple[str, str], Entry]:
    index = json.loads((FOLDER / "index.json").read_text("utf-8"))
    projects = {
        name: (project["product"].replace("-", "_"), tuple(project["versions"]))
        for name, project in index["projects"].items()
    }
    found = {
        ("kustomize.config.k8s.io/v1beta1", "Kustomization"): _KUSTOMIZE,
        ("kustomize.config.k8s.io/v1alpha1", "Component"): _KUSTOMIZE,
    }
    for key, told in index["kinds"].items():
        api_version, _, kind = key.rpartition("/")
        since = tuple((start, file) for start, file in told["since"])
        found[api_version, kind] = Entry(*projects[told["project"]], since)
    return found
