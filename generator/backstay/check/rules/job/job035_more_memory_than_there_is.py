"""What may run at once takes more memory than the namespace's budget or the nodes have; or one pod more than any node.

A quota counts limits, a node requests; backstay makes them equal. Pods of one node cannot use what another has left. ZenML
starts every step whose inputs are there, up to `max_parallelism`, which it reads from the pipeline's settings alone.

Not judged: pods whose memory nobody states; what else runs in the namespace.

Breaks: pods are refused ("exceeded quota") or stay Pending for ever; without limits the kernel kills what it finds.
Bad:
    memory: {budgets: {team-a: 1Gi}, steps: {default: 1Gi}}
Good:
    memory: {budgets: {team-a: 16Gi}, steps: {default: 1Gi}}
Source: zenml-io/zenml#3440; zenml integrations/kubernetes/orchestrators/kubernetes_orchestrator_entrypoint.py (pipeline_settings); kubernetes/website docs/tasks/administer-cluster/reserve-compute-resources
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import zenml
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.fact import Fact
from backstay.core.place import Place
from backstay.core.units import show_quantity
from backstay.model.jobs import Budget, Jobs, Kind, NodePool, Workload
from backstay.upstream.own_pods import ARGO_EXECUTOR_LIMIT, ZENML_ORCHESTRATOR_LIMIT

RULE = rule(__doc__, "JOB035", "more-memory-than-there-is")

_ANY = ""
"""The pool of pods that may run on each; no pool has this name."""


@dataclass(frozen=True, slots=True)
class _Pod:
    """A pod of a kind: whose it is, its memory, and the line that decides it."""

    who: str
    memory: Fact[int]
    place: Place


@dataclass(frozen=True, slots=True)
class _Load:
    """So many pods of one kind at once, what else runs beside them, and the line that says how many."""

    pod: _Pod
    many: int
    beside: int
    what: str
    place: Place
    knob: str

    @property
    def total(self) -> int:
        return self.many * self.pod.memory.value + self.beside

    @property
    def words(self) -> str:
        beside = f" and {show_quantity(self.beside)} for {self.what}" if self.beside else ""
        return f"{self.many} x {show_quantity(self.pod.memory.value)}{beside} = {show_quantity(self.total)}"

    def at_most(self, room: int) -> int:
        """How many would fit into a budget; none of those that take nothing, as these do not fill it."""
        return max(0, (room - self.beside) // self.pod.memory.value) if self.pod.memory.value else 0


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge pods against nodes and budgets, then what may run at once, then limits that ZenML does not look at."""
    if ctx.cluster is not None:
        jobs = ctx.cluster.jobs
        runs = {one.value for one in ctx.cluster.storage.run_namespaces} if ctx.cluster.storage else set()
        yield from _pipeline_steps(jobs, [one for one in jobs.budgets if one.namespace.value in runs])
        for workload in jobs.workloads:
            yield from _workload(jobs, workload)
    for run in zenml.runs(ctx):
        for settings in run.steps:
            part = settings.setting("max_parallelism")
            if part is not None:
                yield ctx.report(RULE, part.item, part.to("max_parallelism"), f"ZenML does not read `max_parallelism` of step {settings.step}",
                                 "write it under the pipeline's own `settings.orchestrator`")  # fmt: skip


def _pipeline_steps(jobs: Jobs, budgets: Sequence[Budget]) -> Iterator[Diagnostic]:
    steps = jobs.steps
    if steps is None:
        return
    sizes = dict(steps.named) | ({"default": steps.default} if steps.default else {})
    for name, size in sizes.items():
        pod = _Pod(f"a step of kind `{name}`", size, look.stated(size, steps.place))
        yield from _on_a_node(pod, jobs.pools)
        for budget in budgets:
            yield from _in_a_budget(pod, budget, _ANY, ARGO_EXECUTOR_LIMIT, "Argo's executor")
    if steps.default is not None and steps.fan_out is not None:
        pod = _Pod("an ordinary step", steps.default, steps.place)
        load = _Load(pod, steps.fan_out.value, 0, "", look.stated(steps.fan_out, steps.place), "fanOut")
        for budget in budgets:
            yield from _at_once(load, budget, _ANY)
        yield from _on_nodes(load, jobs.pools)


def _workload(jobs: Jobs, workload: Workload) -> Iterator[Diagnostic]:
    named = jobs.pool_of(workload)
    pools = jobs.pools if named is None else (named,)
    pool = named.name if named else _ANY
    budget = next((one for one in jobs.budgets if one.namespace.value == workload.namespace.value), None)
    beside = ZENML_ORCHESTRATOR_LIMIT if workload.kind is Kind.ZENML else 0
    pods = list(_pods(workload))
    for pod in pods:
        yield from _on_a_node(pod, pools)
        if budget is not None:
            yield from _in_a_budget(pod, budget, pool, beside, "the orchestrator")
    largest = max(pods, key=lambda pod: pod.memory.value, default=None)
    load = _load(workload, largest, beside) if largest else None
    if load is not None:
        if budget is not None:
            yield from _at_once(load, budget, pool)
        yield from _on_nodes(load, pools)


def _pods(workload: Workload) -> Iterator[_Pod]:
    if workload.kind is not Kind.ZENML:
        if workload.memory is not None:
            yield _Pod(
                f"a pod of {workload.name}", workload.memory, look.stated(workload.memory, workload.place)
            )
        return
    for step in workload.steps:
        if step.memory is not None:
            yield _Pod(
                f"step `{step.name}` of {workload.name}", step.memory, look.stated(step.memory, step.place)
            )


def _load(workload: Workload, pod: _Pod, beside: int) -> _Load | None:
    """ZenML's steps only where somebody insists on a number: a solved one fits."""
    if workload.kind is not Kind.ZENML:
        return _Load(
            pod, workload.replicas.value, 0, "", look.stated(workload.replicas, workload.place), "replicas"
        )
    pin = workload.pins.max_parallelism
    if pin is None:
        return None
    return _Load(
        pod, pin.value, beside, "the orchestrator", look.stated(pin, workload.place), "maxParallelism"
    )


def _on_a_node(pod: _Pod, pools: Sequence[NodePool]) -> Iterator[Diagnostic]:
    largest = max(pools, key=lambda pool: pool.allocatable.value, default=None)
    if largest is None or pod.memory.value <= largest.allocatable.value:
        return
    left = show_quantity(largest.allocatable.value)
    yield RULE.report(
        f"{pod.who} takes {show_quantity(pod.memory.value)}, and a node of `{largest.name}` has {left} for pods",
        at=pod.place, related=(Related(largest.place, f"{show_quantity(largest.capacity.value)} less what is kept back"),),
        help=f"ask for {left} or less, or give it larger nodes",
    )  # fmt: skip


def _in_a_budget(pod: _Pod, budget: Budget, pool: str, beside: int, what: str) -> Iterator[Diagnostic]:
    """A single pod; several are judged elsewhere."""
    room = _room(budget, pool)
    needed = pod.memory.value + beside
    if needed > room.value:
        words = f"{show_quantity(pod.memory.value)}" + (
            f" and {show_quantity(beside)} for {what}" if beside else ""
        )
        yield RULE.report(
            f"{pod.who} takes {words}, and `{budget.namespace.value}` may use {show_quantity(room.value)}",
            at=look.stated(room, budget.place), related=(Related(pod.place, "what the pod takes"),),
            help=f"raise the budget to {show_quantity(needed)} or more, or let the pod take less",
        )  # fmt: skip


def _at_once(load: _Load, budget: Budget, pool: str) -> Iterator[Diagnostic]:
    room = _room(budget, pool)
    fit = load.at_most(room.value)
    if load.total > room.value and fit:
        yield RULE.report(
            f"{load.many} at once of {load.pod.who} take {load.words}, and `{budget.namespace.value}` may use {show_quantity(room.value)}",
            at=load.place, related=(Related(look.stated(room, budget.place), "the budget"),),
            help=f"write `{load.knob}: {fit}`, or raise the budget to {show_quantity(load.total)}",
        )  # fmt: skip


def _on_nodes(load: _Load, pools: Sequence[NodePool]) -> Iterator[Diagnostic]:
    size = load.pod.memory.value
    each = [
        (pool, pool.allocatable.value // size if size else 0) for pool in pools if pool.allocatable.value > 0
    ]
    fit = sum(pool.nodes.value * count for pool, count in each)
    if 0 < fit < load.many:
        told = " and ".join(f"{pool.nodes.value} x {count} on `{pool.name}`" for pool, count in each)
        yield RULE.report(
            f"{load.many} at once of {load.pod.who} take {load.words}, and the nodes hold {fit} of them ({told})",
            at=load.place, related=tuple(Related(pool.place, f"{show_quantity(pool.allocatable.value)} a node") for pool, _ in each),
            help=f"write `{load.knob}: {fit}`, or add nodes",
        )  # fmt: skip


def _room(budget: Budget, pool: str) -> Fact[int]:
    return budget.by_pool.get(pool, budget.total)


CHECK = Check(
    RULE, reads=frozenset({"jobs", "workloads", "pools", "budgets", "steps", "storage", zenml.RUN}), run=check
)
