"""The pods of training jobs: their template, and what stands on the job for Kueue.

Sources: kubernetes/api core/v1 types.go; kueue pkg/constants (queue-name, max-exec-time-seconds).
"""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.units import show_quantity
from backstay.emit import pods
from backstay.emit.parts import Body
from backstay.model.cluster import Cluster
from backstay.model.jobs import NodePool, Workload


def seconds(time: Fact[int]) -> Fact[int]:
    """A time in milliseconds as Kubernetes takes it."""
    return time.to(pods.whole_seconds)


def template(cluster: Cluster, workload: Workload, containers: list[Body] | None = None) -> Body:
    """A pod template's metadata and spec; without `containers` it only says what a patch has to."""
    annotations = pods.force_delete(cluster, workload)
    metadata: Body = {"metadata": {"annotations": annotations}} if annotations else {}
    return {
        **metadata,
        "spec": _spec(cluster, workload) | ({"containers": containers} if containers else {}),
    }


def _spec(cluster: Cluster, workload: Workload) -> Body:
    """The pod's own fields, apart from its containers."""
    pool = cluster.jobs.pool_of(workload)
    labels = pods.node_labels(cluster, workload)
    held = [*pods.tolerations(workload.toleration), *_taint_tolerations(pool)]
    return {
        **({"nodeSelector": labels} if labels else {}),
        **({"tolerations": held} if held else {}),
        **({"priorityClassName": workload.priority} if workload.priority else {}),
        "terminationGracePeriodSeconds": seconds(workload.grace),
    }


def _taint_tolerations(pool: NodePool | None) -> Iterator[Body]:
    for taint in pool.taints if pool else ():
        valued = {"operator": "Equal", "value": taint.value} if taint.value.value else {"operator": "Exists"}
        yield {"key": taint.key, **valued, "effect": taint.effect}


def queue_labels(workload: Workload) -> Body:
    """Which queue admits the job, in what order, and how long it may run in all."""
    if workload.queue is None:
        return {}
    labels: Body = {"kueue.x-k8s.io/queue-name": workload.queue}
    if workload.priority is not None:
        labels["kueue.x-k8s.io/priority-class"] = workload.priority
    if workload.deadline is not None:
        labels["kueue.x-k8s.io/max-exec-time-seconds"] = seconds(workload.deadline).to(str)
    return labels


def memory(workload: Workload) -> Body:
    """Requests equal to limits: a pod that keeps to its request is not the one that is evicted."""
    if workload.memory is None:
        return {}
    size = {"memory": workload.memory.to(show_quantity)}
    return {"resources": {"requests": size, "limits": dict(size)}}


def container(workload: Workload, **more: object) -> Body:
    """The container that does the work, as far as the spec knows it: its image and command are the user's."""
    return {"name": workload.container, **memory(workload), **more}
