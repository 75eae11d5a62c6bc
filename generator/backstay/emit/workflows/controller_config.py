"""Patch of workflow-controller-configmap, strict about what this Argo version reads."""

from collections.abc import Iterator

from backstay.core.feature import Feature
from backstay.core.manifest import Manifest, YamlText
from backstay.emit.parts import Body, new_patch
from backstay.emit.workflows.containers import container_data
from backstay.emit.workflows.defaults import workflow_defaults
from backstay.emit.workflows.repository import artifact_repository
from backstay.model.cluster import Cluster

SOURCE = "argoproj/argo-workflows config/config.go"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The patch, where the store or the retries are stated."""
    data = controller_data(cluster)
    if cluster.pipelines is not None and data:
        if cluster.has(Feature.SHIPS_REMOVED_EXECUTOR) and cluster.has(Feature.STRICT_CONTROLLER_CONFIG):
            data["containerRuntimeExecutor"] = None
        namespace = cluster.pipelines.namespace
        yield new_patch("v1", "ConfigMap", "workflow-controller-configmap", namespace, SOURCE, data=data)


def controller_data(cluster: Cluster) -> Body:
    """The ConfigMap's data: one top-level field of Argo's Config per key."""
    data: Body = {}
    if cluster.workflows is None:
        return data
    if cluster.storage is not None:
        data["artifactRepository"] = YamlText(artifact_repository(cluster.storage.store))
    defaults = workflow_defaults(cluster)
    if defaults:
        data["workflowDefaults"] = YamlText(defaults)
    data |= container_data(cluster)
    return data | (dict(cluster.storage.pins.workflow_controller) if cluster.storage else {})
