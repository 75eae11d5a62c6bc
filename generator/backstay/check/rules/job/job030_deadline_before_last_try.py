"""A deadline ends the work before its retries can have run.

The deadline has to hold every try, the waits between them (10s, 20s, 40s ... 6m for a Job), and what evictions and lost
nodes cost. A TrainJob's clock starts with its creation, so that the time in a queue counts too unless Kueue admits it: then
it is suspended until it may run. Of objects alone only the waits are known.

Not judged: objects of workloads that the spec does not declare, beyond their waits; patches; jobs by index.

Breaks: retries are configured, paid for in quota, and never happen: DeadlineExceeded.
Bad:
    platform: {jobset: "0.12", trainer: "2.3"}
    workloads:
      train:
        kind: trainjob
        namespace: team-a
        runsFor: 6h
        attempts: 3
        retryOn: [failure]
        deadline: 8h
Good:
    platform: {jobset: "0.12", trainer: "2.3"}
    workloads:
      train:
        kind: trainjob
        namespace: team-a
        runsFor: 6h
        attempts: 3
        retryOn: [failure]
Source: kubernetes/kubernetes pkg/controller/job/job_controller.go (activeDeadlineSeconds, back-off), kubeflow/trainer pkg/apis/trainer/v1alpha1/trainjob_types.go (activeDeadlineSeconds)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.check.rules.job.pods import Job
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.fact import Fact
from backstay.core.units import show_duration
from backstay.model.derivation import Derivation
from backstay.model.jobs import Workload

RULE = rule(__doc__, "JOB030", "deadline-before-last-try")

_FIRST_WAIT_S, _LONGEST_WAIT_S, _DEFAULT_LIMIT = 10, 360, 6


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's deadlines against what their tries take, then Jobs against their waits."""
    if ctx.cluster is not None:
        for workload in ctx.cluster.jobs.workloads:
            needed = ctx.cluster.derivations.get(f"workloads/{workload.name}/deadline")
            if needed is not None and workload.deadline is not None:
                yield from _workload(workload, workload.deadline, needed)
    for job in pods.jobs(ctx):
        yield from _job(ctx, job)


def _workload(workload: Workload, deadline: Fact[int], needed: Derivation) -> Iterator[Diagnostic]:
    total = needed.value
    if deadline.value >= total:
        return
    arithmetic = needed.bounds[0].words
    facts = [(workload.runs_for, "one try"), (workload.attempts, "how many tries")]
    yield RULE.report(
        f"the tries of {workload.name} take {show_duration(total)} ({arithmetic}), and its deadline is {show_duration(deadline.value)}",
        at=look.stated(deadline, workload.place),
        related=tuple(Related(look.stated(fact), words) for fact, words in facts if fact and fact.is_stated),
        help=f"write `deadline: {show_duration(total)}` or more, or lower `attempts`",
        fix=look.rewritten(deadline, show_duration(total)),
    )  # fmt: skip


def _job(ctx: Context, job: Job) -> Iterator[Diagnostic]:
    seconds = pods.number(job.spec.value.get("activeDeadlineSeconds"))
    by_index = job.spec.value.get("backoffLimitPerIndex") is not None
    if seconds is None or by_index or (job.item.partial and "backoffLimit" not in job.spec.value):
        return
    found = job.spec.value.get("backoffLimit")
    limit = _DEFAULT_LIMIT if found is None else pods.number(found) or 0
    waits = _waits(limit)
    if limit > 0 and seconds <= waits:
        said = f"backoffLimit {limit}" + (", the default" if found is None else "")
        yield ctx.report(
            RULE, job.item, (*job.spec.route, "activeDeadlineSeconds"),
            f"the waits between tries alone take {show_duration(waits * 1000)} ({said}), and the deadline is {show_duration(seconds * 1000)}",
            "lengthen `activeDeadlineSeconds` by what the tries take, or lower `backoffLimit`",
        )  # fmt: skip


def _waits(limit: int) -> int:
    """Seconds of waiting before all retries of a Job: doubled each time, up to six minutes."""
    return sum(
        min(_FIRST_WAIT_S * 2 ** min(number, 10), _LONGEST_WAIT_S) for number in range(min(limit, 10_000))
    )


CHECK = Check(RULE, reads=pods.JOB_KINDS | {"jobs", "derivations"}, run=check)
