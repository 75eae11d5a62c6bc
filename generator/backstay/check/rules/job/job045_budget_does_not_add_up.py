"""A namespace's budget and its parts by pool do not add up, or Kueue cannot tell which pool pays for it.

Kueue counts each flavor for itself: with several pools and no parts it would admit the whole budget on each of them, and the
quota would refuse what it admitted. A workload on a pool that the budget does not name is never admitted.

Not judged: clusters with one pool; several pools without Kueue, whose quota counts them together.

Breaks: jobs are admitted and their pods refused, or they wait in the queue for ever.
Bad:
    platform: {kueue: "0.19"}
    memory:
      pools: {cpu: {nodes: 4, capacity: 64Gi}, gpu: {nodes: 2, capacity: 256Gi}}
      budgets: {team-a: 128Gi}
      steps: {default: 1Gi}
Good:
    platform: {kueue: "0.19"}
    memory:
      pools: {cpu: {nodes: 4, capacity: 64Gi}, gpu: {nodes: 2, capacity: 256Gi}}
      budgets: {team-a: {total: 128Gi, pools: {cpu: 96Gi, gpu: 32Gi}}}
      steps: {default: 1Gi}
Source: kueue apis/kueue/v1beta2/clusterqueue_types.go (FlavorQuotas); kubernetes pkg/quota/v1/evaluator/core/pods.go
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.units import show_quantity
from backstay.model.jobs import Budget, Jobs

RULE = rule(__doc__, "JOB045", "budget-does-not-add-up")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge each budget of the spec."""
    jobs = ctx.cluster.jobs if ctx.cluster else None
    for budget in jobs.budgets if jobs else ():
        assert jobs is not None  # noqa: S101 - it has budgets
        yield from _unknown_pools(jobs, budget)
        yield from _sum(budget)
        if jobs.systems.kueue is not None:
            yield from _split(jobs, budget)
            yield from _unpaid(jobs, budget)


def _unknown_pools(jobs: Jobs, budget: Budget) -> Iterator[Diagnostic]:
    for name, size in budget.by_pool.items():
        if jobs.pool(name) is None:
            known = ", ".join(pool.name for pool in jobs.pools) or "none is stated under memory.pools"
            yield RULE.report(
                f"`{budget.namespace.value}` may use {show_quantity(size.value)} of a pool `{name}` that there is not",
                at=look.stated(size, budget.place), help=f"write one of these: {known}",
            )  # fmt: skip


def _sum(budget: Budget) -> Iterator[Diagnostic]:
    parts = sum(size.value for size in budget.by_pool.values())
    if parts > budget.total.value:
        told = " + ".join(show_quantity(size.value) for size in budget.by_pool.values())
        yield RULE.report(
            f"the pools' parts of `{budget.namespace.value}` are {told} = {show_quantity(parts)}, and the whole is {show_quantity(budget.total.value)}",
            at=look.stated(budget.total, budget.place), help=f"write `total: {show_quantity(parts)}`, or make the parts smaller",
        )  # fmt: skip


def _split(jobs: Jobs, budget: Budget) -> Iterator[Diagnostic]:
    if len(jobs.pools) > 1 and not budget.by_pool:
        whole = show_quantity(budget.total.value)
        names = ", ".join(f"{pool.name}: ..." for pool in jobs.pools)
        yield RULE.report(
            f"Kueue would admit {whole} for `{budget.namespace.value}` on each of {len(jobs.pools)} pools, and the quota is {whole} in all",
            at=look.stated(budget.total, budget.place),
            help=f"say how much comes from which: `{budget.namespace.value}: {{total: {whole}, pools: {{{names}}}}}`",
        )  # fmt: skip


def _unpaid(jobs: Jobs, budget: Budget) -> Iterator[Diagnostic]:
    """Queued workloads on pools that give the namespace nothing."""
    for one in jobs.workloads:
        inside = one.namespace.value == budget.namespace.value and one.queue is not None
        if inside and budget.by_pool and one.pool is not None and one.pool.value not in budget.by_pool:
            yield RULE.report(
                f"{one.name} runs on `{one.pool.value}`, of which `{budget.namespace.value}` may use nothing: Kueue never admits it",
                at=one.place, related=(Related(budget.place, "the budget"),),
                help=f"give `{one.pool.value}` a part of the budget, or let {one.name} run on {' or '.join(budget.by_pool)}",
            )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"budgets", "pools", "workloads", "jobs"}), run=check)
