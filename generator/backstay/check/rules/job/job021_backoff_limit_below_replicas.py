"""A PyTorchJob's backoffLimit is used up by the first restart.

The operator adds up the restarts of all containers of all running replicas, and fails the job when the sum reaches the
limit. Where one worker of a training fails the others do too: the restart of the group costs one for each replica. The
limit has to be above replicas times restarts; a limit of 1 allows no restart of anything.

Not judged: replicas whose pods are not restarted in place (Never, ExitCode), which the sum does not see; in patches,
limits above 1. Limits up to the number of replicas are a warning where no spec says how many restarts are wanted.

Breaks: the job fails at the first hiccup, although people gave it several tries.
Bad:
    platform: {trainingOperator: "1.9"}
    memory: {pools: {gpu: {nodes: 8, capacity: 64Gi}}}
    workloads:
      train:
        kind: pytorchjob
        namespace: team-a
        memory: 1Gi
        replicas: 8
        attempts: 3
        retryOn: [failure]
        overrides: {retries: {pytorchjob: 2}}
Good:
    platform: {trainingOperator: "1.9"}
    memory: {pools: {gpu: {nodes: 8, capacity: 64Gi}}}
    workloads:
      train:
        kind: pytorchjob
        namespace: team-a
        memory: 1Gi
        replicas: 8
        attempts: 3
        retryOn: [failure]
        overrides: {retries: {pytorchjob: 17}}
Source: kubeflow/trainer v1.9.4 pkg/core/job.go (PastBackoffLimit)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, unsafe
from backstay.model.jobs import Layer, Workload

RULE = rule(__doc__, "JOB021", "backoff-limit-below-replicas")

_IN_PLACE = frozenset({"OnFailure", "Always"})


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge what the spec pins, and the limit of every PyTorchJob that the spec does not declare."""
    yield from _in_spec(ctx)
    yield from _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        for one in workload.layers:
            if (
                one.layer is Layer.PYTORCHJOB
                and one.pinned
                and workload.total_attempts < workload.attempts.value
            ):
                others = workload.total_attempts // (1 + one.retries.value)
                wanted = -(-workload.attempts.value // others) - 1
                yield RULE.report(_message(workload, wanted), at=look.stated(one.retries),
                                  help=f"write {wanted * workload.replicas.value + 1}, or leave it out",
                                  fix=look.rewritten(one.retries, wanted * workload.replicas.value + 1) if others == 1 else None)  # fmt: skip


def _message(workload: Workload, wanted: int) -> str:
    times = "restart" if wanted == 1 else "restarts"
    return f"the limit is a sum over {workload.replicas.value} replicas, and too low for {wanted} {times} of each"


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    workloads = ctx.cluster.jobs.workloads if ctx.cluster else ()
    declared = {(workload.namespace.value, workload.name) for workload in workloads}
    for job in pods.training_jobs(ctx, pods.PYTORCHJOB):
        if (job.item.ref.namespace, job.item.ref.name) in declared:
            continue  # a limit of 1 is right where no restart is meant, which the spec says
        limit, count = pods.number(job.get("runPolicy", "backoffLimit")), _restarted(job)
        if limit is not None and count and 1 <= limit <= (1 if job.item.partial else max(1, count)):
            yield ctx.report(RULE, job.item, (*job.route, "runPolicy", "backoffLimit"),
                             "the job fails at the first restart of a container" if limit == 1
                             else f"the limit is a sum over {count} replicas: one restart of each uses it up",
                             f"write {max(2, count + 1)} or more, for each restart of the group {count} more", None if limit == 1 else Severity.WARNING,
                             unsafe(f"write {max(2, count + 1)}", Edit((*job.route, "runPolicy", "backoffLimit"), max(2, count + 1))))  # fmt: skip


def _restarted(job: Part) -> int:
    """How many pods are restarted in place; those of a patch count where it states their policy."""
    counts = [
        pods.number(replica.part.get("replicas")) for replica in pods.replicas(job) if str(replica.restart_policy()) in _IN_PLACE
    ]  # fmt: skip
    return sum(1 if count is None else count for count in counts)


CHECK = Check(RULE, reads=frozenset({pods.PYTORCHJOB, "workloads"}), run=check)
