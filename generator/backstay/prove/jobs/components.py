"""The programs and manifests that a control plane is made of, and where they are found.

A components folder holds the programs, and below `manifests/` one JSON file a project with what its release ships for
the API server: `{"version": "0.18.3", "crds": [...], "webhooks": [...]}`. `just components DIR` makes one.
Programs, not manifests, are looked for on PATH, too.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backstay.core.failure import CannotTell
from backstay.core.manifest import Plain

VARIABLE = "BACKSTAY_COMPONENTS"
PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "jobset",
    "kueue",
    "trainer",
    "training-operator",
)
PROJECTS = ("jobset", "kueue", "trainer", "training-operator")
HELP = (
    "`just components DIR` in a checkout of backstay builds all of them from pinned Go modules (about 20 minutes); "
    f"then name DIR with --components or {VARIABLE}"
)

Struct = dict[str, Plain]


@dataclass(frozen=True, slots=True)
class Project:
    """What a project's release ships for the API server: its version, CustomResourceDefinitions, webhook objects."""

    version: str
    crds: tuple[Struct, ...]
    webhooks: tuple[Struct, ...]


@dataclass(frozen=True, slots=True)
class Components:
    """Every program by its name, every project's manifests by its."""

    programs: Mapping[str, Path]
    projects: Mapping[str, Project]


def find(folder: Path | None) -> Components:
    """All components, from `folder`, else from the one that BACKSTAY_COMPONENTS names; programs from PATH as well.

    Raises `CannotTell` that names everything that is missing.
    """
    named = folder or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    programs = {name: _program(named, name) for name in PROGRAMS}
    files = {name: named / "manifests" / f"{name}.json" if named else None for name in PROJECTS}
    missing = [name for name, path in programs.items() if path is None]
    missing += [f"manifests/{name}.json" for name, path in files.items() if not (path and path.is_file())]
    if missing:
        where = f"{named} or on PATH" if named else "any folder (none is named) or on PATH"
        raise CannotTell(f"components of a control plane are not in {where}: {', '.join(missing)}", HELP)
    return Components(
        {name: path for name, path in programs.items() if path},
        {name: _project(path) for name, path in files.items() if path},
    )


def _program(folder: Path | None, name: str) -> Path | None:
    if folder is not None and os.access(folder / name, os.X_OK):
        return (folder / name).absolute()
    found = shutil.which(name)
    return Path(found) if found else None


def _project(path: Path) -> Project:
    try:
        value = json.loads(path.read_text())
        return Project(str(value["version"]), tuple(value["crds"]), tuple(value["webhooks"]))
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise CannotTell(f"{path} is not what a components folder holds", HELP) from wrong
