"""Memory over everything about jobs: what steps and pods need, how many may run at once, the worst moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backstay.core.fact import Fact
from backstay.model.derivation import Derivation
from backstay.model.jobs import Budget, Jobs, Kind, NodePool, Step, StepMemory, Workload
from backstay.resolve.facts import maybe
from backstay.resolve.jobs import fan_out, peak
from backstay.resolve.jobs.budgets import resolve_priorities
from backstay.resolve.jobs.readiness import fact_of, resolve_requeues
from backstay.resolve.jobs.solving import pinned
from backstay.resolve.jobs.steps import resolve_steps
from backstay.resolve.jobs.times import Subject
from backstay.spec import cluster as spec

Numbers = dict[str, Derivation]


@dataclass(frozen=True, slots=True)
class _Room:
    """What a workload's pods may use."""

    steps: StepMemory | None
    budget: Budget | None
    pools: Sequence[NodePool]


def with_memory(jobs: Jobs, stated: spec.Cluster, runs: Sequence[Fact[str]]) -> tuple[Jobs, Numbers]:
    """The same with everything about memory; `runs` are the namespaces that pipelines run in."""
    homes = {namespace.value for namespace in runs}
    hosting = [budget for budget in jobs.budgets if budget.namespace.value in homes]
    steps, numbers = resolve_steps(stated.memory.steps, jobs.pools, hosting)
    done = []
    for workload in jobs.workloads:
        found, more = _workload(workload, stated, _room(jobs, workload, steps))
        numbers |= more
        done.append(found)
    requeues, priorities = resolve_requeues(jobs.workloads), resolve_priorities(stated.memory)
    numbers |= {requeues.id: requeues} if requeues else {}
    return replace(
        jobs, steps=steps, workloads=tuple(done), priorities=priorities, requeues=fact_of(requeues)
    ), numbers


def _room(jobs: Jobs, workload: Workload, steps: StepMemory | None) -> _Room:
    budget = next((one for one in jobs.budgets if one.namespace.value == workload.namespace.value), None)
    pool = jobs.pool_of(workload)
    return _Room(steps, budget, jobs.pools if pool is None else (pool,))


def _workload(workload: Workload, stated: spec.Cluster, room: _Room) -> tuple[Workload, Numbers]:
    own, route = stated.workloads[workload.name], ("workloads", workload.name)
    workload = replace(workload, priority=maybe(own, "priority", own.priority, route))
    subject = Subject(f"workloads/{workload.name}", workload.name)
    if workload.kind is Kind.ZENML:
        return _pipeline(workload, subject, room)
    number = peak.peak(subject, workload.replicas, workload.memory)
    return replace(workload, peak=fact_of(number)), {number.id: number} if number else {}


def _pipeline(workload: Workload, subject: Subject, room: _Room) -> tuple[Workload, Numbers]:
    steps = tuple(replace(step, memory=_needed(step, workload, room.steps)) for step in workload.steps)
    most = fan_out.max_parallelism(subject, workload.fan_out, steps, room.budget, room.pools)
    at_once = pinned(most, workload.pins.max_parallelism) if most else workload.pins.max_parallelism
    number = fan_out.peak(subject, steps, at_once)
    found = replace(workload, steps=steps, max_parallelism=at_once, peak=fact_of(number))
    return found, {one.id: one for one in (most, number) if one}


def _needed(step: Step, workload: Workload, steps: StepMemory | None) -> Fact[int] | None:
    """What the step says, or its kind of step, or the pipeline, or any step; None where nobody does."""
    known = (
        step.memory,
        steps.named.get(step.name) if steps else None,
        workload.memory,
        steps.default if steps else None,
    )
    return next((size for size in known if size is not None), None)
