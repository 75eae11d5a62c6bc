"""A podFailurePolicy judges exit codes 137 or 143 before it asks whether the pod was disrupted.

The first rule that matches decides. A drained pod gets SIGTERM and exits with 143, or with 137 after its grace period,
and carries the condition DisruptionTarget as well: an earlier rule about its exit code takes it. ZenML's built-in
policy for steps has this order.

Breaks: each drain, preemption or eviction is counted as a failure of the job's own, or ends it.
Bad:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      activeDeadlineSeconds: 43200
      podFailurePolicy:
        rules:
          - {action: FailJob, onExitCodes: {operator: NotIn, values: [0, 42]}}
          - {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}
      template: {spec: {restartPolicy: Never}}
Good:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      activeDeadlineSeconds: 43200
      podFailurePolicy:
        rules:
          - {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}
          - {action: FailJob, onExitCodes: {operator: NotIn, values: [0, 42]}}
      template: {spec: {restartPolicy: Never}}
Source: kubernetes/api batch/v1 types.go (PodFailurePolicy.rules); zenml integrations/kubernetes/orchestrators/kubernetes_orchestrator.py
"""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, zenml
from backstay.claims.jobs import JOB016, OF_ZENML
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature

RULE = rule(__doc__, "JOB016", "exit-codes-before-disruption", JOB016.severity)

_POLICY = "pod_failure_policy"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the order of rules in every podFailurePolicy that knows disruptions, and what ZenML takes without one."""
    yield from claims.judge(ctx, RULE, JOB016)
    for run in zenml.runs(ctx):
        yield from _steps(ctx, run)


def _steps(ctx: Context, run: zenml.Run) -> Iterator[Diagnostic]:
    for settings in run.all:
        own = settings.setting(_POLICY)
        if own is not None:
            yield from claims.judge_defaults(ctx, RULE, JOB016, iter((own.down(_POLICY),)), kind=OF_ZENML)
        if settings.step and own is None and run.pipeline.setting(_POLICY) is None and ctx.has(Feature.ZENML_POD_FAILURE_POLICY):  # fmt: skip
            yield ctx.report(RULE, settings.owner.item, settings.owner.route,
                             f"step {settings.step} gets ZenML's own policy, which counts the exits of drained pods as failures",
                             f"write a `{_POLICY}` whose first rule is on DisruptionTarget")  # fmt: skip


CHECK = Check(RULE, reads=pods.JOB_KINDS | {zenml.RUN, OF_ZENML}, run=check)
