"""A PyTorchJob, with what its operator cannot do for it and what moving it to Trainer takes.

The Training Operator (v1) is in maintenance. A PyTorchJob names no exit codes, counts restarts as a sum over its replicas, and
its deadline is looked at only when something else happens to the job. A TrainJob has a Job's podFailurePolicy, backoff limit
and deadline, and its retries stand in a runtime that backstay emits.

Breaks: nothing at once; an out-of-memory kill is tried again like any failure, and a deadline may pass unnoticed.
Bad:
    platform: {trainingOperator: "1.9"}
    workloads:
      train:
        kind: pytorchjob
        namespace: team-a
        replicas: 4
        attempts: 2
        retryOn: [failure]
        deadline: 8h
Good:
    platform: {trainer: "2.3"}
    workloads:
      train:
        kind: trainjob
        namespace: team-a
        replicas: 4
        attempts: 2
        retryOn: [failure]
        deadline: 8h
Source: kubeflow/trainer docs migration from v1 (kubeflow.org/docs/components/trainer/operator-guides/migration), #3358, #2045
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.place import Place
from backstay.core.units import show_duration
from backstay.model.cluster import NO_JOBS
from backstay.model.jobs import JobSystems, Kind, Workload

RULE = rule(__doc__, "JOB046", "pytorchjob-to-move", Severity.INFO)

_NEVER = "Never"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Tell of every declared PyTorchJob what it lacks."""
    jobs = ctx.cluster.jobs if ctx.cluster else NO_JOBS
    for workload in jobs.workloads:
        if workload.kind is Kind.PYTORCHJOB:
            yield RULE.report(
                f"{workload.name} is a PyTorchJob ({', '.join(_lacks(workload))})",
                at=Place(route=(*workload.place.route, "kind")), help=_help(workload, jobs.systems),
            )  # fmt: skip


def _lacks(workload: Workload) -> Iterator[str]:
    yield "its operator gets no new features"
    restarts = workload.restart_policy is not None and workload.restart_policy.value != _NEVER
    if restarts:
        yield "an out-of-memory kill is tried again like any failure"
    if workload.deadline is not None:
        yield f"its deadline of {show_duration(workload.deadline.value)} is looked at only when something else happens to it"
    if restarts and workload.replicas.value > 1:
        yield f"its restarts are counted as a sum over {workload.replicas.value} replicas"


def _help(workload: Workload, systems: JobSystems) -> str:
    installed = "" if systems.trainer is not None else ' with `platform: {trainer: "2.3"}`'
    base = " without `inBase`, as a TrainJob is no patch" if workload.in_base else ""
    container = workload.container.value
    return (
        f"write `kind: trainjob`{installed}{base}: backstay then emits its TrainingRuntime, and image, command and torchrun's "
        f"arguments of the container `{container}` move to `spec.trainer` of the TrainJob in the bundle"
    )


CHECK = Check(RULE, reads=frozenset({"jobs", "workloads"}), run=check)
