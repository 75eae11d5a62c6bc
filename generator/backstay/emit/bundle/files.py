"""One file per controller: what it should run with, apart from how it gets there."""

from collections.abc import Iterator, Mapping, Sequence

from backstay.core.fact import from_spec
from backstay.core.feature import Feature
from backstay.core.manifest import Manifest, Role
from backstay.emit.bundle.metadata_envoy import envoy_config
from backstay.emit.parts import Body, fixed
from backstay.model.cluster import Cluster


def emit(cluster: Cluster, manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    """The ConfigMap data that other emitters made for each controller, as files of their own."""
    for file, name in (
        ("workflow-controller", "workflow-controller-configmap"),
        ("kfp-launcher", "kfp-launcher"),
    ):
        found = next((m for m in manifests if _is_config_map(m, name)), None)
        data = found.body["data"] if found else None
        if found and isinstance(data, Mapping):
            kept: Body = {key: value for key, value in data.items() if value is not None}
            yield Manifest(f"bundle/{file}.yaml", Role.BUNDLE, kept, found.origin)
    if cluster.pipelines is not None and cluster.has(Feature.METADATA_STORE):
        source = "kubeflow/pipelines manifests/kustomize/base/metadata/base/metadata-envoy-configmap.yaml"
        yield Manifest(
            "bundle/metadata-envoy.yaml", Role.BUNDLE, envoy_config(cluster.pipelines), fixed(source)
        )


def _is_config_map(manifest: Manifest, name: str) -> bool:
    metadata = manifest.body.get("metadata")
    return (
        manifest.body.get("kind") == "ConfigMap"
        and isinstance(metadata, Mapping)
        and metadata.get("name") == name
    )


def index(cluster: Cluster, digests: Mapping[str, str]) -> Iterator[Manifest]:
    """bundle.yaml: the cluster's versions, and the sha256 of each file (`digests` by file name), where there are any."""
    if not digests:
        return
    versions: Body = {"kubernetes": cluster.kubernetes}
    for name, installed in (
        ("pipelines", cluster.pipelines),
        ("workflows", cluster.workflows),
        ("istio", cluster.mesh),
    ):
        if installed is not None:
            versions[name] = installed.version
    versions |= cluster.jobs.systems.installed
    body: Body = {
        "apiVersion": "backstay.dev/v1alpha1",
        "kind": "Bundle",
        "metadata": {"name": from_spec(cluster.name, "metadata", "name")},
        "versions": versions,
        "files": [{"path": file, "sha256": digest} for file, digest in sorted(digests.items())],
    }
    yield Manifest("bundle/bundle.yaml", Role.BUNDLE, body, fixed("backstay bundle"))
