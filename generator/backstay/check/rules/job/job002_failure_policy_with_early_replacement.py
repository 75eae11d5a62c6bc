"""A Job has a podFailurePolicy, and podReplacementPolicy TerminatingOrFailed.

Whether a pod's end counts is known when it has ended, so with a podFailurePolicy the only legal value is Failed, which
is then the default too.

Breaks: the API server refuses the Job; inside a JobSet or a TrainJob, silently after the outer object was accepted.
Bad:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      activeDeadlineSeconds: 43200
      podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
      podReplacementPolicy: TerminatingOrFailed
      template: {spec: {restartPolicy: Never}}
Good:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      activeDeadlineSeconds: 43200
      podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
      podReplacementPolicy: Failed
      template: {spec: {restartPolicy: Never}}
Source: kubernetes/api batch/v1 types.go (PodReplacementPolicy)
"""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.claims import jobs
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, safe

RULE = rule(__doc__, "JOB002", "failure-policy-with-early-replacement", jobs.JOB002.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every Job that states both."""
    yield from claims.judge(
        ctx,
        RULE,
        jobs.JOB002,
        lambda _item, found: safe("take `podReplacementPolicy` out", Edit(found.route, None)),
    )


CHECK = Check(RULE, reads=pods.JOB_KINDS, run=check)
