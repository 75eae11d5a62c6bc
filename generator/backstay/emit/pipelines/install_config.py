"""Patch of pipeline-install-config: the bucket and the root that other parts of the install read from it."""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.emit.parts import new_patch
from backstay.model.cluster import Cluster

SOURCE = "kubeflow/pipelines manifests/kustomize/base/installs/generic/pipeline-install-config.yaml"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """Both keys, as changing one does not change the other."""
    if cluster.pipelines is not None and cluster.storage is not None:
        store = cluster.storage.store
        data = {"bucketName": store.bucket, "defaultPipelineRoot": store.pipeline_root}
        yield new_patch(
            "v1", "ConfigMap", "pipeline-install-config", cluster.pipelines.namespace, SOURCE, data=data
        )
