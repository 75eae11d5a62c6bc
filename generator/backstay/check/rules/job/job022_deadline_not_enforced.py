"""A PyTorchJob relies on activeDeadlineSeconds alone.

The operator's timer goes to a queue that drops it, so the deadline is looked at when something else happens to the job
or its pods; a job that hangs is one to which nothing happens. Kueue enforces its label
`kueue.x-k8s.io/max-exec-time-seconds` by its own clock.

Not judged: patches, whose object may carry the label.

Breaks: the hanging job that the deadline was meant for keeps its GPUs for ever.
Bad:
    platform: {trainingOperator: "1.9"}
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    workloads: {train: {kind: pytorchjob, namespace: team-a, memory: 1Gi, deadline: 12h}}
Good:
    platform: {trainingOperator: "1.9"}
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    workloads: {train: {kind: pytorchjob, namespace: team-a, memory: 1Gi}}
Source: kubeflow/trainer#3358; kubeflow/trainer v1.9.4 pkg/common/util/fake_workqueue.go (AddAfter)
"""

from collections.abc import Iterator

from backstay.check import claims, look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.claims.training import JOB022
from backstay.core.diagnostic import Diagnostic
from backstay.model.jobs import Kind

RULE = rule(__doc__, "JOB022", "deadline-not-enforced", JOB022.severity)

_WHY = "the Training Operator does not enforce the deadline in time"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge stated deadlines of the spec; else those of every PyTorchJob."""
    found = list(_in_spec(ctx))
    yield from found or claims.judge(ctx, RULE, JOB022)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        deadline = workload.deadline if workload.kind is Kind.PYTORCHJOB and workload.queue is None else None
        if deadline is not None and deadline.is_stated:
            yield RULE.report(f"{_WHY}, and no Kueue queue does", at=look.stated(deadline),
                              help="let Kueue admit the job (`queue`), or make it a `trainjob`")  # fmt: skip


CHECK = Check(RULE, reads=frozenset({pods.PYTORCHJOB, "workloads"}), run=check)
