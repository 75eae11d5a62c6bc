"""A workload runs again later than the spec promises after its node was lost.

What passes, one after the other: until the node counts as lost, the pods' toleration, their grace period, the strategy's
own step, the new pods' start. A strategy that fences the node runs beside the toleration. The toleration gives way first,
down to 30s; what is left may still be more than the target.

Not judged: strategy `none`, after which nothing runs again (JOB003, JOB004).

Breaks: the promised recovery time is missed at every loss of a node, and queues give the job up as not ready.
Bad:
    platform: {kueue: "0.19"}
    termination:
      drain: {checkpoint: 3m}
      nodeLoss: {recoverIn: 5m, strategy: kueue-failure-recovery, restartSafe: [team-a/*]}
    workloads: {train: {kind: job, namespace: team-a, runsFor: 1h}}
Good:
    platform: {kueue: "0.19"}
    termination:
      drain: {checkpoint: 3m}
      nodeLoss: {recoverIn: 10m, strategy: kueue-failure-recovery, restartSafe: [team-a/*]}
    workloads: {train: {kind: job, namespace: team-a, runsFor: 1h}}
Source: kubernetes/kubernetes pkg/controller/tainteviction, pkg/controller/podgc; kubernetes-sigs/kueue KEP 6757 (one minute after the deletion timestamp)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.fact import Fact
from backstay.core.units import show_duration
from backstay.model.cluster import NO_JOBS
from backstay.model.jobs import Recovery, Workload

RULE = rule(__doc__, "JOB041", "recovery-too-slow")

_LEAST_TOLERATION = 30_000


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every workload's recovery against the target."""
    jobs = ctx.cluster.jobs if ctx.cluster else NO_JOBS
    recovery = jobs.recovery
    for workload in jobs.workloads:
        if recovery and workload.recovers_in and workload.recovers_in.value > recovery.recover_in.value:
            yield _late(workload, recovery, workload.recovers_in.value)


def _late(workload: Workload, recovery: Recovery, takes: int) -> Diagnostic:
    steps = list(_steps(workload, recovery))
    told = ", ".join(f"{show_duration(fact.value)} {words}" for fact, words in steps)
    pin = workload.pins.toleration
    least = takes - (max(0, pin.value - _LEAST_TOLERATION) if pin and not recovery.fences else 0)
    return RULE.report(
        f"{workload.name} runs again {show_duration(takes)} after its node was lost ({told}), and the target is "
        f"{show_duration(recovery.recover_in.value)}",
        at=look.stated(pin or recovery.recover_in, recovery.place),
        related=tuple(_stated(workload, steps)),
        help=f"write `recoverIn: {show_duration(least)}` or more, or shorten a step: a checkpoint sooner written, a pod sooner started",
        fix=look.rewritten(recovery.recover_in, show_duration(least)) if least == takes else None,
    )  # fmt: skip


def _stated(workload: Workload, steps: list[tuple[Fact[int], str]]) -> Iterator[Related]:
    """The lines that state steps; a derived grace period stands on the checkpoint."""
    for fact, words in steps:
        if fact.is_stated:
            yield Related(look.stated(fact), words)
    if workload.checkpoint is not None and not workload.grace.is_stated:
        yield Related(look.stated(workload.checkpoint), "the checkpoint behind the grace period")


def _steps(workload: Workload, recovery: Recovery) -> Iterator[tuple[Fact[int], str]]:
    yield recovery.monitor_grace, "until the node counts as lost"
    if recovery.fences:
        yield recovery.unhealthy_for, "until it is remediated"
        yield recovery.fenced_in, "until it surely runs nothing"
        yield recovery.force_step, "until its pods are removed"
    else:
        if workload.toleration is not None:
            yield workload.toleration, "of toleration"
        yield workload.grace, "of grace period"
        yield recovery.force_step, "until the deletion is forced"
    yield recovery.pod_start, "until the new pods run"


CHECK = Check(RULE, reads=frozenset({"jobs", "workloads", "recovery"}), run=check)
