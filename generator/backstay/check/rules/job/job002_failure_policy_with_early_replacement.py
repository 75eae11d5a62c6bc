"""A Job has a podFailurePolicy, and podReplacementPolicy TerminatingOrFailed.

Whether a pod's end counts is known when it has ended, so with a podFailurePolicy the only legal value is Failed, which
is then the default too.

Breaks: the API server refuses the Job; inside a JobSet or a TrainJob, silently after the outer object was accepted.
Bad:
    podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
    podReplacementPolicy: TerminatingOrFailed
Good:
    podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
Source: kubernetes/api batch/v1 types.go (PodReplacementPolicy)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB002", "failure-policy-with-early-replacement")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every Job that states both."""
    for job in pods.jobs(ctx):
        if job.policy is not None and job.spec.get("podReplacementPolicy") == "TerminatingOrFailed":
            yield ctx.report(RULE, job.item, job.spec.to("podReplacementPolicy"),
                             "with a podFailurePolicy, podReplacementPolicy must be Failed",
                             "take `podReplacementPolicy` out; free lost nodes' pods by Kueue or by node remediation")  # fmt: skip


CHECK = Check(RULE, reads=pods.JOB_KINDS, run=check)
