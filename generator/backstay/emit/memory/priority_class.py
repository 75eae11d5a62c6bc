"""PriorityClass and Kueue's WorkloadPriorityClass: one name and one number for pods and for queues."""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.emit.memory.kueue import api
from backstay.emit.parts import new_object
from backstay.model.cluster import Cluster

PODS = "kubernetes/api scheduling/v1/types.go (PriorityClass)"
QUEUES = "kueue apis/kueue/*/workloadpriorityclass_types.go"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each stated priority; for queues too where Kueue is installed."""
    for one in cluster.jobs.priorities:
        name, value = one.name, one.value
        yield new_object(
            "memory", "scheduling.k8s.io/v1", "PriorityClass", name, "", PODS,
            value=value, globalDefault=False, description="jobs; see memory.priorities of the spec",
        )  # fmt: skip
        if cluster.jobs.systems.kueue is not None:
            yield new_object(
                "memory", api(cluster), "WorkloadPriorityClass", name, "", QUEUES,
                value=value, description="jobs; see memory.priorities of the spec",
            )  # fmt: skip
