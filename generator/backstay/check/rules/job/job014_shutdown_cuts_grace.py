"""A node's shutdown leaves its pods less time than their grace period.

The kubelet grants regular pods `shutdownGracePeriod` minus `shutdownGracePeriodCriticalPods`, whatever their own
terminationGracePeriodSeconds; zero, the default, switches graceful shutdown off.

Not judged: among objects alone, shutdowns that are off, several kubelet configurations (which pod runs where?), and
`shutdownGracePeriodByPodPriority`.

Breaks: a planned reboot or an autoscaler kills the job in the middle of its checkpoint.
Bad:
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    shutdownGracePeriod: 30s
    shutdownGracePeriodCriticalPods: 10s
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec: {template: {spec: {terminationGracePeriodSeconds: 120}}}
Good:
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    shutdownGracePeriod: 130s
    shutdownGracePeriodCriticalPods: 10s
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec: {template: {spec: {terminationGracePeriodSeconds: 120}}}
Source: kubernetes/website concepts/cluster-administration/node-shutdown
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, unsafe
from backstay.core.units import read_duration, show_duration
from backstay.model.jobs import NodePool, Workload

RULE = rule(__doc__, "JOB014", "shutdown-cuts-grace")

_KUBELET, _WHOLE, _CRITICAL = "KubeletConfiguration", "shutdownGracePeriod", "shutdownGracePeriodCriticalPods"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's pools; without a spec, the only kubelet configuration there is."""
    if ctx.cluster is not None:
        for pool in ctx.cluster.jobs.pools:
            yield from _pool(pool, [one for one in ctx.cluster.jobs.workloads if one.runs_on(pool)])
    kubelets = [whole(item) for item in ctx.of_kind(_KUBELET)]
    if ctx.cluster is None and len(kubelets) == 1:
        yield from _kubelet(ctx, kubelets[0])


def _pool(pool: NodePool, workloads: list[Workload]) -> Iterator[Diagnostic]:
    if pool.shutdown_grace is None or not workloads:
        return
    critical = pool.shutdown_grace_critical.value if pool.shutdown_grace_critical else 0
    left = pool.shutdown_grace.value - critical
    needs = {one.name: max([one.grace.value, *(step.grace.value for step in one.steps)]) for one in workloads}
    name = max(needs, key=lambda one: needs[one])
    if left < needs[name]:
        yield RULE.report(f"{_words(left)}, and those of `{name}` may take {show_duration(needs[name])} to end",
                          at=look.stated(pool.shutdown_grace, pool.place), help=f"write `shutdownGrace: {show_duration(needs[name] + critical)}` or more",
                          fix=look.rewritten(pool.shutdown_grace, show_duration(needs[name] + critical)))  # fmt: skip


def _kubelet(ctx: Context, kubelet: Part) -> Iterator[Diagnostic]:
    granted, critical = (read_duration(look.text(kubelet.get(key)) or "") or 0 for key in (_WHOLE, _CRITICAL))
    graces = [seconds for one in pods.of_jobs(ctx) if (seconds := one.grace_seconds()) is not None]
    longest = 1000 * max(graces, default=0)
    if granted and not kubelet.get("shutdownGracePeriodByPodPriority") and granted - critical < longest:
        yield ctx.report(RULE, kubelet.item, (_WHOLE,),
                         f"{_words(granted - critical)}, and jobs' pods may take {show_duration(longest)} to end",
                         f"write `{_WHOLE}: {show_duration(longest + critical)}` or more",
                         fix=unsafe(f"write `{show_duration(longest + critical)}`", Edit((_WHOLE,), show_duration(longest + critical))))  # fmt: skip


def _words(left: int) -> str:
    return (
        f"a shutdown leaves pods {show_duration(max(0, left))}"
        if left > 0
        else "a shutdown leaves pods no time"
    )


CHECK = Check(RULE, reads=pods.KINDS | {_KUBELET, "pools"}, run=check)
