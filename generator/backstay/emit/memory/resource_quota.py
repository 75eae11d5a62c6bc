"""ResourceQuota: what the pods of a namespace may take together.

Limits count as well as requests: a budget that only requests keep to is no budget for the nodes.
"""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.core.units import show_quantity
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.jobs import Budget, NodePool

SOURCE = "kubernetes/api core/v1/types.go (ResourceQuotaSpec)"
NAME = "backstay-memory"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each namespace that has a budget."""
    for budget in cluster.jobs.budgets:
        spec: Body = {"hard": _hard(budget, cluster.jobs.pools)}
        yield new_object("memory", "v1", "ResourceQuota", NAME, budget.namespace, SOURCE, spec=spec)


def _hard(budget: Budget, pools: tuple[NodePool, ...]) -> Body:
    total = budget.total.to(show_quantity)
    hard: Body = {"requests.memory": total, "limits.memory": total}
    if budget.gpus is not None:
        gpus = {pool.gpu_resource.value for pool in pools if pool.gpus.value}
        hard |= {f"requests.{resource}": budget.gpus.to(str) for resource in sorted(gpus)}
    return hard
