"""Everything about jobs and memory of one cluster, section by section."""

from backstay.core.diagnostic import Diagnostic
from backstay.core.place import at
from backstay.model.derivation import Derivation
from backstay.model.jobs import Jobs, Workload
from backstay.model.parts import Drain, Retries
from backstay.resolve.endpoints import nearest
from backstay.resolve.jobs.budgets import resolve_budgets
from backstay.resolve.jobs.pools import resolve_pools
from backstay.resolve.jobs.readiness import fact_of, resolve_readiness
from backstay.resolve.jobs.recovery import resolve_recovery
from backstay.resolve.jobs.shutdown import with_shutdown
from backstay.resolve.jobs.workloads import Surroundings, resolve_workload
from backstay.resolve.jobs.zenml import with_steps
from backstay.resolve.platform import Platform
from backstay.spec import cluster as spec
from backstay.spec import workloads
from backstay.spec.rules import UNKNOWN_NAME, WRONG_VALUE

Numbers = dict[str, Derivation]


def resolve_jobs(
    stated: spec.Cluster,
    platform: Platform,
    retries: Retries,
    drain: Drain | None,
    findings: list[Diagnostic],
) -> tuple[Jobs, Numbers]:
    """The model of everything about jobs, and the derivations of its numbers by id."""
    pools, numbers = resolve_pools(stated.memory)
    budgets = resolve_budgets(stated.memory)
    recovery, more = resolve_recovery(stated.termination.node_loss, platform)
    numbers |= more
    around = Surroundings(
        platform.jobs, recovery, retries, drain, tuple(pool.name for pool in pools),
        {budget.namespace.value: budget.total for budget in budgets},
    )  # fmt: skip
    workloads = _workloads(stated, around, numbers, findings)
    pools, more = with_shutdown(pools, workloads)
    ready = resolve_readiness(recovery, workloads)
    numbers |= more | {number.id: number for number in ready if number}
    timeout, again = map(fact_of, ready)
    jobs = Jobs(
        platform.jobs, pools, budgets, None, recovery, workloads, ready_timeout=timeout, ready_recovery=again
    )
    return jobs, numbers


def _workloads(
    stated: spec.Cluster, around: Surroundings, numbers: Numbers, findings: list[Diagnostic]
) -> tuple[Workload, ...]:
    done = []
    for name, one in stated.workloads.items():
        findings += (*_unknown_pool(name, one.pool, around.pools), *_not_patched(name, one))
        workload, more = resolve_workload(name, one, around)
        workload, steps = with_steps(workload, one)
        numbers |= more | steps
        done.append(workload)
    return tuple(done)


def _unknown_pool(name: str, pool: str | None, pools: tuple[str, ...]) -> list[Diagnostic]:
    if pool is None or pool in pools:
        return []
    place = at("workloads", name, "pool")
    return [UNKNOWN_NAME.report(f"there is no node pool `{pool}`", at=place, help=nearest(pool, pools))]


def _not_patched(name: str, stated: workloads.Workload) -> list[Diagnostic]:
    """A merge replaces the lists of custom resources whole; a runtime is an object of its own."""
    if not stated.in_base or stated.kind in {"pytorchjob", "job"}:
        return []
    return [
        WRONG_VALUE.report(
            f"a {stated.kind} of the base cannot be patched: a merge would replace its list of jobs whole",
            at=at("workloads", name, "inBase"),
            help="leave `inBase` out, and take what the bundle says into the object",
        )
    ]
