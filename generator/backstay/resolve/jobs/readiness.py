"""Kueue's patience with pods: until all of an admitted workload's run, and until they do again.

Source: kueue apis/config/v1beta2 (waitForPodsReady: timeout counts from admission, recoveryTimeout from the moment
at which a pod was no longer ready; both end in an eviction and a new place in the queue). A pod of a lost node stops
being ready when the node counts as lost.
"""

from collections.abc import Sequence

from backstay.core.fact import Fact, from_preset, join
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import Recovery, Workload
from backstay.resolve.jobs.solving import next_round

_PATIENCE = Bound(
    "ready-after-slow-pulls", ">=", 300_000, "what Kueue waited by default before 0.19: images may be large", "",
    from_preset(0, "kueue", "the default timeout of waitForPodsReady before 0.19").origins,
)  # fmt: skip


def resolve_readiness(
    recovery: Recovery | None, workloads: Sequence[Workload]
) -> tuple[Derivation | None, Derivation | None]:
    """`timeout` and `recoveryTimeout`; None each where nothing says how long recovery takes."""
    queued = [workload for workload in workloads if workload.queue is not None]
    if recovery is None or not queued:
        return None, None
    again = [bound for workload in queued if (bound := _recovery_bound(recovery, workload))]
    return _solved(
        "ready-timeout",
        (_start_bound(recovery), _PATIENCE),
        "how long an admitted workload may take until all its pods run",
    ), (
        _solved("ready-recovery", tuple(again), "how long a workload may take until all its pods run again")
        if again
        else None
    )


def resolve_requeues(workloads: Sequence[Workload]) -> Derivation | None:
    """How often Kueue puts a workload back whose pods do not get ready; None where none is in a queue.

    As often as the most patient of them may be tried again: without a number it would go on for ever.
    """
    queued = [workload for workload in workloads if workload.queue is not None]
    if not queued:
        return None
    bounds = tuple(
        Bound(f"requeues-of-{one.name}", ">=", max(1, one.attempts.value - 1), f"{one.name} may be tried "
              f"{one.attempts.value} times in all, and at least one new start is allowed", "JOB039", one.attempts.origins)
        for one in queued
    )  # fmt: skip
    value = max(bound.limit for bound in bounds)
    title = "how often Kueue puts back a workload whose pods do not get ready"
    return Derivation(
        "recovery/requeues", value, "retries", bounds, "the largest budget of a queued workload", title
    )


def _start_bound(recovery: Recovery) -> Bound:
    start = recovery.pod_start
    twice = 2 * start.value
    return Bound("ready-after-start", ">=", twice, f"twice the {show_duration(start.value)} that a pod takes to start: "
                 "images of several nodes are pulled at once", "JOB039", start.origins)  # fmt: skip


def _recovery_bound(recovery: Recovery, workload: Workload) -> Bound | None:
    whole = workload.recovers_in
    if whole is None:
        return None
    left = whole.value - recovery.monitor_grace.value
    words = (
        f"{workload.name} runs again {show_duration(whole.value)} after its node was lost, and its pod is not ready "
        f"from the {show_duration(recovery.monitor_grace.value)} on at which the node counts as lost"
    )
    origins = join(left, whole, recovery.monitor_grace).origins
    return Bound("ready-after-recovery", ">=", left, words, "JOB039", origins)


def _solved(name: str, bounds: tuple[Bound, ...], title: str) -> Derivation:
    value = next_round(max(bound.limit for bound in bounds))
    return Derivation(
        f"recovery/{name}", value, "ms", bounds, "the smallest round number that is enough", title
    )


def fact_of(number: Derivation | None) -> Fact[int] | None:
    """The number as a fact; None stays None."""
    return None if number is None else number.fact
