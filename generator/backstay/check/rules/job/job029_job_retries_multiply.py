"""Several layers try the same work again, and together they make more tries than the budget allows.

Each try of an outer layer is a whole series of tries of the inner ones: Argo with a limit of 2, ZenML with 3, JobSet with 3
and a Job with its default of 6 start the innermost process 3 x 4 x 4 x 7 = 336 times. One layer should retry a class of
failures. A JobSet or a training runtime that restarts Jobs which retry by themselves is a warning, an error where the spec's
`retries.maxAttempts` is exceeded.

Not judged: JobSets that restart in place, which need the largest backoffLimit there is; what starts the object (a workflow's step, a ZenML pipeline), unless the spec says it; PyTorchJobs, whose backoffLimit
is a sum over pods (JOB021).

Breaks: a job that cannot succeed holds its GPUs for days; a broken dependency is called hundreds of times.
Bad:
    apiVersion: jobset.x-k8s.io/v1alpha2
    kind: JobSet
    metadata: {name: train, namespace: team-a}
    spec:
      failurePolicy: {maxRestarts: 3}
      replicatedJobs: [{name: node, template: {spec: {backoffLimit: 6}}}]
Good:
    apiVersion: jobset.x-k8s.io/v1alpha2
    kind: JobSet
    metadata: {name: train, namespace: team-a}
    spec:
      failurePolicy: {maxRestarts: 3}
      replicatedJobs: [{name: node, template: {spec: {backoffLimit: 0}}}]
Source: kubernetes/api batch/v1 types.go (backoffLimit defaults to 6), kubernetes-sigs/jobset api/jobset/v1alpha2 (maxRestarts), argoproj/argo-workflows retryStrategy.limit
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.check.rules.job.pods import Job
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.fix import Edit, unsafe
from backstay.core.place import Place
from backstay.model.jobs import Layer, Retrying, Workload, attempts

RULE = rule(__doc__, "JOB029", "job-retries-multiply")

_NAMES = {
    Layer.ARGO: "Argo",
    Layer.ZENML: "ZenML",
    Layer.JOBSET: "JobSet",
    Layer.JOB: "Job",
    Layer.PYTORCHJOB: "PyTorchJob",
    Layer.TORCHRUN: "torchrun",
}
_JOB_DEFAULT = 6


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's workloads with all their layers, then all other JobSets with the Jobs in them."""
    workloads = ctx.cluster.jobs.workloads if ctx.cluster else ()
    for workload in workloads:
        yield from _workload(workload)
    judged = {(workload.namespace.value, workload.name) for workload in workloads}
    for jobset in pods.jobsets(ctx):
        if (jobset.item.ref.namespace, jobset.item.ref.name) in judged:
            continue
        in_place = jobset.get("failurePolicy", "restartStrategy") == "InPlaceRestart"
        restarts = 0 if in_place else pods.number(jobset.get("failurePolicy", "maxRestarts")) or 0
        for job in pods.jobs_of(jobset) if restarts > 0 else ():
            yield from _nested(ctx, job, restarts)


def _workload(workload: Workload) -> Iterator[Diagnostic]:
    budget = workload.attempts
    total, retrying = workload.total_attempts, [one for one in workload.layers if one.retries.value > 0]
    if total <= budget.value and len(retrying) < 2:  # noqa: PLR2004 - one layer cannot multiply
        return
    over = total > budget.value
    words = f"{workload.name} may start {total} times: {_product(workload.layers)}"
    yield RULE.report(
        words + (f", and the budget is {budget.value}" if over else ", within the budget but from more than one layer"),
        at=_place(workload, retrying), severity=None if over else Severity.WARNING,
        related=(Related(look.stated(budget, workload.place), "the budget"), *_pins(workload)),
        help=f"let one layer retry: {_offer(workload)} makes {attempts(workload.compiled)}" if over else
        "let one layer retry each class of failures",
    )  # fmt: skip


def _product(layers: tuple[Retrying, ...]) -> str:
    factors = " x ".join(
        f"{1 + one.retries.value} ({_NAMES[one.layer]})" for one in layers if one.retries.value
    )
    return f"{factors} tries"


def _offer(workload: Workload) -> str:
    return ", ".join(f"{_NAMES[one.layer]} {one.retries.value}" for one in workload.compiled)


def _place(workload: Workload, retrying: list[Retrying]) -> Place:
    pinned = next((one for one in retrying if one.pinned), None)
    return look.stated(pinned.retries, workload.place) if pinned else workload.place


def _pins(workload: Workload) -> Iterator[Related]:
    for one in workload.layers:
        if one.pinned:
            yield Related(
                look.stated(one.retries), f"{_NAMES[one.layer]} tries {one.retries.value} times again"
            )


def _nested(ctx: Context, job: Job, restarts: int) -> Iterator[Diagnostic]:
    limit = _limit(job)
    if limit == 0:
        return
    total, default = (1 + restarts) * (1 + limit), "" if "backoffLimit" in job.spec.value else ", its default"
    most = ctx.cluster.retries.max_attempts if ctx.cluster else None
    over = f", and the budget is {most.value}" if most and total > most.value else ""
    yield ctx.report(
        RULE, job.item, job.spec.to("backoffLimit"),
        f"JobSet restarts {restarts} times and the Job {job.name} retries {limit} times{default}: {total} starts in all{over}",
        "write `backoffLimit: 0` so that only JobSet retries", None if over else Severity.WARNING,
        unsafe("write `backoffLimit: 0`", Edit((*job.spec.route, "backoffLimit"), 0)),
    )  # fmt: skip


def _limit(job: Job) -> int:
    """How often the Job retries by itself; 0 where that is counted by index, or where a patch does not say it."""
    if job.spec.value.get("backoffLimitPerIndex") is not None:
        return 0
    found = job.spec.value.get("backoffLimit", 0 if job.item.partial else _JOB_DEFAULT)
    return max(pods.number(found) or 0, 0)


CHECK = Check(RULE, reads=pods.JOBSET_KINDS | {"jobs", "retries"}, run=check)
