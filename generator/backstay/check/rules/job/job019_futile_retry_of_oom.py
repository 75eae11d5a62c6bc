"""A job is tried again after an out-of-memory kill, with the same memory limit.

A container that outgrew its limit outgrows it again. Exit code 137 without a disruption is that case; what the kubelet
evicts for want of memory on the node is a disruption. Where the limit is not set the node ran out, and another try may
succeed elsewhere.

Not judged: Jobs without a podFailurePolicy, whose author never said which failures are worth a retry. A policy that
merely forgets 137 is a warning.

Breaks: every retry repeats the hours up to the same kill.
Bad:
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    workloads:
      train: {kind: job, namespace: team-a, memory: 16Gi, attempts: 2, retryOn: [failure, oom]}
Good:
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    workloads:
      train: {kind: job, namespace: team-a, memory: 16Gi, attempts: 2, retryOn: [failure]}
Source: kubernetes/enhancements KEP 3329 (OOM kills have no pod condition); kubernetes/api batch/v1 types.go (PodFailurePolicy)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import exits, pods
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.place import Place
from backstay.core.units import show_quantity
from backstay.model.jobs import Cause

RULE = rule(__doc__, "JOB019", "futile-retry-of-oom")

_ENDS = frozenset({"FailJob", "FailIndex"})
_HELP = "add `{action: FailJob, onExitCodes: {operator: In, values: [137]}}` after the rule on DisruptionTarget, or raise the limit"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's workloads; else every Job with a podFailurePolicy and a memory limit."""
    found = list(_in_spec(ctx))
    yield from found or _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        memory = workload.memory or next((step.memory for step in workload.steps if step.memory), None)
        if Cause.OOM in workload.retry_on and workload.attempts.value > 1 and memory is not None:
            yield RULE.report(f"`{workload.name}` is tried again after an out-of-memory kill, with {show_quantity(memory.value)} as before",
                              at=Place(route=(*workload.place.route, "retryOn")), help="take `oom` out of `retryOn`, or raise `memory`")  # fmt: skip


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    for job in pods.jobs(ctx):
        limited = next(
            (one for one in job.pods.containers() if one.get("resources", "limits", "memory")), None
        )
        if job.policy is None or limited is None or not _retries(job):
            continue
        decides = exits.first_on_exit(job.rules(), exits.OOM, look.text(limited.get("name")))
        if decides is None:
            yield ctx.report(RULE, job.item, job.policy.to("rules"), "an out-of-memory kill is tried again with the same limit: no rule ends it", _HELP, Severity.WARNING)  # fmt: skip
        elif look.text(decides.get("action")) not in _ENDS:
            yield ctx.report(RULE, job.item, decides.route, "this rule has an out-of-memory kill tried again with the same limit", _HELP)  # fmt: skip


def _retries(job: pods.Job) -> bool:
    """Whether a pod may fail for its own reasons and be tried again; not where a patch leaves it to the object."""
    stated = [job.spec.get(limit) for limit in ("backoffLimitPerIndex", "backoffLimit")]
    limit = next((one for one in stated if one is not None), None)
    return pods.number(limit) not in (None, 0) or (limit is None and not job.item.partial)


CHECK = Check(RULE, reads=pods.JOB_KINDS | {"workloads"}, run=check)
