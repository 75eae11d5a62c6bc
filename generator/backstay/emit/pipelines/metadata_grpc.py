"""Patch of metadata-grpc-deployment: its complete arguments, as a merge replaces the list whole."""

from collections.abc import Iterator

from backstay.core.fact import Fact, join
from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.emit.parts import container_patch
from backstay.model.cluster import Cluster

SOURCE = "kubeflow/pipelines manifests/kustomize/base/metadata/base/metadata-grpc-deployment.yaml"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The patch, where the server has channel arguments beyond those that its release ships."""
    if cluster.pipelines is None or not cluster.has(Feature.METADATA_STORE):
        return
    for knobs in cluster.network.knobs:
        if knobs.service.preset == "kfp-metadata-grpc" and knobs.server_args:
            release = cluster.pipelines.metadata_args
            args: list[Fact[str]] = [Fact(arg, release.origins) for arg in release.value]
            pairs = ",".join(f"{name}={value.value}" for name, value in knobs.server_args)
            args.append(join(f"--grpc_channel_arguments={pairs}", *(value for _, value in knobs.server_args)))
            yield container_patch(
                "metadata-grpc-deployment", cluster.pipelines.namespace, "container", SOURCE, args=args
            )
            return
