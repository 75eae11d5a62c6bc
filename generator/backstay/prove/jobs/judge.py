"""From what a trial saw to a verdict. Recoveries are given as they would be with the spec's own times."""

from backstay.core.units import show_duration
from backstay.prove.jobs.admission import Admitted
from backstay.prove.jobs.claims import Promise
from backstay.prove.jobs.pace import Bound
from backstay.prove.jobs.trials import Outcome
from backstay.prove.jobs.words import Claim, Finding, Kind
from backstay.prove.words import Verdict

_MOMENT_SECONDS = 0.5


def judged(promise: Promise, seen: Outcome, scale: int) -> Finding:
    """The verdict on a promise."""
    kind = promise.claim.kind
    if seen.refused:
        verdict = Verdict.NOT_TRIED if seen.unknown else Verdict.DISPROVED
        return Finding(promise.claim, verdict, f"an emitted object is refused: {seen.refused}")
    if kind is Kind.RECOVERS:
        return _recovered(promise, seen, scale)
    if kind is Kind.NEEDS_IT:
        return _held(promise, seen, scale)
    if kind is Kind.ALONE:
        return _alone(promise, seen, scale)
    if kind in {Kind.BOUNDED, Kind.OUT_OF_MEMORY}:
        return _bounded(promise, seen)
    return _replaced(promise, seen)


def admitted(seen: Admitted) -> Finding:
    """Whether everything that is to run at once did."""
    crowd = seen.crowd
    claim = Claim(Kind.ADMITTED, crowd.words, crowd.place, crowd.pods)
    if seen.ran >= crowd.pods:
        return Finding(claim, Verdict.PROVED, f"{seen.ran} pods ran at once", seen.ran)
    words = f"{seen.ran} of {crowd.pods} pods ran: {seen.why}"
    return Finding(claim, Verdict.DISPROVED, words, seen.ran)


def _recovered(promise: Promise, seen: Outcome, scale: int) -> Finding:
    bound = promise.bound
    assert bound is not None  # noqa: S101 - recoveries have one
    if seen.took is None:
        words = f"it did not run again in {_seconds(seen.trial.seconds)}, where {_sum(bound)} allow {_seconds(bound.played / 1000)}; {_state(seen)}"
        return Finding(promise.claim, Verdict.DISPROVED, words, None, scale)
    took = round(seen.took * 1000)
    verdict = Verdict.PROVED if took <= bound.played else Verdict.DISPROVED
    value = bound.in_spec(took)
    words = (
        f"it ran again after {_seconds(seen.took)} here, where {_sum(bound)} allow {_seconds(bound.played / 1000)}: "
        f"{show_duration(max(round(value, -3), 0))} with the spec's own times"
    )
    return Finding(promise.claim, verdict, words, value, scale)


def _held(promise: Promise, seen: Outcome, scale: int) -> Finding:
    if seen.took is None:
        words = f"its pods were still there after {_seconds(seen.trial.seconds)}; {_state(seen)}"
        return Finding(promise.claim, Verdict.PROVED, words, None, scale)
    words = f"it ran again after {_seconds(seen.took)} all the same: something else frees it"
    return Finding(promise.claim, Verdict.DISPROVED, words, round(seen.took * 1000), scale)


def _alone(promise: Promise, seen: Outcome, scale: int) -> Finding:
    twins = [(first, both) for first, _, both in seen.journal.twins(seen.until) if both > _MOMENT_SECONDS]
    if not twins:
        return Finding(promise.claim, Verdict.PROVED, "one at a time, as the API server knew it", 0, scale)
    first, both = twins[0]
    words = f"{first.name} was not known to have ended while another pod with its identity ran, for {_seconds(both)}"
    return Finding(promise.claim, Verdict.DISPROVED, words, len(twins), scale)


def _replaced(promise: Promise, seen: Outcome) -> Finding:
    hit = next((life for life in seen.journal.lives.values() if life.why), None)
    why = hit.why if hit is not None else "nobody's wish"
    if seen.took is None:
        words = f"nothing took the place of the pod ({why}) in {_seconds(seen.trial.seconds)}; {_state(seen)}"
        return Finding(promise.claim, Verdict.DISPROVED, words)
    words = f"its place was taken after {_seconds(seen.took)} ({why})"
    return Finding(promise.claim, Verdict.PROVED, words, round(seen.took * 1000))


def _bounded(promise: Promise, seen: Outcome) -> Finding:
    limit, tries = promise.claim.limit, seen.journal.attempts()
    assert limit is not None  # noqa: S101 - attempts always have one
    if tries == limit + 1 and "Failed" in seen.conditions and _restarts_in_place(seen):
        words = f"{_tries(limit)}, then it had failed ({seen.conditions['Failed']}): by the restart after them, which is what its operator counts"
        return Finding(promise.claim, Verdict.PROVED, words, limit)
    counted = _tries(tries)
    if tries > limit:
        return Finding(promise.claim, Verdict.DISPROVED, f"{counted}, and it went on", tries)
    if "Failed" not in seen.conditions:
        words = f"{counted} in {_seconds(seen.trial.seconds)}, and no end: the waits between tries do not pass faster"
        return Finding(promise.claim, Verdict.NOT_TRIED, words, tries)
    words = f"{counted}, then it had failed ({seen.conditions['Failed']})"
    return Finding(promise.claim, Verdict.PROVED, words, tries)


def _restarts_in_place(seen: Outcome) -> bool:
    return any(life.restarts for life in seen.journal.lives.values())


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"


def _sum(bound: Bound) -> str:
    return " + ".join(_seconds(wait.played / 1000) for wait in bound.waits)


def _state(seen: Outcome) -> str:
    stays = [life for life in seen.journal.lives.values() if life.deleted is not None and life.gone is None]
    pods = f"{len(stays)} of its pods Terminating" if stays else "no pod of it Terminating"
    conditions = ", ".join(seen.conditions)
    return f"{pods}, conditions: {conditions or 'none'}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f}s" if seconds >= 10 else f"{seconds:.1f}s"  # noqa: PLR2004 - two digits are enough
