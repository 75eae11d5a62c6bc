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

from backstay.check.context import Context
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import exits, pods, zenml
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature

RULE = rule(__doc__, "JOB016", "exit-codes-before-disruption")

_POLICY = "pod_failure_policy"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the order of rules in every podFailurePolicy that knows disruptions, and what ZenML takes without one."""
    for job in pods.jobs(ctx):
        yield from _order(ctx, list(job.rules()))
    for run in zenml.runs(ctx):
        yield from _steps(ctx, run)


def _steps(ctx: Context, run: zenml.Run) -> Iterator[Diagnostic]:
    for settings in run.all:
        own = settings.setting(_POLICY)
        yield from _order(ctx, list(own.each(_POLICY, "rules"))) if own else ()
        if settings.step and own is None and run.pipeline.setting(_POLICY) is None and ctx.has(Feature.ZENML_POD_FAILURE_POLICY):  # fmt: skip
            yield ctx.report(RULE, settings.owner.item, settings.owner.route,
                             f"step {settings.step} gets ZenML's own policy, which counts the exits of drained pods as failures",
                             f"write a `{_POLICY}` whose first rule is on DisruptionTarget")  # fmt: skip


def _order(ctx: Context, rules: list[Part]) -> Iterator[Diagnostic]:
    disruption = next(filter(exits.on_disruption, rules), None)
    if disruption is not None:
        for earlier in rules[: rules.index(disruption)]:
            yield from _judge(ctx, earlier, disruption)


def _judge(ctx: Context, earlier: Part, disruption: Part) -> Iterator[Diagnostic]:
    codes = [code for code in (exits.OOM, exits.SIGTERM) if exits.on_exit(earlier, code)]
    if codes and earlier.get("action") != disruption.get("action"):
        words = " and ".join(map(str, codes))
        yield ctx.report(RULE, earlier.item, earlier.route,
                         f"drained pods exit with {words}: this rule takes them before the one on DisruptionTarget",
                         "put the rule on DisruptionTarget first")  # fmt: skip


CHECK = Check(RULE, reads=pods.JOB_KINDS | {zenml.RUN}, run=check)
