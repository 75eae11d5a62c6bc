"""A PyTorchJob relies on activeDeadlineSeconds alone.

The operator's timer goes to a queue that drops it, so the deadline is looked at when something else happens to the job
or its pods; a job that hangs is one to which nothing happens. Kueue enforces its label
`kueue.x-k8s.io/max-exec-time-seconds` by its own clock.

Not judged: patches, whose object may carry the label.

Breaks: the hanging job that the deadline was meant for keeps its GPUs for ever.
Bad:
    spec: {runPolicy: {activeDeadlineSeconds: 43200}}
Good:
    metadata: {labels: {kueue.x-k8s.io/queue-name: team-a, kueue.x-k8s.io/max-exec-time-seconds: "43200"}}
    spec: {runPolicy: {activeDeadlineSeconds: 43200}}
Source: kubeflow/trainer#3358; kubeflow/trainer v1.9.4 pkg/common/util/fake_workqueue.go (AddAfter)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.core.diagnostic import Diagnostic
from backstay.model.jobs import Kind

RULE = rule(__doc__, "JOB022", "deadline-not-enforced")

_LABEL = "kueue.x-k8s.io/max-exec-time-seconds"
_WHY = "the Training Operator does not enforce the deadline in time"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge stated deadlines of the spec; else those of every PyTorchJob."""
    found = list(_in_spec(ctx))
    yield from found or _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        deadline = workload.deadline if workload.kind is Kind.PYTORCHJOB and workload.queue is None else None
        if deadline is not None and deadline.is_stated:
            yield RULE.report(f"{_WHY}, and no Kueue queue does", at=look.stated(deadline),
                              help="let Kueue admit the job (`queue`), or make it a `trainjob`")  # fmt: skip


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    for job in pods.training_jobs(ctx, pods.PYTORCHJOB):
        seconds = job.get("runPolicy", "activeDeadlineSeconds")
        bounded = whole(job.item).get("metadata", "labels", _LABEL) is not None
        if seconds is not None and not bounded and not job.item.partial:
            yield ctx.report(RULE, job.item, (*job.route, "runPolicy", "activeDeadlineSeconds"),
                             f"{_WHY}, and nothing else bounds the job",
                             f"let Kueue admit the job and label it `{_LABEL}`, or move it to a TrainJob")  # fmt: skip


CHECK = Check(RULE, reads=frozenset({pods.PYTORCHJOB, "workloads"}), run=check)
