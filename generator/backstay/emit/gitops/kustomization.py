"""kustomization.yaml of the overlay and of its component, from the files that the other emitters made."""

from collections.abc import Iterator, Sequence

from backstay.core.manifest import Manifest, Role
from backstay.emit.parts import Body, fixed
from backstay.model.cluster import Cluster

SOURCE = "kubernetes-sigs/kustomize api/types/kustomization.go"
_FOLDER = "component/"


def emit(cluster: Cluster, manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    """The overlay (base and component) and the component (objects and patches)."""
    objects = sorted(_below(m) for m in manifests if m.role is Role.OBJECT)
    patches = sorted(_below(m) for m in manifests if m.role is Role.PATCH)
    component: Body = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
    component |= {"resources": objects} if objects else {}
    component |= {"patches": [{"path": path} for path in patches]} if patches else {}
    overlay: Body = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    overlay |= {"resources": [cluster.gitops.base]} if cluster.gitops and cluster.gitops.base else {}
    overlay["components"] = ["component"]
    yield Manifest("kustomization.yaml", Role.KUSTOMIZE, overlay, fixed(SOURCE))
    yield Manifest("component/kustomization.yaml", Role.KUSTOMIZE, component, fixed(SOURCE))


def _below(manifest: Manifest) -> str:
    return manifest.file.removeprefix(_FOLDER)
