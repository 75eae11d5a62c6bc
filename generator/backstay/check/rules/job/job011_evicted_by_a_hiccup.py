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

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, tolerations
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, unsafe
from backstay.core.units import show_duration

RULE = rule(__doc__, "JOB011", "evicted-by-a-hiccup", Severity.WARNING)

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
    least = ctx.parameter(RULE, "leastToleration")
    for one in pods.of_jobs(ctx):
        for toleration, _ in tolerations.against_loss(one.spec):
            seconds = pods.number(toleration.get("tolerationSeconds"))
            if seconds is not None and 1000 * seconds < least:
                yield ctx.report(RULE, one.item, (*toleration.route, "tolerationSeconds"),
                                 f"pods leave a silent node after {seconds}s: {_WHY}", _HELP.format(show_duration(least)),
                                 fix=unsafe(f"tolerate {least // 1000}s", Edit((*toleration.route, "tolerationSeconds"), -(-least // 1000))))  # fmt: skip


CHECK = Check(RULE, reads=pods.KINDS | {"workloads"}, run=check)
