"""Which timelines a cluster has."""

from collections.abc import Collection, Iterator

from backstay.explain.timeline.drain import drain
from backstay.explain.timeline.moments import Event, Timeline
from backstay.explain.timeline.node_loss import node_loss
from backstay.explain.timeline.pod_end import eviction, oom
from backstay.model.cluster import Cluster
from backstay.model.jobs import Workload


def timelines(cluster: Cluster, events: Collection[Event], subject: str = "") -> Iterator[Timeline]:
    """Those of some events, workload by workload; of one workload or drained object, where `subject` names it.

    A subject is told as `train`, `team-a/train` or `workloads.train`.
    """
    for workload in cluster.jobs.workloads:
        if _meant(subject, workload.namespace.value, workload.name):
            yield from _of(cluster, workload, events)
    for shutdown in cluster.shutdowns if Event.DRAIN in events else ():
        names = (shutdown.workload.name.value, *shutdown.services)
        if any(_meant(subject, shutdown.workload.namespace.value, name) for name in names):
            yield drain(cluster, shutdown)


def _of(cluster: Cluster, workload: Workload, events: Collection[Event]) -> Iterator[Timeline]:
    recovery = cluster.jobs.recovery
    if Event.NODE_LOSS in events and recovery is not None:
        yield node_loss(workload, recovery)
    if Event.EVICTION in events:
        yield eviction(workload, recovery)
    if Event.OOM in events:
        yield oom(workload, recovery)


def subjects(cluster: Cluster) -> list[str]:
    """The names that may be asked for."""
    served = (name for one in cluster.shutdowns for name in (one.workload.name.value, *one.services))
    return sorted({*(workload.name for workload in cluster.jobs.workloads), *served})


def _meant(subject: str, namespace: str, name: str) -> bool:
    return subject in {"", name, f"{namespace}/{name}", f"workloads.{name}", f"network.services.{name}"}
