"""What watches jobs and memory: when a pod lingers, a quota is nearly used up, a queue keeps a job too long.

Sources: kube-state-metrics docs/metrics (kube_pod_deletion_timestamp already holds the grace period); prometheus docs
querying/functions (increase() needs two samples in its window).
"""

from collections.abc import Iterator, Sequence

from backstay.core.fact import Fact, from_preset, join
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import Jobs, Recovery, Workload
from backstay.model.observability import JobWatch
from backstay.resolve.jobs.readiness import fact_of

SCRAPES = 4
"""Scrapes in a window: two make an increase, and one more on each side may be late or lost."""
NEARLY = from_preset(90, "backstay", "percent of a quota that people are told of")
Numbers = dict[str, Derivation]


def resolve_watches(jobs: Jobs, scrape: Fact[int]) -> tuple[tuple[JobWatch, ...], Numbers]:
    """One for each namespace that has a budget or a workload; `scrape` is Prometheus's interval in milliseconds."""
    homes = [*(one.namespace for one in jobs.budgets), *(one.namespace for one in jobs.workloads)]
    numbers: Numbers = {}
    watches = tuple(
        _watch(home, jobs, scrape, numbers) for _, home in sorted({h.value: h for h in homes}.items())
    )
    return watches, numbers


def _watch(namespace: Fact[str], jobs: Jobs, scrape: Fact[int], numbers: Numbers) -> JobWatch:
    inside = tuple(one for one in jobs.workloads if one.namespace.value == namespace.value)
    budget = next((one for one in jobs.budgets if one.namespace.value == namespace.value), None)
    stem = f"alert/jobs/{namespace.value}"
    window = _number(f"{stem}/window", (_scrapes(scrape),), "over how long events of jobs are counted")
    lingers = _number(
        f"{stem}/lingers",
        (_scrapes(scrape), *_freed(jobs.recovery, inside)),
        f"how long a pod of {namespace.value} may be there after its grace period is over",
    )
    waits = _waits(f"{stem}/queued", inside)
    numbers |= {one.id: one for one in (window, lingers, waits) if one}
    return JobWatch(
        namespace, None if budget is None else budget.total, NEARLY, lingers.fact, fact_of(waits), window.fact, inside,
        queued=jobs.systems.kueue is not None and budget is not None,
    )  # fmt: skip


def _number(id_: str, bounds: tuple[Bound, ...], title: str) -> Derivation:
    return Derivation(
        id_, max(b.limit for b in bounds), "ms", bounds, "the smallest that every bound allows", title
    )


def _scrapes(scrape: Fact[int]) -> Bound:
    whole = -(-SCRAPES * scrape.value // 1000) * 1000
    words = f"{SCRAPES} scrapes, one each {show_duration(scrape.value)}: an increase takes two, and some come late"
    return Bound("window-holds-scrapes", ">=", whole, words, "", scrape.origins)


def _freed(recovery: Recovery | None, workloads: Sequence[Workload]) -> Iterator[Bound]:
    """How long what frees a lost node's pods may take, from the end of their grace period."""
    for workload in workloads:
        if recovery is None or workload.recovers_in is None:
            continue
        waits = workload.toleration or recovery.default_toleration
        parts = (workload.recovers_in, recovery.pod_start, recovery.monitor_grace, waits, workload.grace)
        whole, *before = (part.value for part in parts)
        left = max(0, whole - sum(before))
        words = (
            f"a lost node's pods of {workload.name} are replaced {show_duration(whole)} after its loss, and gone "
            f"{show_duration(left)} after their grace period"
        )
        yield Bound(
            f"lost-pods-of-{workload.name}-are-freed", ">=", left, words, "JOB041", join(left, *parts).origins
        )


def _waits(id_: str, workloads: Sequence[Workload]) -> Derivation | None:
    """The shortest wait for admission that anybody accepts; None where nobody says one."""
    stated = [(one.name, one.queued_for) for one in workloads if one.queued_for is not None]
    if not stated:
        return None
    bounds = tuple(
        Bound(
            f"{name}-is-admitted",
            "<=",
            wait.value,
            f"{name} may wait {show_duration(wait.value)} for admission",
            "",
            wait.origins,
        )
        for name, wait in stated
    )
    least = min(bound.limit for bound in bounds)
    return Derivation(
        id_, least, "ms", bounds, "the shortest that anybody accepts", "how long a job may wait for admission"
    )
