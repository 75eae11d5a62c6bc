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

from backstay.check import claims
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.claims.jobs import JOB019
from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.core.units import show_quantity
from backstay.model.jobs import Cause

RULE = rule(__doc__, "JOB019", "futile-retry-of-oom", JOB019.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's workloads; else every Job with a podFailurePolicy and a memory limit."""
    found = list(_in_spec(ctx))
    yield from found or claims.judge(ctx, RULE, JOB019)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        memory = workload.memory or next((step.memory for step in workload.steps if step.memory), None)
        if Cause.OOM in workload.retry_on and workload.attempts.value > 1 and memory is not None:
            yield RULE.report(f"`{workload.name}` is tried again after an out-of-memory kill, with {show_quantity(memory.value)} as before",
                              at=Place(route=(*workload.place.route, "retryOn")), help="take `oom` out of `retryOn`, or raise `memory`")  # fmt: skip


CHECK = Check(RULE, reads=pods.JOB_KINDS | {"workloads"}, run=check)
