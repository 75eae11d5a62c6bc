"""Disruptions are ignored without a count, and no deadline ends the Job.

`Ignore` does not touch the backoffLimit. A pod that the kubelet evicts for memory pressure is a disruption too, so a
pod that cannot fit starts and is evicted again, for ever. Bounds are the Job's `activeDeadlineSeconds`, the TrainJob's,
and Kueue's label `kueue.x-k8s.io/max-exec-time-seconds`.

Not judged: patches, and training runtimes that no TrainJob at hand refers to.

Breaks: the Job loops without end and without an alert, holding its quota.
Bad:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
      template: {spec: {restartPolicy: Never}}
Good:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      activeDeadlineSeconds: 43200
      podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
      template: {spec: {restartPolicy: Never}}
Source: kubernetes/api batch/v1 types.go (PodFailurePolicyActionIgnore), kubernetes/website concepts/workloads/pods/disruptions (TerminationByKubelet)
"""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.claims.jobs import JOB018, MAX_TIME_LABEL, on_disruption
from backstay.claims.terms import Scope
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB018", "endless-disruptions", JOB018.severity)

_DEADLINE = "activeDeadlineSeconds"
_HELP = "write `activeDeadlineSeconds`: all tries with their pauses, and a recovery for each disruption"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every Job that ignores disruptions; where a runtime holds it, the TrainJobs that use the runtime."""
    yield from claims.judge(ctx, RULE, JOB018)
    for job in pods.jobs(ctx):
        ignore = next((one for one in job.rules() if on_disruption().value(Scope((one.value,), ("",)))), None)
        ignores = ignore is not None and ignore.get("action") == "Ignore"
        if (
            job.item.ref.kind in pods.RUNTIMES
            and ignores
            and not job.item.partial
            and not _ends(job.spec, job.metadata)
        ):
            yield from _users(ctx, job)


def _users(ctx: Context, job: pods.Job) -> Iterator[Diagnostic]:
    for item in ctx.of_kind("TrainJob"):
        spec = whole(item).down("spec")
        if (
            pods.runs_with(item, job.item)
            and not item.partial
            and not _ends(spec, whole(item).down("metadata"))
        ):
            yield ctx.report(RULE, item, spec.to("runtimeRef"),
                             f"its runtime `{job.item.ref.name}` ignores disruptions without end, and the TrainJob has no deadline", _HELP)  # fmt: skip


def _ends(spec: Part, metadata: Part) -> bool:
    return spec.get(_DEADLINE) is not None or metadata.get("labels", MAX_TIME_LABEL) is not None


CHECK = Check(RULE, reads=pods.JOB_KINDS | {"TrainJob"}, run=check)
