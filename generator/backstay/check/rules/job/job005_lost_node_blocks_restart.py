"""A JobSet is to restart, and nobody ends the pods of a lost node.

A restart deletes all Jobs with foreground propagation and makes new ones under the same names. It waits for every pod
of the old ones, and a pod on a silent node does not go.

Not judged: where neither a spec nor objects tell who frees pods.

Breaks: `maxRestarts` is set and the restart never begins; all replicas of the JobSet are gone meanwhile.
Bad:
    platform: {trainer: "2.3", jobset: "0.12"}
    termination: {nodeLoss: {recoverIn: 15m, strategy: none}}
    memory: {pools: {cpu: {nodes: 2, capacity: 64Gi}}}
    workloads:
      train: {kind: trainjob, namespace: team-a, memory: 1Gi, attempts: 3, retryOn: [failure]}
Good:
    platform: {trainer: "2.3", jobset: "0.12"}
    termination: {nodeLoss: {recoverIn: 15m, strategy: self-node-remediation}}
    memory: {pools: {cpu: {nodes: 2, capacity: 64Gi}}}
    workloads:
      train: {kind: trainjob, namespace: team-a, memory: 1Gi, attempts: 3, retryOn: [failure]}
Source: kubernetes-sigs/jobset#576; kubernetes-sigs/jobset pkg/controllers/jobset_controller.go (deleteJobs)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, recovery
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.model.jobs import Layer

RULE = rule(__doc__, "JOB005", "lost-node-blocks-restart", Severity.WARNING)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's workloads; else every JobSet and runtime that may restart."""
    found = list(_in_spec(ctx))
    yield from found or _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        restarts = workload.retries(Layer.JOBSET)
        stuck = recovery.workload_stuck(ctx, workload) if restarts and restarts.value else None
        if stuck is not None:
            yield RULE.report(f"after the loss of a node `{workload.name}` waits for ever to restart: {stuck.why}",
                              at=workload.place, help=stuck.help, related=recovery.strategy_place(ctx))  # fmt: skip


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    for jobset in pods.jobsets(ctx):
        stuck = next(filter(None, (recovery.stuck(ctx, job.pods) for job in pods.jobs_of(jobset))), None)
        if stuck is not None and _restarts(jobset):
            yield ctx.report(RULE, jobset.item, jobset.down("failurePolicy").to("maxRestarts"),
                             f"after the loss of a node no restart begins: {stuck.why}", stuck.help)  # fmt: skip


def _restarts(jobset: Part) -> bool:
    policy = jobset.down("failurePolicy")
    actions = [str(one.get("action")) for one in policy.each("rules")]
    return (pods.number(policy.get("maxRestarts")) or 0) > 0 or any(
        action.endswith("AndIgnoreMaxRestarts") for action in actions
    )


CHECK = Check(RULE, reads=pods.JOBSET_KINDS | recovery.KINDS | {"workloads"}, run=check)
