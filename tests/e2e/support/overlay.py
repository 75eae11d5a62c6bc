"""Specs compiled and built by kustomize over a base of this repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from support.compiler import files_of
from support.repository import REPO
from support.specs import Spec, delivered, spec_of

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.support.kubeapi import Object
    from e2e.support.kustomize import KustomizeBuild


def built(folder: Path, base: str, build: KustomizeBuild, platform: Spec, **sections: Any) -> list[Object]:
    """The objects of a spec's overlay over `bases/BASE`; everything is written below `folder`."""
    overlay = folder / "overlay"
    gitops = delivered(os.path.relpath(REPO / "bases" / base, overlay))
    for name, data in files_of(spec_of(platform, gitops=gitops, **sections)).items():
        path = overlay / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return build(overlay)
