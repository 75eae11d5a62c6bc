"""A Job waits until its old pod has ended, and nobody ends the pods of a lost node.

With podReplacementPolicy Failed, which every podFailurePolicy implies, no replacement starts beside a Terminating pod. A
pod on a silent node stays Terminating until somebody removes it: Kueue's FailureRecoveryPolicy where the pod carries
its annotation, NodeHealthCheck with a remediation, or the cloud's node repair.

Not judged: where neither a spec nor objects tell who frees pods. Objects alone do not show the cloud's repair, so what
they tell by the lack of anything is a warning.

Breaks: one dead node stops the Job for ever; it neither fails nor goes on.
Bad:
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    termination: {nodeLoss: {recoverIn: 15m, strategy: none}}
    workloads: {train: {kind: job, namespace: team-a, memory: 1Gi, runsFor: 1h}}
Good:
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    termination: {nodeLoss: {recoverIn: 15m, strategy: self-node-remediation}}
    workloads: {train: {kind: job, namespace: team-a, memory: 1Gi, runsFor: 1h}}
Source: kubernetes/kubernetes#134038; kubernetes-sigs/kueue KEP 6757; kubernetes/api batch/v1 types.go (PodReplacementPolicy)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, recovery
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB003", "lost-node-blocks-job")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's workloads; else every Job that waits for its old pod."""
    found = list(_in_spec(ctx))
    yield from found or _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        stuck = recovery.workload_stuck(ctx, workload) if workload.waits_for_failed_pod else None
        if stuck is not None:
            yield RULE.report(f"a lost node stops `{workload.name}` for ever: {stuck.why}", at=workload.place,
                              help=stuck.help, related=recovery.strategy_place(ctx))  # fmt: skip


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    for job in pods.jobs(ctx):
        waits = "podFailurePolicy" if job.policy else "podReplacementPolicy"
        if job.policy is None and job.spec.get(waits) != "Failed":
            continue
        stuck = recovery.stuck(ctx, job.pods)
        if stuck is not None:
            yield ctx.report(RULE, job.item, job.spec.to(waits),
                             f"no pod replaces one on a lost node: {stuck.why}", stuck.help, stuck.severity)  # fmt: skip


CHECK = Check(RULE, reads=pods.JOB_KINDS | recovery.KINDS | {"workloads"}, run=check)
