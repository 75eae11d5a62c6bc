"""Which trials are made for which claims, at which pace, and how often; without waiting for any of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from backstay.core.failure import CannotTell
from backstay.model.hop import Side
from backstay.prove.mesh import prover
from backstay.prove.mesh.deadline import Long, Unanswered
from backstay.prove.mesh.drain import Drained
from backstay.prove.mesh.ending import Ending, Sidecar
from backstay.prove.mesh.failing import Failing, Way
from backstay.prove.mesh.journal import Event, Journal, What
from backstay.prove.mesh.peers import Told
from backstay.prove.mesh.trials import Dead, NotMade, Silent
from backstay.prove.mesh.words import Kind, Report
from backstay.prove.together import together
from backstay.prove.words import Verdict
from support.proving import CALL, setting_of

if TYPE_CHECKING:
    from collections.abc import Callable

SETTING = setting_of(
    istio={"version": "1.30"}, client=True, server=True, retries={"maxAttempts": 12},
    calls=[{**CALL, "idempotent": False, "deadline": "40s"}], clients={"trainers": {"sidecar": True, "runtime": "core"}},
    termination={"drain": {"longestRequest": "90s"}},
)  # fmt: skip
FORGOT = Event(3.0, 1, 0, None, What.FORGOT, "fw")


class Trials:
    """Trials that are over at once; `answers` says after how many silent ones there is an answer."""

    def __init__(self, answers: int = 1) -> None:
        self.answers = answers
        self.silent: list[int] = []
        self.stopped: list[tuple[int, Side, bool]] = []
        self.failed: list[Way] = []
        self.drained: list[tuple[int, int]] = []
        self.timed: list[tuple[str, int]] = []

    async def be_silent(self, _setting: object, scale: int, _starts: object) -> Silent:
        """A call that answers, or not."""
        self.silent.append(scale)
        told = Told("answer", {}) if len(self.silent) >= self.answers else None
        return Silent(Journal([FORGOT]), 0.0, 1.0, 1, told)

    async def stop_peer(
        self, _setting: object, scale: int, side: Side, _starts: object, *, severed: bool
    ) -> Dead:
        """A peer that is noticed at once."""
        self.stopped.append((scale, side, severed))
        return Dead(Journal(), 0.0, 0.1, 1.0)

    async def fail(self, _setting: object, _scale: int, way: Way, _starts: object) -> Failing:
        """A server that is called once."""
        self.failed.append(way)
        return Failing(Journal(), 1, None, way)

    async def drain(self, _setting: object, scale: int, longest: int, _starts: object) -> Drained:
        """A pod that goes without cutting a call."""
        self.drained.append((scale, longest))
        return Drained(Journal(), Ending(Sidecar.NATIVE), 8, ())

    async def take_long(self, _setting: object, _scale: int, longest: int, _starts: object) -> Long:
        """A long answer that arrives."""
        self.timed.append(("long", longest))
        return Long(Journal(), 0.0, 1.0, Told("answer", {}))

    async def never_answer(self, _setting: object, _scale: int, within: int, _starts: object) -> Unanswered:
        """A call that ends at once."""
        self.timed.append(("never", within))
        return Unanswered(Journal(), 0.0, 1.0, Told("failed", {}), 1, 1)


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Callable[[Trials], Trials]:
    """Put made-up trials in the place of real ones."""

    def use(made_up: Trials) -> Trials:
        for name in ("be_silent", "stop_peer", "fail", "drain", "take_long", "never_answer"):
            monkeypatch.setattr(prover, name, getattr(made_up, name))
        monkeypatch.setattr(prover, "require", lambda: None)
        return made_up

    return use


def proved(scale: int | None = None) -> Report:
    """What is reported of the cluster."""
    emitted = SETTING.emitted
    return prover.prove(emitted.cluster, emitted.settled, scale)


def test_every_claim_has_its_trial(trials: Callable[[Trials], Trials]):
    """One silent call shows survival and tolerance."""
    made = trials(Trials())
    report = proved()
    assert {finding.claim.kind for finding in report.findings} == set(Kind)
    assert report.count(Verdict.PROVED) == 9
    assert len(made.silent) == 1
    assert [(side, severed) for _, side, severed in made.stopped] == [
        (Side.SENDER, False),
        (Side.SENDER, True),
    ]
    assert [way.breaks for way in made.failed] == [None, 2, 1]
    assert [longest for _, longest in made.drained] == [90_000]
    assert made.timed == [("long", 40_000), ("never", 40_000)]
    assert len(report.calls[0].takes) == 9


def test_what_is_disproved_in_haste_is_tried_again_at_half_the_pace(trials: Callable[[Trials], Trials]):
    """A machine that was busy for a moment disproves nothing."""
    made = trials(Trials(answers=2))
    assert proved().count(Verdict.DISPROVED) == 0
    fast, slow = made.silent
    assert slow == fast // 2


def test_a_call_that_does_not_come_about_in_haste_is_made_again(
    trials: Callable[[Trials], Trials], monkeypatch: pytest.MonkeyPatch
):
    """At half the pace, once; where the pace was asked for, and at half of it too, there is no verdict."""
    made = trials(Trials())
    paces: list[int] = []

    async def hasty(setting: object, scale: int, starts: object) -> Silent:
        paces.append(scale)
        if len(paces) == 1:
            raise NotMade("the call cannot be opened")
        return await made.be_silent(setting, scale, starts)

    monkeypatch.setattr(prover, "be_silent", hasty)
    assert proved().count(Verdict.PROVED) == 9
    fast, slow = paces
    assert slow == fast // 2
    paces.clear()
    with pytest.raises(NotMade):
        proved(60)
    assert paces == [60]


def test_what_stays_wrong_is_disproved(trials: Callable[[Trials], Trials]):
    """After two trials and no more."""
    made = trials(Trials(answers=9))
    assert proved().count(Verdict.DISPROVED) == 1
    assert len(made.silent) == 2


def test_a_scale_that_was_asked_for_is_kept(trials: Callable[[Trials], Trials]):
    """For every trial, without another one."""
    made = trials(Trials(answers=9))
    proved(60)
    assert made.silent == [60]
    assert made.stopped == [(60, Side.SENDER, False), (60, Side.SENDER, True)]
    assert made.drained == [(60, 90_000)]


def test_what_cannot_be_tried_starts_nothing(trials: Callable[[Trials], Trials]):
    """And says why."""
    made = trials(Trials())
    report = proved(1)
    assert {finding.claim.kind for finding in report.findings if finding.verdict is Verdict.NOT_TRIED} == {
        Kind.SURVIVES, Kind.TOLERATES,
    }  # fmt: skip
    assert made.silent == []


def test_progress_is_told_call_by_call(trials: Callable[[Trials], Trials]):
    """A minute of silence looks like a hang otherwise."""
    trials(Trials())
    said: list[str] = []
    prover.prove_all([prover.Job(SETTING.emitted.cluster, SETTING.emitted.settled)], None, said.append)
    assert said == ["base: trainers -> metadata: 9 proved, 0 disproved, 0 not tried"]


def test_a_trial_that_cannot_be_made_ends_them_all(
    trials: Callable[[Trials], Trials], monkeypatch: pytest.MonkeyPatch
):
    """As it is, not inside a group of exceptions."""
    trials(Trials())

    async def dies(*_: object) -> Failing:
        raise CannotTell("the sidecar of x died")

    monkeypatch.setattr(prover, "fail", dies)
    with pytest.raises(CannotTell, match="the sidecar of x died"):
        proved()


def test_together_ends_the_others_when_one_fails():
    """And waits until they have cleaned up."""
    ended: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cleaned up")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise CannotTell("no")

    with pytest.raises(CannotTell):
        asyncio.run(together([waits(), fails()]))
    assert ended == ["cleaned up"]
