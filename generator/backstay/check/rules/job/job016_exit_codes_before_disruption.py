"""A podFailurePolicy judges exit codes 137 or 143 before it asks whether the pod was disrupted.

The first rule that matches decides. A drained pod gets SIGTERM and exits with 143, or with 137 after its grace period,
and carries the condition DisruptionTarget as well: an earlier rule about its exit code takes it. ZenML's built-in
policy for steps has this order.

Breaks: each drain, preemption or eviction is counted as a failure of the job's own, or ends it.
Bad:
    rules:
      - {action: Count, onExitCodes: {operator: NotIn, values: [0]}}
      - {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}
Good:
    rules:
      - {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}
      - {action: FailJob, onExitCodes: {operator: In, values: [137]}}
Source: kubernetes/api batch/v1 types.go (PodFailurePolicy.rules); zenml integrations/kubernetes/orchestrators/kubernetes_orchestrator.py
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import exits, pods
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB016", "exit-codes-before-disruption")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the order of rules in every podFailurePolicy that knows disruptions."""
    for job in pods.jobs(ctx):
        rules = list(job.rules())
        for disruption in filter(exits.on_disruption, rules):
            for earlier in rules[: rules.index(disruption)]:
                yield from _judge(ctx, earlier, disruption)
            break


def _judge(ctx: Context, earlier: Part, disruption: Part) -> Iterator[Diagnostic]:
    codes = [code for code in (exits.OOM, exits.SIGTERM) if exits.on_exit(earlier, code)]
    if codes and earlier.get("action") != disruption.get("action"):
        words = " and ".join(map(str, codes))
        yield ctx.report(RULE, earlier.item, earlier.route,
                         f"drained pods exit with {words}: this rule takes them before the one on DisruptionTarget",
                         "put the rule on DisruptionTarget first")  # fmt: skip


CHECK = Check(RULE, reads=pods.JOB_KINDS, run=check)
