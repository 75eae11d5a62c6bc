"""A job's pod is evicted from a silent node after less than half a minute.

Not judged: pods of services, which start again in seconds.

Breaks: a node that only flaps (a kubelet restart, a busy network) costs a long training all work since its last
checkpoint, although it would have come back.
Bad:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      template:
        spec:
          tolerations:
            - key: node.kubernetes.io/unreachable
              operator: Exists
              effect: NoExecute
              tolerationSeconds: 5
Good:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      template:
        spec:
          tolerations:
            - key: node.kubernetes.io/unreachable
              operator: Exists
              effect: NoExecute
              tolerationSeconds: 60
Source: kubernetes/website concepts/scheduling-eviction/taint-and-toleration (tolerationSeconds); a judgement
"""

from collections.abc import Iterator

from backstay.check import claims, look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.check.rules.kfp import argo
from backstay.claims.claim import Found
from backstay.claims.pods import JOB011, least_toleration
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Fix, unsafe
from backstay.core.units import show_duration

RULE = rule(__doc__, "JOB011", "evicted-by-a-hiccup", JOB011.severity)

_WHY = "a node that only flaps ends the job's work"
_HELP = "tolerate at least {}; 60s still recovers soon"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's workloads; else the tolerations of jobs' pods."""
    found = list(_in_spec(ctx))
    yield from found or _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    least = ctx.parameter(RULE, "leastToleration")
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        held = workload.toleration
        if held is not None and held.value < least:
            yield RULE.report(f"pods leave a silent node after {show_duration(held.value)}: {_WHY}",
                              at=look.stated(held, workload.place), help=_HELP.format(show_duration(least)), fix=look.rewritten(held, show_duration(least)))  # fmt: skip


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    seconds = least_toleration(ctx.parameters)

    def mend(_: Item, found: Found) -> Fix:
        return unsafe(f"tolerate {seconds}s", Edit(found.route, seconds))

    yield from claims.judge_defaults(ctx, RULE, JOB011, argo.setting(ctx, "workflowDefaults"), mend)
    yield from claims.judge(ctx, RULE, JOB011, mend)


CHECK = Check(RULE, reads=pods.KINDS | {"workloads"}, run=check)
