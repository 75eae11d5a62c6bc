"""A components folder for `backstay prove jobs`: toolbox programs, and the manifests of the projects' own modules.

Manifests come out of `kustomize build` over the overlay that a project installs with, so that its patches count.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from backstay.prove.jobs.components import PROGRAMS, PROJECTS
from e2e.support import kustomize, toolbox
from e2e.support.cache import Say, cache_folder, say_on_stderr
from e2e.support.crds import prepared, unpacked

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.support.kubeapi import Object

_OVERLAYS = {
    "jobset": ("0.12", ("config/default",), ("JobSet",)),
    "kueue": ("0.18", ("config/default",), ()),
    "trainer": ("2.3", ("manifests/base/crds", "manifests/base/webhook"), ()),
    "training-operator": ("1.9", ("manifests/base/crds", "manifests/base/webhook"), ("PyTorchJob",)),
}
"""For each project the release line, the folders to build, and the kinds to take (none named: all)."""


def assembled(say: Say = say_on_stderr) -> Path:
    """Return the cache's components folder, made on first use; raises `Unavailable` or `Failed` as a build does."""
    folder = cache_folder() / "components"
    assemble(folder, say)
    return folder


def assemble(folder: Path, say: Say = say_on_stderr) -> None:
    """Fill `folder` with every program and manifest that is not there yet, or is another build."""
    (folder / "manifests").mkdir(parents=True, exist_ok=True)
    for name in PROGRAMS:
        _place(toolbox.build(name, say), folder / name)
    for project in PROJECTS:
        _write(folder / "manifests" / f"{project}.json", json.dumps(manifests(project, say)))


def manifests(project: str, say: Say = say_on_stderr) -> Object:
    """Return what a project's release ships for the API server: `version`, `crds` and `webhooks`."""
    line, overlays, kinds = _OVERLAYS[project]
    version, module = unpacked(project, line)
    program = toolbox.build("kustomize", say)
    objects = [obj for overlay in overlays for obj in kustomize.build(program, module / overlay)]
    crds = [obj for obj in objects if obj["kind"] == "CustomResourceDefinition"]
    wanted = [prepared(crd) for crd in crds if not kinds or crd["spec"]["names"]["kind"] in kinds]
    webhooks = [obj for obj in objects if obj["kind"].endswith("WebhookConfiguration")]
    return {"version": version.removeprefix("v"), "crds": wanted, "webhooks": webhooks}


def _place(program: Path, target: Path) -> None:
    """Link a program, or copy it to another file system; what lies there and is the same file stays."""
    if target.exists() and target.samefile(program):
        return
    staged = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        staged.hardlink_to(program)
    except OSError:
        shutil.copy2(program, staged)
    staged.replace(target)


def _write(target: Path, content: str) -> None:
    if not target.exists() or target.read_text() != content:
        staged = target.with_name(f"{target.name}.{os.getpid()}")
        staged.write_text(content)
        staged.replace(target)
