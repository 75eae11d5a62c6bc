"""A PyTorchJob with restartPolicy ExitCode has a memory limit that it may outgrow.

ExitCode takes 128 and above for accidents worth a retry, and an out-of-memory kill exits with 137. The pod is deleted
and made anew, so no restart is ever counted and backoffLimit does not end it.

Breaks: the job is killed at the same place again and again, without a bound, and holds its GPUs.
Bad:
    Worker: {restartPolicy: ExitCode, template: {spec: {containers: [{name: pytorch, resources: {limits: {memory: 16Gi}}}]}}}
Good:
    Worker: {restartPolicy: OnFailure, template: {spec: {containers: [{name: pytorch, resources: {limits: {memory: 16Gi}}}]}}}
Source: kubeflow/trainer#2045; kubeflow/trainer v1.9.4 pkg/controller.v1/common/pod.go
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.core.diagnostic import Diagnostic, Severity

RULE = rule(__doc__, "JOB020", "exit-code-retries-oom", Severity.WARNING)

_HELP = "write `restartPolicy: OnFailure` with a `backoffLimit`, or move the job to a TrainJob whose podFailurePolicy fails on 137"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the replicas of every PyTorchJob."""
    for job in pods.training_jobs(ctx, pods.PYTORCHJOB):
        for replica in pods.replicas(job):
            limited = any(one.get("resources", "limits", "memory") for one in replica.pods.containers())
            if replica.restart_policy() == "ExitCode" and limited:
                yield ctx.report(RULE, job.item, replica.part.to("restartPolicy"),
                                 f"an out-of-memory kill of the {replica.name} exits with 137, and ExitCode retries that without a bound", _HELP)  # fmt: skip


CHECK = Check(RULE, reads=frozenset({pods.PYTORCHJOB}), run=check)
