"""TrainJobs: what one that people submit has to carry; its retries are its runtime's."""

from collections.abc import Iterator

from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.emit.parts import Body
from backstay.emit.training.forms import submitted
from backstay.emit.training.pods import memory, queue_labels, seconds
from backstay.emit.training.runtime import API
from backstay.model.cluster import Cluster
from backstay.model.jobs import Kind, Workload

SOURCE = "kubeflow/trainer pkg/apis/trainer/v1alpha1/trainjob_types.go"
GROUP = "trainer.kubeflow.org"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each TrainJob."""
    if cluster.jobs.systems.trainer is not None:
        for workload in cluster.jobs.of_kind(Kind.TRAINJOB):
            spec = _spec(cluster, workload)
            yield submitted(workload, API, "TrainJob", queue_labels(workload), SOURCE, spec)


def _spec(cluster: Cluster, workload: Workload) -> Body:
    spec: Body = {
        "runtimeRef": {"apiGroup": GROUP, "kind": "TrainingRuntime", "name": workload.name},
        "trainer": {"numNodes": workload.replicas},
    }
    size = memory(workload)
    if size:
        spec["trainer"] = {"numNodes": workload.replicas, "resourcesPerNode": size["resources"]}
    if workload.deadline is not None and cluster.has(Feature.TRAINJOB_DEADLINE):
        spec["activeDeadlineSeconds"] = seconds(workload.deadline)
    return spec
