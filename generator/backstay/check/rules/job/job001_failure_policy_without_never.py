"""A Job has a podFailurePolicy, and its pods' restartPolicy is not Never.

A Job's pods have no valid default; those of a JobSet and of a training runtime are made OnFailure by JobSet's webhook.

Not judged: patches that say nothing of the restartPolicy.

Breaks: the API server refuses the Job. Inside a JobSet or a TrainJob nobody sees it at apply time: the JobSet is
accepted, and its Jobs are never created.
Bad:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      activeDeadlineSeconds: 43200
      podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
      template: {spec: {restartPolicy: OnFailure}}
Good:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      activeDeadlineSeconds: 43200
      podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
      template: {spec: {restartPolicy: Never}}
Source: kubernetes/api batch/v1 types.go (PodFailurePolicy), kubernetes-sigs/jobset pkg/webhooks/jobset_webhook.go
"""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.claims import jobs
from backstay.claims.claim import Found
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Fix, safe, under

RULE = rule(__doc__, "JOB001", "failure-policy-without-never", jobs.JOB001.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the restartPolicy of every Job that has a podFailurePolicy."""
    yield from claims.judge(ctx, RULE, jobs.JOB001, _mend)


def _mend(_item: Item, found: Found) -> Fix:
    return safe("write `restartPolicy: Never`", Edit(under(found.route, "restartPolicy"), "Never"))


CHECK = Check(RULE, reads=pods.JOB_KINDS, run=check)
