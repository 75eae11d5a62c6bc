"""Alerts about the jobs of a namespace, with the numbers that they were given.

Sources: kube-state-metrics docs/metrics/workload/{pod,job}-metrics.md and policy/resourcequota-metrics.md
(kube_pod_deletion_timestamp holds the grace period; kube_job_created changes when JobSet makes a Job anew);
kueue pkg/metrics/metrics.go (cluster_queue, reason).
"""

from collections.abc import Iterator

from backstay.core.fact import Fact, join
from backstay.core.units import show_duration, show_quantity
from backstay.emit.observability.series import seconds
from backstay.emit.parts import Body
from backstay.model.jobs import Kind, Layer, Workload
from backstay.model.observability import JobWatch

LINGERS = "BackstayPodTerminating"
"""A pod that nobody frees stops its job for good."""
_DAY_MS = 24 * 3_600_000


def rules(watch: JobWatch) -> Iterator[Body]:
    """Every alert of a namespace."""
    yield _oom_killed(watch)
    yield _lingering(watch)
    if watch.budget is not None:
        yield _nearly_full(watch, watch.budget)
    if watch.queued:
        yield _evicted(watch)
        if watch.waits is not None:
            yield _not_admitted(watch, watch.waits)
    for workload in watch.workloads:
        yield from _attempts(workload)


def _alert(
    watch: JobWatch, name: str, expr: Fact[str], promise: Fact[str], summary: object, help_: str
) -> Body:
    """`promise` is what the spec says and what is broken then."""
    severity = "critical" if name == LINGERS else "warning"
    return {
        "alert": name,
        "expr": expr,
        "labels": {"severity": severity, "home": watch.namespace},
        "annotations": {"summary": summary, "description": promise, "runbook": help_},
    }


def _oom_killed(watch: JobWatch) -> Body:
    home = watch.namespace.value
    kinds = (
        "kube_pod_container_status_terminated_reason",
        "kube_pod_container_status_last_terminated_reason",
    )
    killed = " or ".join(f'{kind}{{namespace="{home}", reason="OOMKilled"}}' for kind in kinds)
    return _alert(
        watch, "BackstayOutOfMemory", watch.namespace.to(lambda _: f"max by (namespace, pod, container) ({killed}) > 0"),
        watch.namespace.to(lambda name: f"What pods of {name} may take is what the spec says that they need."),
        f"{home}: a container was killed for its memory limit",
        "trying again with the same limit ends the same way: raise `memory` of the step or workload, or let it take less",
    )  # fmt: skip


def _lingering(watch: JobWatch) -> Body:
    home = watch.namespace.value
    after = f'time() - max by (namespace, pod) (kube_pod_deletion_timestamp{{namespace="{home}"}})'
    expr = join(f"{after} > {watch.lingers.value // 1000}", watch.lingers, watch.namespace)
    return _alert(
        watch, LINGERS, expr, watch.lingers.to(lambda ms: f"A pod of {home} is gone {show_duration(ms)} after its grace period."),
        watch.lingers.to(lambda ms: f"{home}: a pod is still there {show_duration(ms)} after its grace period"),
        "its node is lost and nothing has freed it: look at the node, and at who has to (termination.nodeLoss.strategy). Delete it by "
        "force only when the node surely runs nothing",
    )  # fmt: skip


def _nearly_full(watch: JobWatch, budget: Fact[int]) -> Body:
    chosen = f'namespace="{watch.namespace.value}", resource="limits.memory"'
    share = (
        f'max by (namespace, resourcequota) (kube_resourcequota{{{chosen}, type="used"}}) / '
        f'max by (namespace, resourcequota) (kube_resourcequota{{{chosen}, type="hard"}})'
    )
    expr = join(f"{share} > {watch.nearly.value / 100:g}", watch.nearly, budget, watch.namespace)
    return _alert(
        watch, "BackstayQuotaNearlyFull", expr,
        budget.to(lambda size: f"The pods of {watch.namespace.value} may take {show_quantity(size)} together."),
        watch.nearly.to(lambda percent: f"{watch.namespace.value}: more than {percent} % of the memory budget is taken"),
        "what comes next is refused or waits: raise the budget, or let fewer steps run at once",
    ) | {"for": watch.window.to(seconds)}  # fmt: skip


def _evicted(watch: JobWatch) -> Body:
    """Preemption is what priorities are for; everything else is a promise that did not hold."""
    chosen = f'cluster_queue="{watch.namespace.value}", reason!="Preempted"'
    text = f"sum by (cluster_queue, reason) (increase(kueue_evicted_workloads_total{{{chosen}}}[{seconds(watch.window.value)}])) > 0"
    return _alert(
        watch, "BackstayWorkloadEvicted", join(text, watch.window, watch.namespace),
        watch.namespace.to(lambda name: f"A job of {name} that was admitted keeps its place until it ends."),
        f"{watch.namespace.value}: Kueue took a workload's admission away",
        "PodsReadyTimeout: its pods did not run in time, or not again in time after one was lost; Deactivated: it was put back too "
        "often, or ran longer than its deadline",
    )  # fmt: skip


def _not_admitted(watch: JobWatch, waits: Fact[int]) -> Body:
    queue, window = f'cluster_queue="{watch.namespace.value}"', seconds(waits.value)
    text = (
        f"sum by (cluster_queue) (kueue_pending_workloads{{{queue}}}) > 0 unless "
        f"sum by (cluster_queue) (increase(kueue_admitted_workloads_total{{{queue}}}[{window}])) > 0"
    )
    return _alert(
        watch, "BackstayWorkloadNotAdmitted", join(text, waits, watch.namespace),
        waits.to(lambda ms: f"Jobs of {watch.namespace.value} are admitted within {show_duration(ms)}."),
        waits.to(lambda ms: f"{watch.namespace.value}: jobs wait, and none was admitted for {show_duration(ms)}"),
        "see the Workload's conditions: a request above the quota, a resource that no queue covers, or a stopped queue",
    ) | {"for": waits.to(seconds)}  # fmt: skip


def _attempts(workload: Workload) -> Iterator[Body]:
    """When all tries but the last are used up; nothing where there is only one, or nothing counts them."""
    spent = _spent(workload)
    if spent is None:
        return
    series, allowed = spent
    yield {
        "alert": "BackstayAttemptsNearlySpent",
        "expr": join(f"{series} >= {allowed.value}", allowed, workload.namespace),
        "labels": {"severity": "warning", "workload": workload.name},
        "annotations": {
            "description": workload.attempts.to(lambda most: f"{workload.name} may be tried {most} times."),
            "summary": f"{workload.name}: the last of {workload.attempts.value} tries is under way",
            "runbook": "find out why it fails before the last try does: the next failure ends it",
            "spec": workload.place.path,
        },
    }


def _spent(workload: Workload) -> tuple[str, Fact[int]] | None:
    """The series that counts what was tried again, and how much of it leaves one try."""
    name, home = workload.name, f'namespace="{workload.namespace.value}"'
    if workload.kind is Kind.PYTORCHJOB:
        limit = workload.backoff_limit
        pods = f'{home}, pod=~"{name}-(master|worker)-[0-9]+"'
        series = f"sum by (namespace) (kube_pod_container_status_restarts_total{{{pods}}})"
        return (series, limit.to(lambda most: most - 1)) if limit is not None and limit.value > 1 else None
    layer = {Kind.JOB: Layer.JOB, Kind.ZENML: Layer.ZENML}.get(workload.kind, Layer.JOBSET)
    retries = workload.retries(layer)
    if retries is None or not retries.value:
        return None
    if layer is Layer.JOBSET:
        window = seconds(workload.deadline.value if workload.deadline else _DAY_MS)
        jobs = f'{home}, job_name=~"{name}.*"'
        return f"max by (namespace) (changes(kube_job_created{{{jobs}}}[{window}]))", retries
    jobs = f'{home}, job_name=~".*-({"|".join(step.name for step in workload.steps)})-.*"'
    jobs = jobs if workload.kind is Kind.ZENML else f'{home}, job_name=~"{name}.*"'
    return f"max by (namespace, job_name) (kube_job_status_failed{{{jobs}}})", retries
