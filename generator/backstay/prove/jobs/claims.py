"""What the spec promises about a workload, which trials show it, and what cannot be tried here."""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.core.units import show_duration
from backstay.model.cluster import Cluster
from backstay.model.jobs import Cause, Layer, Recovery, Strategy, Workload
from backstay.prove.jobs.pace import Bound, Pace, recovery_bound
from backstay.prove.jobs.runnable import KINDS, Runnable
from backstay.prove.jobs.trials import Event, Repair, Trial
from backstay.prove.jobs.words import Claim, Kind
from backstay.prove.words import stated

REPAIRS = {
    Strategy.KUEUE: Repair.NONE,
    Strategy.SELF_NODE_REMEDIATION: Repair.OUT_OF_SERVICE,
    Strategy.CLOUD_REPAIR: Repair.DELETE_NODE,
    Strategy.NONE: Repair.NONE,
}
LONGEST_SECONDS = 240.0
"""How long what always fails is watched; the waits between the tries of a Job do not pass faster."""

OOM_EXIT = 137
_LATE = 1.25
_DISTURBED_SECONDS = 60.0
_INSIDE = frozenset({Layer.JOBSET, Layer.JOB, Layer.PYTORCHJOB})


@dataclass(frozen=True, slots=True)
class Promise:
    """A claim, the trial that shows it, and for recoveries the waits that they are made of."""

    claim: Claim
    trial: Trial
    bound: Bound | None = None


def promises(
    cluster: Cluster, workload: Workload, made: Runnable, name: str, pace: Pace
) -> Iterator[Promise]:
    """Everything that the spec promises about a workload and that can be tried; `name` is a DNS label for its trials."""
    subject = _Subject(workload, made, name)
    recovery = cluster.jobs.recovery
    if recovery is not None and workload.recovers_in is not None:
        yield from _recoveries(subject, recovery, recovery_bound(workload, recovery, pace), pace)
    if Cause.DISRUPTION in workload.retry_on:
        yield from _disturbed(subject)
    yield from _bounded(subject)


def untried(workload: Workload, made: Runnable | None) -> str | None:
    """Why nothing about a workload can be tried; None when it can."""
    if workload.kind not in KINDS:
        return f"{workload.kind} runs its steps by a program of its own, which is not played"
    if made is None:
        return f"no object is emitted for it; is the controller of a {workload.kind} among `platform`?"
    return None


@dataclass(frozen=True, slots=True)
class _Subject:
    workload: Workload
    made: Runnable
    name: str

    @property
    def title(self) -> str:
        return f"{self.workload.namespace.value}/{self.workload.name}"

    def trial(self, suffix: str, event: Event, seconds: float, made: Runnable | None = None, *,
              repair: Repair = Repair.NONE, fenced: float = 0.0, most: int = 1) -> Trial:  # fmt: skip
        of = made or self.made
        return Trial(
            f"{self.name}-{suffix}", of.workload, event, seconds, of.pods, of.objects, repair, fenced,
            of.capacity, most,
        )  # fmt: skip


def _recoveries(subject: _Subject, recovery: Recovery, bound: Bound, pace: Pace) -> Iterator[Promise]:
    workload, strategy = subject.workload, recovery.strategy.value
    assert workload.recovers_in is not None  # noqa: S101 - looked at by `promises`
    limit, target = workload.recovers_in.value, show_duration(recovery.recover_in.value)
    words = f"{subject.title} runs again within {show_duration(limit)} of losing its node (target {target}), by {strategy}"
    place = stated(recovery.recover_in, recovery.place)
    seconds = bound.played / 1000 * _LATE
    fenced = (recovery.unhealthy_for.value + recovery.fenced_in.value) / 1000 / pace.scale
    loss = subject.trial(
        "loss", Event.NODE_LOSS, seconds, repair=REPAIRS[strategy], fenced=fenced if recovery.fences else 0.0
    )
    yield Promise(Claim(Kind.RECOVERS, words, place, limit), loss, bound)
    words = f"no two pods of {subject.title} with one identity run at once when its node is lost"
    yield Promise(Claim(Kind.ALONE, words, place, 0), loss)
    words = f"without {strategy}, {subject.title} does not run again after the loss of its node"
    alone = subject.trial("alone", Event.NODE_LOSS, bound.played / 1000, subject.made.unguarded())
    yield Promise(Claim(Kind.NEEDS_IT, words, stated(recovery.strategy, recovery.place)), alone, bound)


def _disturbed(subject: _Subject) -> Iterator[Promise]:
    place = subject.workload.place
    for kind, event, suffix, words in (
        (Kind.EVICTED, Event.EVICTION, "evicted", "an evicted pod of {} is replaced"),
        (Kind.PREEMPTED, Event.PREEMPTION, "preempted", "a preempted pod of {} is replaced"),
    ):
        trial = subject.trial(suffix, event, _DISTURBED_SECONDS)
        yield Promise(Claim(kind, words.format(subject.title), place), trial)


def _bounded(subject: _Subject) -> Iterator[Promise]:
    workload = subject.workload
    most, place = workload.attempts.value, stated(workload.attempts, workload.place)
    claim = Claim(Kind.BOUNDED, f"{subject.title} is tried {_times(most)} when it always fails", place, most)
    yield Promise(claim, subject.trial("fails", Event.FAILURE, LONGEST_SECONDS, most=most))
    if Cause.OOM not in workload.retry_on and subject.made.ends_on(OOM_EXIT):
        most = 1
        words = f"{subject.title} is not tried again after a kill for memory, as the limit stays the same"
    else:
        words = f"{subject.title} is tried {_times(most)} when it is always killed for memory"
        words += (
            "" if Cause.OOM in workload.retry_on else ", as nothing in its releases tells such an end apart"
        )
    claim = Claim(Kind.OUT_OF_MEMORY, words, workload.place, most)
    yield Promise(claim, subject.trial("oom", Event.OUT_OF_MEMORY, LONGEST_SECONDS, most=most))


def _times(most: int) -> str:
    return "once" if most == 1 else f"at most {most} times"


def outer_layers(workload: Workload) -> str | None:
    """Layers that retry a workload and are not played, in words; None when all are."""
    names = [one.layer.value for one in workload.layers if one.layer not in _INSIDE and one.retries.value]
    return f"retries of {', '.join(names)} are not played: they come on top" if names else None
