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
from difflib import get_close_matches

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.check.rules.job.pods import Job
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB028", "failure-policy-refused")

_REASONS = (
    "BackoffLimitExceeded",
    "DeadlineExceeded",
    "FailedIndexes",
    "MaxFailedIndexesExceeded",
    "PodFailurePolicy",
)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the reasons of JobSets' rules, then the limits by index of each Job."""
    for jobset in pods.jobsets(ctx):
        for rule_ in jobset.each("failurePolicy", "rules"):
            yield from _reasons(ctx, rule_)
    for job in pods.jobs(ctx):
        yield from _fail_index(ctx, job)
        yield from _per_index(ctx, job)


def _reasons(ctx: Context, rule_: Part) -> Iterator[Diagnostic]:
    for index, reason in enumerate(look.listing(rule_.value.get("onJobFailureReasons"))):
        if reason not in _REASONS:
            near = get_close_matches(str(reason), _REASONS, 1)
            yield ctx.report(
                RULE, rule_.item, (*rule_.route, "onJobFailureReasons", index),
                f"no Job fails with the reason `{reason}`",
                f"did you mean `{near[0]}`?" if near else f"the reasons are {', '.join(_REASONS)}: a Job that its "
                "podFailurePolicy fails (exit code, eviction) has the last one",
            )  # fmt: skip


def _fail_index(ctx: Context, job: Job) -> Iterator[Diagnostic]:
    if "backoffLimitPerIndex" in job.spec.value or job.item.partial:
        return
    found = [rule_ for rule_ in job.rules() if rule_.value.get("action") == "FailIndex"]
    for rule_ in found:
        yield ctx.report(
            RULE, rule_.item, (*rule_.route, "action"), "FailIndex is for Jobs with backoffLimitPerIndex only",
            "set `backoffLimitPerIndex`, or write `action: FailJob`",
        )  # fmt: skip
    if "maxFailedIndexes" in job.spec.value:
        yield ctx.report(
            RULE, job.item, (*job.spec.route, "maxFailedIndexes"),
            "maxFailedIndexes is for Jobs with backoffLimitPerIndex only", "set `backoffLimitPerIndex` too",
        )  # fmt: skip


def _per_index(ctx: Context, job: Job) -> Iterator[Diagnostic]:
    if job.spec.value.get("backoffLimitPerIndex") is None:
        return
    mode = job.spec.value.get(
        "completionMode", "Indexed" if job.in_jobset or job.item.partial else "NonIndexed"
    )
    if mode != "Indexed":
        yield ctx.report(
            RULE, job.item, job.spec.to("completionMode"),
            "backoffLimitPerIndex counts by index, and the Job has none", "write `completionMode: Indexed`",
        )  # fmt: skip
    unsaid = "OnFailure" if job.in_jobset else None
    policy = job.pods.spec.value.get("restartPolicy", unsaid)
    if policy not in ("Never", None):
        yield ctx.report(
            RULE, job.item, job.pods.spec.to("restartPolicy"),
            f"backoffLimitPerIndex counts failed pods, and with restartPolicy {policy} pods are restarted in place",
            "write `restartPolicy: Never` in the pod template",
        )  # fmt: skip


CHECK = Check(RULE, reads=pods.JOB_KINDS, run=check)
