"""A failure policy names a reason, an action or a limit that its API refuses.

JobSet knows five reasons for which a Job fails. `FailIndex` and `maxFailedIndexes` belong to Jobs with
`backoffLimitPerIndex`, and that belongs to Indexed Jobs whose pods are never restarted in place.

Not judged: a Job without completionMode or restartPolicy inside a JobSet, whose webhook writes Indexed and OnFailure there
(JOB001 judges what that does to podFailurePolicy); patches that lack one of the fields.

Breaks: the API server or JobSet's webhook refuses the object; in a training runtime the first TrainJob finds out.
Bad:
    apiVersion: jobset.x-k8s.io/v1alpha2
    kind: JobSet
    metadata: {name: train, namespace: team-a}
    spec:
      failurePolicy: {rules: [{name: oom, action: FailJobSet, onJobFailureReasons: [OOMKilled]}]}
Good:
    apiVersion: jobset.x-k8s.io/v1alpha2
    kind: JobSet
    metadata: {name: train, namespace: team-a}
    spec:
      failurePolicy: {rules: [{name: oom, action: FailJobSet, onJobFailureReasons: [PodFailurePolicy]}]}
Source: kubernetes-sigs/jobset v0.12.0 pkg/webhooks/jobset_webhook.go, kubernetes/kubernetes pkg/apis/batch/validation/validation.go
"""

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from backstay.check import claims, look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.claims.claim import Found
from backstay.claims.jobs import JOB028, REASONS
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Fix, safe, under, unsafe
from backstay.core.route import Route

RULE = rule(__doc__, "JOB028", "failure-policy-refused", JOB028.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the reasons of JobSets' rules, then the limits by index of each Job."""
    for found in claims.judge(ctx, RULE, JOB028, _mend):
        near = get_close_matches(found.message.split("`")[1], REASONS, 1) if "`" in found.message else []
        yield replace(found, help=f"did you mean `{near[0]}`?") if near else found


def _mend(item: Item, found: Found) -> Fix | None:
    """What the words say, and the reason that one with a slip in it was meant for."""
    if "completionMode: Indexed" in found.help:
        return unsafe(
            "write `completionMode: Indexed`", Edit(under(found.route, "completionMode"), "Indexed")
        )
    if "restartPolicy: Never" in found.help:
        return safe("write `restartPolicy: Never`", Edit((*_pods(found.route), "restartPolicy"), "Never"))
    near = get_close_matches(str(look.at(item.value, *found.route)), REASONS, 1)
    return safe(f"write `{near[0]}`", Edit(found.route, near[0])) if near else None


def _pods(route: Route) -> Route:
    """The pod spec, at which a finding about its restartPolicy points, or below which."""
    return route[:-1] if route[-1:] == ("restartPolicy",) else route


CHECK = Check(RULE, reads=pods.JOB_KINDS, run=check)
