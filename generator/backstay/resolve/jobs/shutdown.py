"""What the kubelet grants when a node shuts down: long enough for every pod that may be there.

Source: kubernetes/website docs/concepts/cluster-administration/node-shutdown: both periods default to zero, which
switches graceful shutdown off, and regular pods get the difference of the two.
"""

from collections.abc import Sequence
from dataclasses import replace

from backstay.core.fact import Fact, from_preset, join
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import NodePool, Workload

CRITICAL = 30_000
"""What critical pods (network, storage) get where nobody says otherwise: Kubernetes' own default grace period."""


def with_shutdown(
    pools: Sequence[NodePool], workloads: Sequence[Workload]
) -> tuple[tuple[NodePool, ...], dict[str, Derivation]]:
    """The pools with the kubelet's shutdown periods, where workloads run on them."""
    done: list[NodePool] = []
    numbers: dict[str, Derivation] = {}
    for pool in pools:
        inside = [workload for workload in workloads if workload.runs_on(pool)]
        done.append(_with_periods(pool, inside, numbers) if inside else pool)
    return tuple(done), numbers


def _with_periods(pool: NodePool, workloads: list[Workload], numbers: dict[str, Derivation]) -> NodePool:
    critical = pool.shutdown_grace_critical or from_preset(
        CRITICAL, "kubernetes", "the default grace period of critical pods"
    )
    number = _period(pool, workloads, critical)
    numbers[number.id] = number
    stated = pool.shutdown_grace
    whole = number.fact if stated is None else Fact(stated.value, (*stated.origins, number.fact.origins[0]))
    return replace(pool, shutdown_grace=whole, shutdown_grace_critical=critical)


def _period(pool: NodePool, workloads: list[Workload], critical: Fact[int]) -> Derivation:
    bounds = tuple(
        Bound(
            "shutdown-covers-grace", ">=", grace.value + critical.value,
            f"the pods of {workload.name} may take {show_duration(grace.value)} to end, and critical pods get "
            f"{show_duration(critical.value)} after them", "JOB014", join(0, grace, critical, *_placed(workload)).origins,
        )
        for workload in workloads
        for grace in (workload.grace, *(step.grace for step in workload.steps))
    )  # fmt: skip
    value = max(bound.limit for bound in bounds)
    title = f"how long the kubelets of {pool.name} hold up a shutdown"
    return Derivation(
        f"memory/{pool.name}/shutdown-grace", value, "ms", bounds, "the smallest that is enough", title
    )


def _placed(workload: Workload) -> tuple[Fact[str], ...]:
    """What says that its pods are on this pool's nodes."""
    return () if workload.pool is None else (workload.pool,)
