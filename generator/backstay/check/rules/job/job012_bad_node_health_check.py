"""A NodeHealthCheck contradicts itself, or remediates a node before anybody could know that it is lost.

`minHealthy` excludes `maxUnhealthy`, and `remediationTemplate` excludes `escalatingRemediations`. A node's Ready
condition needs the controller manager's --node-monitor-grace-period (50 s; 40 s before Kubernetes 1.32) without a
heartbeat to become Unknown; a shorter duration after that treats one missed beat like a dead machine.

Not judged: durations of other conditions, which node agents set.

Breaks: the object is refused, or nodes that only flap are rebooted with all that runs on them.
Bad:
    apiVersion: remediation.medik8s.io/v1alpha1
    kind: NodeHealthCheck
    metadata: {name: workers}
    spec: {unhealthyConditions: [{type: Ready, status: Unknown, duration: 10s}]}
Good:
    apiVersion: remediation.medik8s.io/v1alpha1
    kind: NodeHealthCheck
    metadata: {name: workers}
    spec: {unhealthyConditions: [{type: Ready, status: Unknown, duration: 60s}]}
Source: medik8s/node-healthcheck-operator api/v1alpha1/nodehealthcheck_types.go; kubernetes/kubernetes#126287
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import recovery
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, unsafe
from backstay.core.units import read_duration, show_duration

RULE = rule(__doc__, "JOB012", "bad-node-health-check")

_EXCLUDE = (("maxUnhealthy", "minHealthy"), ("escalatingRemediations", "remediationTemplate"))


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every NodeHealthCheck."""
    for item in ctx.of_kind("NodeHealthCheck"):
        spec = whole(item).down("spec")
        for one, other in _EXCLUDE:
            if spec.value.get(one) is not None and spec.value.get(other) is not None:
                yield ctx.report(
                    RULE,
                    item,
                    spec.to(one),
                    f"{one} and {other} exclude each other",
                    f"take `{one}` out",
                    fix=unsafe(f"take `{one}` out", Edit((*spec.route, one), None)),
                )
        for condition in spec.each("unhealthyConditions"):
            yield from _judge(ctx, condition)


def _judge(ctx: Context, condition: Part) -> Iterator[Diagnostic]:
    grace = recovery.monitor_grace(ctx)
    lasts = read_duration(look.text(condition.get("duration")) or "")
    if condition.get("type") == "Ready" and lasts is not None and lasts < grace:
        yield ctx.report(RULE, condition.item, condition.to("duration"),
                         f"a node is remediated after {show_duration(lasts)}, sooner than the {show_duration(grace)} in which a heartbeat may be late",
                         f"write {show_duration(max(60_000, grace))} or more",
                         fix=unsafe(f"write `{show_duration(max(60_000, grace))}`", Edit((*condition.route, "duration"), show_duration(max(60_000, grace)))))  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"NodeHealthCheck"}), run=check)
