"""Fewer tries than the disruptions that a workload has to survive, where each of those uses up a try.

When one pod of a distributed run is lost, its peers notice before Kubernetes does, and end with an error of their own: the
JobSet counts a restart. ZenML's server counts every new pod of a step. Where only one pod runs, evictions are ignored and
cost nothing.

Not judged: pipelines that are not tried again at all (JOB017).

Breaks: the job that was to survive a lost node fails with it.
Bad:
    platform: {jobset: "0.12"}
    workloads: {train: {kind: jobset, namespace: team-a, replicas: 8, attempts: 1, disruptions: 1}}
Good:
    platform: {jobset: "0.12"}
    workloads: {train: {kind: jobset, namespace: team-a, replicas: 8, attempts: 2, disruptions: 1}}
Source: kubernetes-sigs/jobset pkg/controllers/failure_policy.go; zenml zen_stores/sql_zen_store.py
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic, Related
from backstay.model.jobs import Cause, Kind, Layer, Retrying, Workload

RULE = rule(__doc__, "JOB042", "disruptions-exceed-tries")

_COUNTING = {Kind.TRAINJOB: Layer.JOBSET, Kind.JOBSET: Layer.JOBSET, Kind.ZENML: Layer.ZENML}


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every workload whose disruptions use up tries."""
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        layer = _counting(workload)
        if layer is not None and layer.retries.value < workload.disruptions.value:
            yield _few(workload, layer)


def _counting(workload: Workload) -> Retrying | None:
    """The layer that counts disruptions; None where they cost nothing."""
    wanted = _COUNTING.get(workload.kind)
    if Cause.DISRUPTION not in workload.retry_on:
        return None
    found = next((one for one in workload.layers if one.layer is wanted), None)
    if workload.kind is Kind.ZENML:
        return found if found and found.retries.value else None
    return found if workload.replicas.value > 1 else None


def _few(workload: Workload, layer: Retrying) -> Diagnostic:
    lost, tries = workload.disruptions.value, layer.retries.value
    why = (
        "its peers may fail before a lost pod does"
        if workload.kind is not Kind.ZENML
        else "ZenML counts every new pod of a step"
    )
    return RULE.report(
        f"{workload.name} has to survive {_many(lost, 'disruption')} and has {_many(tries, 'retry')}: {why}",
        at=look.stated(layer.retries, workload.place),
        related=(Related(look.stated(workload.disruptions, workload.place), "what it has to survive"),),
        help=f"allow {layer.layer.value} {_many(lost, 'retry')} within `attempts`, or lower `disruptions`",
    )  # fmt: skip


def _many(count: int, noun: str) -> str:
    plural = f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


CHECK = Check(RULE, reads=frozenset({"jobs", "workloads"}), run=check)
