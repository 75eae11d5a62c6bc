"""What a trial saw, judged: recoveries against their bound, twins, tries."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic

import pytest

from backstay.core.place import at
from backstay.prove.jobs.claims import Promise
from backstay.prove.jobs.journal import Journal, Life
from backstay.prove.jobs.judge import judged
from backstay.prove.jobs.pace import Bound, Wait
from backstay.prove.jobs.trials import Event, Outcome, Trial
from backstay.prove.jobs.words import Claim, Kind
from backstay.prove.words import Verdict

BOUND = Bound(
    (Wait("lost", 50_000, 8_000), Wait("toleration", 300_000, 38_000), Wait("forced", 60_000, 60_000))
)
TRIAL = Trial("w0-loss", {}, Event.NODE_LOSS, 120)
NOW = monotonic()


def outcome(took: float | None = None, *lives: Life, failed: str = "", refused: str = "") -> Outcome:
    """A trial that ended like this."""
    journal = Journal("w0-loss", {life.uid: life for life in lives})
    conditions = [{"type": "Failed", "status": "True", "reason": failed}] if failed else []
    stored = {"status": {"conditions": conditions}}
    recovered = None if took is None else NOW + took
    return Outcome(TRIAL, journal, NOW, recovered, stored, (), NOW + 120, refused)


def life(uid: str, *, ran: float, ended: float | None = None, restarts: int = 0) -> Life:
    """A pod with the one identity."""
    made = Life(uid, f"pod-{uid}", "train[0]", made=NOW, ran=NOW + ran, restarts=restarts)
    return replace(made, ended=None if ended is None else NOW + ended)


def promise(kind: Kind, limit: int | None = None) -> Promise:
    """A promise of a sort."""
    return Promise(Claim(kind, "it does", at("workloads", "train"), limit), TRIAL, BOUND)


@pytest.mark.parametrize(
    ("took", "verdict"), [(105.0, Verdict.PROVED), (107.0, Verdict.DISPROVED), (None, Verdict.DISPROVED)]
)
def test_a_recovery_has_to_keep_to_the_sum_of_its_waits(took: float | None, verdict: Verdict):
    """106 s here; a moment more is too late, and never is, too."""
    assert judged(promise(Kind.RECOVERS), outcome(took), 8).verdict is verdict


def test_a_recovery_is_told_with_the_spec_s_own_times():
    """Each wait that was played faster counts as long as the spec has it."""
    found = judged(promise(Kind.RECOVERS), outcome(100.0), 8)
    assert found.value == 100_000 + 42_000 + 262_000
    assert "6m44s with the spec's own times" in found.measured


def test_a_workload_that_needs_its_strategy_does_not_run_again_without():
    """Otherwise something else freed it, and the strategy decided nothing."""
    assert judged(promise(Kind.NEEDS_IT), outcome(None), 8).verdict is Verdict.PROVED
    assert judged(promise(Kind.NEEDS_IT), outcome(30.0), 8).verdict is Verdict.DISPROVED


def test_twins_are_found_by_identity():
    """The second ran before the first was known to have ended; one after the other is no pair."""
    after = outcome(10.0, life("a", ran=0, ended=4), life("b", ran=5, ended=9))
    beside = outcome(10.0, life("a", ran=0, ended=7), life("b", ran=5, ended=9))
    assert judged(promise(Kind.ALONE, 0), after, 8).verdict is Verdict.PROVED
    found = judged(promise(Kind.ALONE, 0), beside, 8)
    assert found.verdict is Verdict.DISPROVED
    assert "pod-a was not known to have ended" in found.measured


@pytest.mark.parametrize(
    ("tries", "failed", "verdict"),
    [
        (3, "BackoffLimitExceeded", Verdict.PROVED),
        (2, "BackoffLimitExceeded", Verdict.PROVED),
        (4, "BackoffLimitExceeded", Verdict.DISPROVED),
        (3, "", Verdict.NOT_TRIED),
    ],
)
def test_tries_are_counted_until_the_workload_has_failed(tries: int, failed: str, verdict: Verdict):
    """Too many is too many; without an end nobody knows how many there would have been."""
    lives = [life(str(number), ran=number, ended=number + 0.5) for number in range(tries)]
    assert judged(promise(Kind.BOUNDED, 3), outcome(None, *lives, failed=failed), 8).verdict is verdict


def test_an_operator_that_counts_restarts_ends_with_one():
    """The Training Operator cannot fail a job before the container has been started once more."""
    seen = outcome(None, life("a", ran=0, restarts=3), failed="PyTorchJobFailed")
    found = judged(promise(Kind.BOUNDED, 3), seen, 8)
    assert (found.verdict, found.value) == (Verdict.PROVED, 3)


def test_what_the_played_version_does_not_know_is_not_tried():
    """And what any other rule refuses is an emitted object that does not work."""
    unknown = outcome(refused='strict decoding error: unknown field "spec.new"')
    refused = outcome(refused="admission webhook denied the request")
    assert judged(promise(Kind.RECOVERS), unknown, 8).verdict is Verdict.NOT_TRIED
    assert judged(promise(Kind.RECOVERS), refused, 8).verdict is Verdict.DISPROVED
