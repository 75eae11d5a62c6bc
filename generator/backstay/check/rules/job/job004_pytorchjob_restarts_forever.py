"""A PyTorchJob is to restart its pods, and nobody ends those of a lost node.

The Training Operator deletes the pod once and waits for a name that does not become free: the job says Restarting, its
pod Terminating. With restartPolicy Never the same loss makes the job Failed, which something outer can see and retry.
OnFailure is the default.

Not judged: where neither a spec nor objects tell who frees pods, and patches that state no restartPolicy. Objects alone
do not show the cloud's repair, so what they tell by the lack of anything is a warning.

Breaks: the training hangs for ever and holds the GPUs of all its other pods.
Bad:
    platform: {trainingOperator: "1.9"}
    termination: {nodeLoss: {recoverIn: 15m, strategy: none}}
    memory: {pools: {cpu: {nodes: 2, capacity: 64Gi}}}
    workloads: {train: {kind: pytorchjob, namespace: team-a, memory: 1Gi}}
Good:
    platform: {trainingOperator: "1.9"}
    termination: {nodeLoss: {recoverIn: 15m, strategy: none}}
    memory: {pools: {cpu: {nodes: 2, capacity: 64Gi}}}
    workloads:
      train: {kind: pytorchjob, namespace: team-a, memory: 1Gi, overrides: {restartPolicy: Never}}
Source: kubeflow/trainer#2072; kubeflow/trainer v1.9.4 pkg/controller.v1/control/pod_control.go (DeletePod), pkg/apis/kubeflow.org/v1/pytorch_defaults.go
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, recovery
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, unsafe

RULE = rule(__doc__, "JOB004", "pytorchjob-restarts-forever")

_OR = "; or write `restartPolicy: Never` and retry the whole job from outside, or move it to a TrainJob"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's workloads; else the replicas of every PyTorchJob."""
    found = list(_in_spec(ctx))
    yield from found or _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        policy, pin = workload.restart_policy, workload.pins.restart_policy
        stuck = recovery.workload_stuck(ctx, workload) if policy and policy.value != "Never" else None
        if stuck is not None:
            yield RULE.report(f"after the loss of a node `{workload.name}` restarts for ever: {stuck.why}",
                              at=look.stated(pin) if pin else workload.place, help=stuck.help + _OR, related=recovery.strategy_place(ctx))  # fmt: skip


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    for job in pods.training_jobs(ctx, pods.PYTORCHJOB):
        for replica in pods.replicas(job):
            policy = replica.restart_policy()
            stuck = recovery.stuck(ctx, replica.pods) if policy not in (None, "Never") else None
            if stuck is not None:
                yield ctx.report(RULE, job.item, replica.part.to("restartPolicy"),
                                 f"after the loss of a node the {replica.name} restarts for ever: {stuck.why}",
                                 stuck.help + _OR, stuck.severity,
                                 unsafe("write `restartPolicy: Never`", Edit((*replica.part.route, "restartPolicy"), "Never")))  # fmt: skip


CHECK = Check(RULE, reads=recovery.KINDS | {pods.PYTORCHJOB, "workloads"}, run=check)
