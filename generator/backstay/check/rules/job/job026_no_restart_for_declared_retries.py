"""A workload is to be tried again, and its JobSet does not restart anything.

Without a failurePolicy a JobSet fails with its first failed Job; the stock training runtimes have none. A workload of the
spec whose retries are JobSet's job needs `failurePolicy.maxRestarts` in its JobSet, or in the runtime that its TrainJob
names.

Not judged: objects that belong to no workload of the spec; runtimes that are not at hand; patches.

Breaks: the first lost node or crash ends the training for good, though the spec says that it may be tried again.
Bad:
    platform: {jobset: "0.12"}
    workloads: {train: {kind: jobset, namespace: team-a, runsFor: 1h, attempts: 4, retryOn: [failure]}}
    ---
    apiVersion: jobset.x-k8s.io/v1alpha2
    kind: JobSet
    metadata: {name: train, namespace: team-a}
    spec: {failurePolicy: {maxRestarts: 0}, replicatedJobs: []}
Good:
    platform: {jobset: "0.12"}
    workloads: {train: {kind: jobset, namespace: team-a, runsFor: 1h, attempts: 4, retryOn: [failure]}}
    ---
    apiVersion: jobset.x-k8s.io/v1alpha2
    kind: JobSet
    metadata: {name: train, namespace: team-a}
    spec: {failurePolicy: {maxRestarts: 3}, replicatedJobs: []}
Source: kubernetes-sigs/jobset api/jobset/v1alpha2/jobset_types.go (FailurePolicy), kubeflow/trainer manifests/base/runtimes/torch_distributed.yaml
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.fix import Edit, unsafe
from backstay.model.jobs import Kind, Layer, Workload

RULE = rule(__doc__, "JOB026", "no-restart-for-declared-retries")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the JobSet, or the runtime of the TrainJob, of each workload that JobSet is to restart."""
    for workload in ctx.cluster.jobs.of_kind(Kind.JOBSET, Kind.TRAINJOB) if ctx.cluster else ():
        retries = workload.retries(Layer.JOBSET)
        if retries is not None and retries.value > 0:
            for jobset in _of(ctx, workload):
                yield from _judge(ctx, workload, jobset, retries.value)


def _of(ctx: Context, workload: Workload) -> Iterator[Part]:
    """The JobSet specs that a workload runs with, as far as they are at hand."""
    for item in ctx.named("JobSet", workload.name):
        if item.ref.namespace == workload.namespace.value:
            yield whole(item).down("spec")
    for job in ctx.named("TrainJob", workload.name):
        if job.ref.namespace == workload.namespace.value:
            yield from (whole(item).down("spec", "template", "spec") for item in _runtimes(ctx, job))


def _runtimes(ctx: Context, job: Item) -> Iterator[Item]:
    reference = look.mapping(look.at(job.value, "spec", "runtimeRef"))
    kind = look.text(reference.get("kind")) or "ClusterTrainingRuntime"
    if kind not in pods.RUNTIMES:
        return
    for item in ctx.named(kind, look.text(reference.get("name")) or ""):
        if item.ref.namespace in {"", job.ref.namespace}:
            yield item


def _judge(ctx: Context, workload: Workload, jobset: Part, retries: int) -> Iterator[Diagnostic]:
    allowed = pods.number(jobset.get("failurePolicy", "maxRestarts"))
    if allowed or jobset.item.partial:
        return
    route = (*jobset.route, "failurePolicy") if "failurePolicy" in jobset.value else jobset.route
    yield ctx.report(
        RULE, jobset.item, route,
        f"{workload.name} may be tried {retries} times again, and {jobset.item.ref.kind} {jobset.item.ref.name} restarts nothing",
        f"write `failurePolicy: {{maxRestarts: {retries}}}`",
        fix=unsafe(f"write `maxRestarts: {retries}`", Edit((*jobset.route, "failurePolicy", "maxRestarts"), retries)),
        related=(Related(look.stated(workload.attempts, workload.place), "how often it may be tried"),),
    )  # fmt: skip


CHECK = Check(RULE, reads=pods.RUNTIMES | {"JobSet", "TrainJob", "jobs"}, run=check)
