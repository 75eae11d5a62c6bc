"""The fleet folder: one Argo CD Application or Flux Kustomization per cluster."""

import re
from collections.abc import Iterable, Iterator

from backstay.core.fact import from_spec
from backstay.core.manifest import Manifest, Role
from backstay.emit.parts import MANAGED, Body, fixed
from backstay.model.cluster import Cluster
from backstay.model.parts import Gitops

ARGO = "argoproj/argo-cd docs/operator-manual/application.yaml"
_SHA1 = re.compile(r"[0-9a-f]{40}")
FLUX = "fluxcd/kustomize-controller docs/spec/v1/kustomizations.md"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The objects that make the engine apply this cluster's overlay; file names are within the fleet folder."""
    if cluster.gitops is None:
        return
    if cluster.gitops.engine.value == "argocd":
        yield _application(cluster.name, cluster.gitops)
    else:
        yield _source(cluster.name, cluster.gitops)
        yield _kustomization(cluster.name, cluster.gitops)


def kustomization(files: Iterable[str]) -> Manifest:
    """The folder's own kustomization.yaml over its files."""
    body: Body = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(files),
    }
    return Manifest("kustomization.yaml", Role.KUSTOMIZE, body, fixed(ARGO))


def _metadata(name: str, gitops: Gitops) -> Body:
    own = from_spec(name, "metadata", "name")
    return {"name": own, "namespace": gitops.namespace, "labels": MANAGED}


def _application(name: str, gitops: Gitops) -> Manifest:
    spec: Body = {
        "project": "default",
        "source": {"repoURL": gitops.repository, "path": gitops.path, "targetRevision": gitops.revision},
        "destination": {"server": gitops.destination},
        "syncPolicy": {
            # Objects of the base are shared with hand-made ones: nothing is pruned unless a person says so.
            "automated": {"prune": False, "selfHeal": True},
            "syncOptions": ["ServerSideApply=true"],
        },
    }
    body: Body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": _metadata(name, gitops),
        "spec": spec,
    }
    return Manifest(f"application-{name}.yaml", Role.OBJECT, body, fixed(ARGO))


def _source(name: str, gitops: Gitops) -> Manifest:
    spec: Body = {"interval": "5m", "url": gitops.repository, "ref": _ref(gitops)}
    body: Body = {
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": _metadata(name, gitops), "spec": spec,
    }  # fmt: skip
    return Manifest(f"gitrepository-{name}.yaml", Role.OBJECT, body, fixed(FLUX))


def _ref(gitops: Gitops) -> Body:
    return {"commit" if _SHA1.fullmatch(gitops.revision.value) else "branch": gitops.revision}


def _kustomization(name: str, gitops: Gitops) -> Manifest:
    spec: Body = {
        "interval": "10m",
        "path": gitops.path.to(lambda path: f"./{path}"),
        "prune": False,
        "sourceRef": {"kind": "GitRepository", "name": from_spec(name, "metadata", "name")},
        "timeout": "5m",
        "wait": True,
    }
    body: Body = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": _metadata(name, gitops), "spec": spec,
    }  # fmt: skip
    return Manifest(f"kustomization-{name}.yaml", Role.OBJECT, body, fixed(FLUX))
