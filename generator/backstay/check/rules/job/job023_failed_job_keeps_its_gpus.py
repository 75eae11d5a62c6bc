"""A Training Operator job leaves its running pods where they are when it fails.

`runPolicy.cleanPodPolicy` is `None` by default: when one replica has failed for good, the others go on waiting for it and
keep their GPUs and memory until somebody deletes the job.

Not judged: patches that do not set the field.

Breaks: the GPUs of a job that failed on Friday are gone until Monday.
Bad:
    runPolicy: {}
Good:
    runPolicy: {cleanPodPolicy: Running}
Source: kubeflow/trainer v1.9.4 pkg/apis/kubeflow.org/v1/*_defaults.go (CleanPodPolicyNone for every kind), kubeflow/trainer#1579
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.core.diagnostic import Diagnostic, Severity

RULE = rule(__doc__, "JOB023", "failed-job-keeps-its-gpus", Severity.WARNING)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the cleanPodPolicy of each job; MPIJob still takes it from beside `runPolicy` too."""
    for job in pods.training_jobs(ctx):
        policy = job.get("runPolicy", "cleanPodPolicy") or _beside(job)
        if policy == "None" or (policy is None and not job.item.partial):
            said = "`cleanPodPolicy: None`" if policy else "no cleanPodPolicy, which means None"
            route = (*job.route, "runPolicy", "cleanPodPolicy") if policy and not _beside(job) else job.route
            yield ctx.report(
                RULE, job.item, route, f"the job has {said}: when it fails, pods that run keep their GPUs",
                "write `runPolicy: {cleanPodPolicy: Running}`",
            )  # fmt: skip


def _beside(job: Part) -> object:
    return job.get("cleanPodPolicy") if job.item.ref.kind == "MPIJob" else None


CHECK = Check(RULE, reads=frozenset(pods.REPLICA_SPECS), run=check)
