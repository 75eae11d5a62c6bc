"""A failure policy names a reason, an action or a limit that its API refuses.

JobSet knows five reasons for which a Job fails. `FailIndex` and `maxFailedIndexes` belong to Jobs with
`backoffLimitPerIndex`, and that belongs to Indexed Jobs whose pods are never restarted in place.

Not judged: a Job without completionMode or restartPolicy inside a JobSet, whose webhook writes Indexed and OnFailure there
(JOB001 judges what that does to podFailurePolicy); patches that lack one of the fields.

Breaks: the API server or JobSet's webhook refuses the object; in a training runtime the first TrainJob finds out.
Bad:
    failurePolicy: {rules: [{name: oom, action: FailJobSet, onJobFailureReasons: [OOMKilled]}]}
Good:
    failurePolicy: {rules: [{name: oom, action: FailJobSet, onJobFailureReasons: [PodFailurePolicy]}]}
Source: kubernetes-sigs/jobset v0.12.0 pkg/webhooks/jobset_webhook.go, kubernetes/kubernetes pkg/apis/batch/validation/validation.go
"""

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from backstay.check import claims
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.claims.jobs import JOB028, REASONS
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB028", "failure-policy-refused", JOB028.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the reasons of JobSets' rules, then the limits by index of each Job."""
    for found in claims.judge(ctx, RULE, JOB028):
        near = get_close_matches(found.message.split("`")[1], REASONS, 1) if "`" in found.message else []
        yield replace(found, help=f"did you mean `{near[0]}`?") if near else found


CHECK = Check(RULE, reads=pods.JOB_KINDS, run=check)
