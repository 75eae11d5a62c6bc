"""`gitops`: who applies the overlay and over what."""

from typing import Literal

from backstay.spec.base import Section
from backstay.spec.types import Name, RelativePath, RepositoryUrl


class Base(Section):
    """The upstream install that the overlay patches."""

    kustomize: RelativePath
    """A kustomization, relative to the overlay's folder."""


class Gitops(Section):
    """How the overlay reaches the cluster."""

    engine: Literal["argocd", "flux"]
    """Which controller applies it."""
    repository: RepositoryUrl
    """The repository that holds the overlays."""
    path: RelativePath
    """The overlay's folder in that repository."""
    revision: str = "main"
    """The branch, tag or commit to follow."""
    namespace: Name | None = None
    """Where the engine's objects live; `argocd` or `flux-system` by default."""
    destination: str = "https://kubernetes.default.svc"
    """Argo CD: the cluster's API server as Argo CD knows it."""
    base: Base | None = None
    """The upstream install that patches go over."""
