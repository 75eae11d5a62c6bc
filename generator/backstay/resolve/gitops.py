"""The gitops section with the engines' own defaults."""

from backstay.core.fact import Fact, from_preset
from backstay.core.place import at
from backstay.model.parts import Gitops
from backstay.resolve.facts import fact
from backstay.spec import gitops as spec

_ROUTE = ("gitops",)
_NAMESPACES = {"argocd": "argocd", "flux": "flux-system"}


def resolve_gitops(gitops: spec.Gitops) -> Gitops:
    """Who applies the overlay, from where, over what base."""
    namespace: Fact[str]
    if gitops.namespace is None:
        namespace = from_preset(_NAMESPACES[gitops.engine], gitops.engine, "where its own install puts it")
    else:
        namespace = fact(gitops, "namespace", gitops.namespace, _ROUTE)
    return Gitops(
        fact(gitops, "engine", gitops.engine, _ROUTE),
        fact(gitops, "repository", gitops.repository, _ROUTE),
        fact(gitops, "path", gitops.path, _ROUTE),
        fact(gitops, "revision", gitops.revision, _ROUTE),
        namespace,
        fact(gitops, "destination", gitops.destination, _ROUTE),
        None
        if gitops.base is None
        else fact(gitops.base, "kustomize", gitops.base.kustomize, ("gitops", "base")),
        at(*_ROUTE),
    )
