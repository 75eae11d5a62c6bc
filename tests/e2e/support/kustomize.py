"""`kustomize build` as a function: a folder in, the resulting objects out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from e2e.support.kubeapi import Object
from e2e.support.manifests import read_objects
from e2e.support.process import run

SECONDS = 120
KustomizeBuild = Callable[[Path], list[Object]]


def build(program: Path, folder: Path) -> list[Object]:
    """Return the objects that a plain `kustomize build FOLDER` prints, in its order.

    No flags: what builds here builds in `kubectl apply -k`, Argo CD and Flux too. Raises `Failed` with kustomize's own
    message when the build is refused.
    """
    return read_objects(run([str(program), "build", str(folder)], folder=folder, seconds=SECONDS))
