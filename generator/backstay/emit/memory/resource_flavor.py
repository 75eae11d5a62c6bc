"""ResourceFlavor: a node pool as Kueue knows it; its labels become node selectors of the pods that it admits there."""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.emit.memory.kueue import api, flavors
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.jobs import NodePool

SOURCE = "kueue apis/kueue/*/resourceflavor_types.go"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each pool, where Kueue has budgets to keep."""
    jobs = cluster.jobs
    if jobs.systems.kueue is None or not jobs.budgets:
        return
    for name in flavors(jobs.pools):
        spec = _spec(jobs.pool(name))
        yield new_object("memory", api(cluster), "ResourceFlavor", name, "", SOURCE, spec=spec)


def _spec(pool: NodePool | None) -> Body:
    if pool is None:
        return {}
    taints = [
        {"key": taint.key, "effect": taint.effect} | ({"value": taint.value} if taint.value.value else {})
        for taint in pool.taints
    ]
    spec: Body = {"nodeLabels": dict(pool.node_labels)} if pool.node_labels else {}
    return spec | ({"nodeTaints": taints} if taints else {})
