"""ClusterQueue and LocalQueue: a namespace's budget as Kueue admits jobs against it.

Resources that are not covered here have to be left out of Kueue's view (resources.excludeResourcePrefixes), or a job
that requests them is never admitted.
"""

from collections.abc import Iterator

from backstay.core.fact import Fact, join
from backstay.core.manifest import Manifest
from backstay.core.units import show_quantity
from backstay.emit.memory.kueue import api, flavors
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.jobs import Budget, Jobs, NodePool

CLUSTER_QUEUE = "kueue apis/kueue/*/clusterqueue_types.go"
LOCAL_QUEUE = "kueue apis/kueue/*/localqueue_types.go"
_NAMESPACE = "kubernetes.io/metadata.name"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """A pair for each budget, and a LocalQueue of each other name that workloads ask for."""
    jobs = cluster.jobs
    if jobs.systems.kueue is None:
        return
    for budget in jobs.budgets:
        name = budget.namespace
        spec: Body = {
            "namespaceSelector": {"matchLabels": {_NAMESPACE: name}},
            "resourceGroups": list(_groups(jobs, budget)),
        }
        yield new_object("memory", api(cluster), "ClusterQueue", name.value, "", CLUSTER_QUEUE, spec=spec)
        for queue in _local_queues(jobs, budget):
            queued: Body = {"clusterQueue": name}
            yield new_object("memory", api(cluster), "LocalQueue", queue, name, LOCAL_QUEUE, spec=queued)


def _local_queues(jobs: Jobs, budget: Budget) -> list[str]:
    namespace = budget.namespace.value
    asked = [w.queue.value for w in jobs.workloads if w.queue and w.namespace.value == namespace]
    return sorted({namespace, *asked})


def _groups(jobs: Jobs, budget: Budget) -> Iterator[Body]:
    """Memory and GPUs in one group: the flavor that a job gets decides both."""
    gpus = [pool for pool in jobs.pools if pool.gpus.value]
    resources = ["memory", *sorted({pool.gpu_resource.value for pool in gpus})]
    pools = [jobs.pool(name) for name in flavors(jobs.pools)]
    yield {
        "coveredResources": resources,
        "flavors": [
            {"name": name, "resources": [_quota(resource, pool, budget) for resource in resources]}
            for name, pool in zip(flavors(jobs.pools), pools, strict=True)
        ],
    }


def _quota(resource: str, pool: NodePool | None, budget: Budget) -> Body:
    if resource == "memory" or pool is None:
        return {"name": resource, "nominalQuota": _memory(pool, budget).to(show_quantity)}
    return {"name": resource, "nominalQuota": _gpus(resource, pool, budget).to(str)}


def _memory(pool: NodePool | None, budget: Budget) -> Fact[int]:
    """The budget, or the part of it that comes from the pool: nothing from one that it does not name."""
    if pool is None or not budget.by_pool:
        return budget.total
    return budget.by_pool.get(pool.name, join(0, *budget.by_pool.values()))


def _gpus(resource: str, pool: NodePool, budget: Budget) -> Fact[int]:
    """All that the pool has, or as many as the budget says."""
    if pool.gpu_resource.value != resource:
        return pool.gpu_resource.to(lambda _: 0)
    there = pool.nodes.value * pool.gpus.value
    if budget.gpus is None:
        return join(there, pool.gpus, pool.nodes)
    return join(min(there, budget.gpus.value), budget.gpus, pool.gpus, pool.nodes)
