"""A ZenML step is to survive disruptions, and has no retries.

The step's Job ignores disruptions and starts a new pod, but the pod asks ZenML's server for the step run first, and the
server counts: it refuses the second version of a step without `retry`.

Not judged: ZenML before 0.84, whose steps are no Jobs.

Breaks: after an eviction or a lost node the new pod fails at once, and with it the pipeline.
Bad:
    platform: {zenml: "0.98"}
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    workloads:
      nightly: {kind: zenml, namespace: zenml, memory: 1Gi, attempts: 1, disruptions: 2}
Good:
    platform: {zenml: "0.98"}
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    workloads:
      nightly: {kind: zenml, namespace: zenml, memory: 1Gi, attempts: 3, disruptions: 2}
Source: zenml zen_stores/sql_zen_store.py (versions of a step run against max_retries)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.model.jobs import Cause, Kind, Layer, Workload

RULE = rule(__doc__, "JOB017", "evicted-step-cannot-resume")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge ZenML pipelines and their steps that somebody wants to survive disruptions."""
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        wants = Cause.DISRUPTION in workload.retry_on and workload.disruptions.value > 0
        if workload.kind is Kind.ZENML and wants and ctx.has(Feature.ZENML_POD_FAILURE_POLICY):
            yield from _judge(workload)


def _judge(workload: Workload) -> Iterator[Diagnostic]:
    retries = workload.retries(Layer.ZENML)
    parts = [(f"`{workload.name}`", retries, workload.place)] if retries and not workload.steps else []
    parts += [(f"step `{step.name}`", step.retries, step.place) for step in workload.steps]
    lost = workload.disruptions.value
    for name, tries, place in parts:
        if tries.value == 0:
            yield RULE.report(f"{name} is to survive {lost} {'disruption' if lost == 1 else 'disruptions'} without a retry: ZenML refuses its second pod",
                              at=look.stated(tries, place), help=f"write `attempts: {1 + lost}`, or `disruptions: 0` if it need not survive any",
                              fix=look.rewritten(tries, 1 + lost))  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"workloads"}), run=check)
