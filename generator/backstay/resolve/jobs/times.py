"""The times of one workload: its grace period, how long its pods wait on a lost node, when they run again.

M is the time until a node counts as lost, S the toleration, G the grace period, F what the strategy adds and P the
new pod's start. Without fencing the pod may still run and write until M + S + G, so nothing may force its deletion
earlier, and it runs again after M + S + G + F + P. A strategy that fences the node runs beside the toleration.
Sources: kubernetes pkg/controller/tainteviction, plugin/pkg/admission/defaulttolerationseconds (300 s).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backstay.core.fact import Fact, from_preset, join
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import Cause, Layer, Recovery, Retrying, Strategy, attempts
from backstay.resolve.jobs.solving import SECOND, largest, up

MARGIN = 30 * SECOND
"""What a pod gets beyond its checkpoint: to notice the signal, and to end."""
LEAST_TOLERATION = 30 * SECOND
_DEFAULT_GRACE = 30 * SECOND
_FIRST_WAIT, _LONGEST_WAIT, _DOUBLINGS = 10 * SECOND, 360 * SECOND, 6


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose times: the stem of the derivations' ids (`workloads/train`) and the name in sentences."""

    id: str
    name: str


def grace_period(subject: Subject, checkpoint: Fact[int] | None, writes_to: Fact[str]) -> Derivation:
    """Long enough for a checkpoint and its margin, and Kubernetes' own default where there is none."""
    usual = Bound("grace-at-least-default", ">=", _DEFAULT_GRACE, "Kubernetes' own default", "",
                  from_preset(0, "kubernetes", "the default of terminationGracePeriodSeconds").origins)  # fmt: skip
    bounds: tuple[Bound, ...] = (usual,)
    if checkpoint is not None:
        bounds = (usual, *_checkpoint_bounds(subject, checkpoint))
    elif writes_to.value == "nothing":
        bounds = (
            usual,
            Bound("grace-for-no-checkpoint", ">=", 0, "it writes no checkpoint", "", writes_to.origins),
        )
    value = up(max(bound.limit for bound in bounds))
    title = f"how long the pods of {subject.name} may take to end"
    return Derivation(f"{subject.id}/grace-period", value, "ms", bounds, "the smallest that is enough", title)


def _checkpoint_bounds(subject: Subject, checkpoint: Fact[int]) -> tuple[Bound, ...]:
    took = show_duration(checkpoint.value)
    return (
        Bound("grace-covers-checkpoint", ">=", checkpoint.value,
              f"a checkpoint of {subject.name} takes {took}, and then SIGKILL comes", "JOB015", checkpoint.origins),
        Bound("grace-leaves-margin", ">=", up(checkpoint.value + MARGIN),
              f"the checkpoint's {took} and {show_duration(MARGIN)} to notice the signal and to end", "", checkpoint.origins),
    )  # fmt: skip


def toleration(subject: Subject, recovery: Recovery, grace: Fact[int]) -> Derivation:
    """As patient with a silent node as the target allows: every eviction costs a restart."""
    usual = Bound("toleration-no-longer-than-default", "<=", recovery.default_toleration.value,
                  "what pods tolerate by default is enough", "", recovery.default_toleration.origins)  # fmt: skip
    floor = Bound("toleration-rides-out-flaps", ">=", LEAST_TOLERATION,
                  f"below {show_duration(LEAST_TOLERATION)} a node that flaps ends long runs", "JOB011",
                  from_preset(0, "kubernetes", "a node's heartbeat comes each 10 s").origins)  # fmt: skip
    bounds = (usual, floor, _toleration_within(recovery, grace))
    value, choice = largest(bounds, LEAST_TOLERATION)
    title = f"how long the pods of {subject.name} stay on a node that is lost"
    return Derivation(f"{subject.id}/toleration", value, "ms", bounds, choice, title)


def _toleration_within(recovery: Recovery, grace: Fact[int]) -> Bound:
    if recovery.fences:
        left = recovery.fenced_at - recovery.monitor_grace.value
        parts: tuple[Fact[object], ...] = (recovery.unhealthy_for, recovery.fenced_in)
        return Bound("toleration-ends-before-fencing", "<=", left, f"after {show_duration(left)} the node is fenced, and its "
                     "pods go at once", "", join(left, *parts).origins)  # fmt: skip
    parts = (recovery.recover_in, recovery.monitor_grace, grace, recovery.force_step, recovery.pod_start)
    target, *spent = (
        recovery.recover_in,
        recovery.monitor_grace,
        grace,
        recovery.force_step,
        recovery.pod_start,
    )
    left = target.value - sum(part.value for part in spent)
    return Bound(
        "toleration-within-target", "<=", left,
        f"it has to run again within {show_duration(target.value)}, of which {show_duration(recovery.monitor_grace.value)} go "
        f"until the node counts as lost, {show_duration(grace.value)} to the grace period, "
        f"{show_duration(recovery.force_step.value)} until the deletion is forced and {show_duration(recovery.pod_start.value)} "
        "to the new pod's start", "JOB041", join(left, *parts).origins,
    )  # fmt: skip


def earliest_force_delete(
    subject: Subject, recovery: Recovery, waits: Fact[int], grace: Fact[int]
) -> Derivation:
    """From the node's loss: when nothing of the pod can be running any more, or could have said that it is."""
    id_, title = (
        f"{subject.id}/earliest-force-delete",
        f"when the pods of {subject.name} may be deleted by force, from the loss of their node",
    )
    parts = (recovery.monitor_grace, waits, grace)
    total = sum(part.value for part in parts)
    words = f"{_sum(parts)}: until the node counts as lost, the toleration, the grace period"
    if recovery.fences:
        fencing = (recovery.monitor_grace, recovery.unhealthy_for, recovery.fenced_in)
        total, parts = recovery.fenced_at, fencing
        words = f"{_sum(fencing)}: until the node counts as lost, until it is remediated, until it surely runs nothing"
    bound = Bound("force-delete-after-end", ">=", total, words, "JOB006", join(total, *parts).origins)
    return Derivation(id_, total, "ms", (bound,), "the earliest", title)


def is_freed(recovery: Recovery, safe: Fact[str] | None) -> bool:
    """Whether anything ever removes the pods of a lost node: Kueue only those that are `safe` to restart."""
    return recovery.fences or (recovery.strategy.value is Strategy.KUEUE and safe is not None)


def recovers_in(
    subject: Subject, recovery: Recovery, freed_from: Fact[int], safe: Fact[str] | None
) -> Derivation:
    """From the node's loss until new pods run, where something removes the old ones; Kueue because they are `safe`."""
    parts = (freed_from, recovery.force_step, recovery.pod_start)
    total = sum(part.value for part in parts)
    allowed = () if recovery.fences or safe is None else (safe,)
    step = "until they are removed" if recovery.fences else "until the deletion is forced"
    bound = Bound("recovery-adds-up", "=", total, f"{_sum(parts)}: until the old pods may go, {step}, and the new pods' start",
                  "JOB041", join(total, *parts, recovery.strategy, *allowed).origins)  # fmt: skip
    title = f"how soon {recovery.strategy.value} has {subject.name} running again after the loss of a node"
    return Derivation(f"{subject.id}/recovers-in", total, "ms", (bound,), "the sum", title)


def _sum(parts: tuple[Fact[int], ...]) -> str:
    return " + ".join(show_duration(part.value) for part in parts)


def deadline(
    subject: Subject,
    run: Fact[int],
    layers: Iterable[Retrying],
    lost: Fact[int],
    recovers: Fact[int] | None,
    *,
    again: Fact[bool],
    queued: Fact[int] | None = None,
) -> Derivation:
    """Long enough for every try, every wait between two, and every disruption.

    `layers` are those inside the object that carries the deadline, `lost` how many nodes or evictions one run
    survives, each of which costs `recovers`, and a whole run where it starts `again` from nothing. `queued` is a wait
    that counts, too.
    """
    tried = tuple(layers)
    tries, waits = attempts(tried), sum(_waits(tried))
    each = (recovers.value if recovers else 0) + (run.value if again.value else 0)
    times = lost.value
    words = f"{tries} x {show_duration(run.value)} for the tries"
    words += f", {show_duration(waits)} of waits between them" if waits else ""
    words += f", {times} x {show_duration(each)} for evictions and lost nodes" if times * each else ""
    words += f", {show_duration(queued.value)} in the queue" if queued else ""
    total = tries * run.value + waits + times * each + (queued.value if queued else 0)
    known = (part for part in (recovers, queued) if part)
    parts: tuple[Fact[object], ...] = (run, *(one.retries for one in tried), lost, *known, again)
    bound = Bound("deadline-covers-retries", ">=", total, words, "JOB030", join(total, *parts).origins)
    title = f"how long all tries of {subject.name} may take together"
    choice = "the smallest that lets every try run"
    return Derivation(f"{subject.id}/deadline", up(total), "ms", (bound,), choice, title)


def _waits(layers: tuple[Retrying, ...]) -> Iterator[int]:
    """What Jobs wait before each try but the first; restarts of a JobSet or of processes do not wait."""
    around = 1
    for one in layers:
        if one.layer in {Layer.JOB, Layer.ZENML, Layer.PYTORCHJOB}:
            yield around * backoff(one.retries.value)
        around *= 1 + one.retries.value


def backoff(retries: int) -> int:
    """What a Job waits before all of its retries together, in milliseconds.

    Ten seconds, doubled each time, six minutes at most (kubernetes pkg/controller/job/backoff_utils.go).
    """
    doubling = min(retries, _DOUBLINGS)
    return _FIRST_WAIT * ((1 << doubling) - 1) + (retries - doubling) * _LONGEST_WAIT


def survived(disruptions: Fact[int], causes: Fact[frozenset[Cause]]) -> Fact[int]:
    """How many nodes or evictions one run survives: none where these are not to be tried again."""
    return join(disruptions.value if Cause.DISRUPTION in causes.value else 0, disruptions, causes)
