"""A job's grace period is shorter than writing its checkpoint takes.

Breaks: each drain, preemption or eviction kills the job in the middle of the checkpoint that it was granted the time
for; at best the work since the last one is lost, at worst the file is.
Bad:
    platform: {zenml: "0.98"}
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    workloads:
      nightly:
        kind: zenml
        namespace: zenml
        memory: 1Gi
        checkpoint: 3m
        overrides: {gracePeriod: 1m}
Good:
    platform: {zenml: "0.98"}
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    workloads:
      nightly:
        kind: zenml
        namespace: zenml
        memory: 1Gi
        checkpoint: 3m
        overrides: {gracePeriod: 3m}
Source: kubernetes/website concepts/workloads/pods/pod-lifecycle (termination); zenml KubernetesOrchestratorSettings.pod_stop_grace_period; kubeflow/trainer trainjob_types.go (runtimePatches)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic
from backstay.core.fact import Fact
from backstay.core.fix import Edit, unsafe
from backstay.core.place import Place
from backstay.core.units import show_duration

RULE = rule(__doc__, "JOB015", "grace-shorter-than-checkpoint")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every workload by its longest checkpoint; a step's own grace period is derived from its checkpoint."""
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        yield from _judge(workload.name, workload.grace, workload.checkpoint, workload.place)


def _judge(name: str, grace: Fact[int], checkpoint: Fact[int] | None, place: Place) -> Iterator[Diagnostic]:
    if checkpoint is not None and grace.value < checkpoint.value:
        yield RULE.report(
            f"`{name}` has {show_duration(grace.value)} to end, and its checkpoint takes {show_duration(checkpoint.value)}",
            at=look.stated(grace, place), help=f"write `gracePeriod: {show_duration(checkpoint.value)}` or more, or leave it out",
            fix=unsafe(f"write `{show_duration(checkpoint.value)}`", Edit(stated.route, show_duration(checkpoint.value))) if (stated := look.stated(grace)).route else None,
        )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"workloads"}), run=check)
