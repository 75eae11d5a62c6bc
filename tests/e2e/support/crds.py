"""CustomResourceDefinitions of upstream projects, from the projects' own Go modules.

`toolbox/crds.toml` says which module, version and files. A module is fetched into Go's module cache and used only when
its hash is the pinned one.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ryaml

from e2e.support.cache import cache_folder
from e2e.support.errors import Failed
from e2e.support.golang import find_go
from e2e.support.kubeapi import Object
from e2e.support.toolbox import TOOLBOX

FETCH_SECONDS = 300
GetCrds = Callable[..., list[Object]]
_OPEN = "x-kubernetes-preserve-unknown-fields"


def known() -> list[tuple[str, str]]:
    """Return every project and release line that CRDs are pinned for, as `("istio", "1.30")`."""
    return [(project, line) for project, source in _sources().items() for line in source["versions"]]


def crd_files(project: str, line: str) -> list[Path]:
    """Return the upstream's files with the CRDs of `project` in release line `line`, unmodified, sorted by name.

    Raises `KeyError` for what `crds.toml` does not pin, `Unavailable` when the module cannot be had, and `Failed` when
    it is not the module that was pinned.
    """
    _, folder = unpacked(project, line)
    return sorted(folder.glob(_sources()[project]["files"]))


def unpacked(project: str, line: str) -> tuple[str, Path]:
    """Return the pinned version (`v0.18.3`) of a project's release line, and the folder with its module's files.

    Raises what `crd_files` does.
    """
    source = _sources()[project]
    pin = source["versions"][line]
    module = f"{source['module']}@{pin['version']}"
    found = download(module)
    if found["Sum"] != pin["sum"]:
        raise Failed(1, f"{module} has the hash {found['Sum']}, pinned is {pin['sum']}")
    return pin["version"], Path(found["Dir"])


def crds(project: str, line: str, *kinds: str) -> list[Object]:
    """Return the CRDs of `crd_files` made fit for a kube-apiserver: structural and small, equally strict otherwise.

    With `kinds`, only those: each definition costs the server up to a second and 100 MB. A kind that is not there is
    a `KeyError`.
    """
    documents = (
        document for path in crd_files(project, line) for document in ryaml.loads_all(path.read_text())
    )
    by_kind = {
        document["spec"]["names"]["kind"]: document
        for document in documents
        if document and document["kind"] == "CustomResourceDefinition"
    }
    return [prepared(by_kind[kind]) for kind in kinds or by_kind]


def fit(schema: Object) -> Object:
    """Return an OpenAPI v3 schema without descriptions (most of its size) and with every hole made explicit.

    The full CRDs of Argo Workflows up to 3.6 hold an empty schema (`inline: {}`) and arrays without items (`steps`),
    which a kube-apiserver refuses as not structural; both become "anything goes", which is what they say, and what
    Argo's own 3.7 writes. Below `allOf` and its kin nothing is touched: a type is forbidden there.
    """
    kept = {key: value for key, value in schema.items() if key != "description"}
    if not kept:
        return {_OPEN: True}
    if "properties" in kept:
        kept["properties"] = {name: fit(below) for name, below in kept["properties"].items()}
    if isinstance(kept.get("additionalProperties"), dict):
        kept["additionalProperties"] = fit(kept["additionalProperties"])
    if kept.get("type") == "array":
        kept["items"] = fit(kept.get("items", {}))
    return kept


def prepared(crd: Object) -> Object:
    """Return a CRD with every schema made `fit`."""
    versions = [
        version | {"schema": {"openAPIV3Schema": fit(version["schema"]["openAPIV3Schema"])}}
        for version in crd["spec"]["versions"]
    ]
    return crd | {"spec": crd["spec"] | {"versions": versions}}


def download(module: str) -> dict[str, str]:
    """Return what `go mod download -json MODULE` tells: `Dir`, the unpacked files, and `Sum`, their hash."""
    told = find_go().fetch("mod", "download", "-json", module, folder=cache_folder(), seconds=FETCH_SECONDS)
    answer: dict[str, str] = json.loads(told)
    return answer


def _sources() -> dict[str, Any]:
    return tomllib.loads((TOOLBOX / "crds.toml").read_text())
