"""Every promise of every call, tried: calls side by side, a few at a time, each trial with a limit of its own."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from backstay.core.failure import CannotTell
from backstay.core.manifest import Settled
from backstay.model.cluster import Cluster
from backstay.model.network import Protocol, Runtime
from backstay.prove.mesh import judge
from backstay.prove.mesh.claims import LONGEST_SECONDS, claims, untried, untried_call
from backstay.prove.mesh.deadline import never_answer, take_long
from backstay.prove.mesh.drain import drain
from backstay.prove.mesh.envoy import require
from backstay.prove.mesh.failing import fail, ways
from backstay.prove.mesh.gopeer import GoPeer, go_peer, wanted
from backstay.prove.mesh.journal import Journal
from backstay.prove.mesh.pace import deadline_pace, drain_pace, notice_pace, retry_pace, silence_pace
from backstay.prove.mesh.setting import Setting, settings
from backstay.prove.mesh.trials import NotMade, be_silent, stop_peer
from backstay.prove.mesh.words import CallProof, Claim, Finding, Kind, Report, Take
from backstay.prove.together import interruptible, together
from backstay.prove.words import Verdict

AT_ONCE, STARTING = 8, 2
"""Trials that run side by side, each up to two Envoys and two gRPC processes which mostly wait; and that start."""

_TRIAL_SECONDS = 2 * LONGEST_SECONDS + 120
Tell = Callable[[str], None]
Result = tuple[list[Finding], list[Take]]
Trial = Coroutine[object, object, Result]
Maker = Callable[[Sequence[Claim], int], Trial]


@dataclass(frozen=True, slots=True)
class Job:
    """A cluster's model and its emitted manifests."""

    cluster: Cluster
    settled: Sequence[Settled]


@dataclass(frozen=True, slots=True)
class _Places:
    """How much may go on at once, and what every trial may use."""

    trials: asyncio.Semaphore
    starts: asyncio.Semaphore
    go: GoPeer


def _quiet(_: str) -> None:
    """Tell nobody."""


def prove(cluster: Cluster, settled: Sequence[Settled], scale: int | None = None) -> Report:
    """Try every promise of a cluster's calls; `CannotTell` when a trial cannot be made. See `prove_all`."""
    [report] = prove_all([Job(cluster, settled)], scale)
    return report


def prove_all(jobs: Sequence[Job], scale: int | None = None, tell: Tell = _quiet) -> list[Report]:
    """Try every promise of several clusters, as many trials at once as this machine bears.

    `scale` is how many times faster than the spec time passes; None: for each call as fast as can be told apart.
    `tell` gets a line as each call is done. Blocks for minutes at most. Interrupted, it ends every process that it started.
    """
    require()
    return interruptible(_all(jobs, scale, tell))


async def _all(jobs: Sequence[Job], scale: int | None, tell: Tell) -> list[Report]:
    calls = [call for job in jobs for call in job.cluster.network.calls]
    go = await go_peer(tell) if wanted(calls) else GoPeer()
    places = _Places(asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(STARTING), go)
    return await together(_report(job, scale, places, tell) for job in jobs)


async def _report(job: Job, scale: int | None, places: _Places, tell: Tell) -> Report:
    async def proof(call: _Call) -> CallProof:
        done = await call.prove()
        report = Report(job.cluster.name, [done])
        tell(f"{job.cluster.name}: {done.name}: {', '.join(f'{report.count(v)} {v}' for v in Verdict)}")
        return done

    calls = [_Call(setting, scale, places) for setting in settings(job.cluster, job.settled, places.go)]
    return Report(job.cluster.name, await together(proof(call) for call in calls))


@dataclass(frozen=True)
class _Call:
    """The trials of one call; `asked` is the scale that was asked for, None for as fast as each trial may go."""

    setting: Setting
    asked: int | None
    places: _Places

    async def prove(self) -> CallProof:
        """Whatever can be tried, tried; the rest with its reason."""
        promised = claims(self.setting)
        reason = untried_call(self.setting.call)
        reasons = {claim: reason or untried(claim, self.setting, self._scale(claim)) for claim in promised}
        findings = {claim: Finding(claim, Verdict.NOT_TRIED, why) for claim, why in reasons.items() if why}
        done = await together(self._trials([claim for claim in promised if claim not in findings]))
        findings |= {one.claim: one for found, _ in done for one in found}
        takes = [take for _, some in done for take in some]
        return self._proof([findings[claim] for claim in promised], takes, tried=reason is None)

    def _scale(self, claim: Claim) -> int:
        if self.asked is not None:
            return self.asked
        if claim.kind is Kind.NOTICES and claim.side is not None:
            return notice_pace(self.setting.on(claim.crossing), claim.side)
        if claim.kind is Kind.DRAINS:
            return drain_pace(self.setting, claim.limit or 0)
        if claim.kind in {Kind.ANSWERED, Kind.ENDS}:
            return deadline_pace(self.setting, claim.limit or 0)
        if claim.kind in {Kind.BOUNDED, Kind.ONCE}:
            return retry_pace(self.setting)
        return silence_pace(self.setting)

    def _trials(self, left: Sequence[Claim]) -> Iterator[Trial]:
        """One for what a silent call shows, one for each end that has to notice, one for a failing server."""
        silent = [claim for claim in left if claim.kind in {Kind.SURVIVES, Kind.TOLERATES}]
        if silent:
            yield self._settled(silent, self._silent)
        yield from (self._settled([claim], self._dead) for claim in left if claim.kind is Kind.NOTICES)
        bounded = [claim for claim in left if claim.kind in {Kind.BOUNDED, Kind.ONCE}]
        if bounded:
            yield self._settled(bounded, self._failing)
        alone = {Kind.DRAINS: self._draining, Kind.ANSWERED: self._answering, Kind.ENDS: self._ending}
        yield from (self._settled([claim], alone[claim.kind]) for claim in left if claim.kind in alone)

    async def _settled(self, wanted: Sequence[Claim], make: Maker) -> Result:
        """A trial; what it disproves is tried again at half the pace, so that a busy machine disproves nothing."""
        scale = self._scale(wanted[0])
        if self.asked is not None or scale == 1:
            return await self._placed(make(wanted, scale))
        with suppress(NotMade):
            found, takes = await self._placed(make(wanted, scale))
            if all(finding.verdict is not Verdict.DISPROVED for finding in found):
                return found, takes
        return await self._placed(make(wanted, scale // 2))

    async def _silent(self, wanted: Sequence[Claim], scale: int) -> Result:
        seen = await be_silent(self.setting, scale, self.places.starts)
        judges = {Kind.SURVIVES: judge.survived, Kind.TOLERATES: judge.tolerated}
        found = [judges[claim.kind](claim, seen, self.setting, scale) for claim in wanted]
        return found, [_take("silence", scale, seen.journal)]

    async def _dead(self, wanted: Sequence[Claim], scale: int) -> Result:
        [claim] = wanted
        assert claim.side is not None  # noqa: S101 - somebody has to notice
        setting = self.setting.on(claim.crossing)
        seen = await stop_peer(setting, scale, claim.side, self.places.starts, severed=claim.severed)
        title = f"dead peer: {claim.words}"
        return [judge.noticed(claim, seen, setting, scale)], [_take(title, scale, seen.journal)]

    async def _failing(self, wanted: Sequence[Claim], scale: int) -> Result:
        seen = [await fail(self.setting, scale, way, self.places.starts) for way in ways(self.setting)]
        takes = [_take(one.way.words, scale, one.journal) for one in seen]
        return [judge.bounded(claim, seen) for claim in wanted], takes

    async def _draining(self, wanted: Sequence[Claim], scale: int) -> Result:
        [claim] = wanted
        seen = await drain(self.setting, scale, claim.limit or 0, self.places.starts)
        return [judge.drained(claim, seen, scale)], [_take("the pod goes", scale, seen.journal)]

    async def _answering(self, wanted: Sequence[Claim], scale: int) -> Result:
        [claim] = wanted
        seen = await take_long(self.setting, scale, claim.limit or 0, self.places.starts)
        title = "an answer that takes as long as it may"
        return [judge.answered(claim, seen, self.setting, scale)], [_take(title, scale, seen.journal)]

    async def _ending(self, wanted: Sequence[Claim], scale: int) -> Result:
        [claim] = wanted
        seen = await never_answer(self.setting, scale, claim.limit or 0, self.places.starts)
        return [judge.ended(claim, seen, self.setting, scale)], [_take("no answer", scale, seen.journal)]

    async def _placed(self, trial: Trial) -> Result:
        """Make a trial when there is a place for it, within its limit."""
        async with self.places.trials:
            try:
                async with asyncio.timeout(_TRIAL_SECONDS):
                    return await trial
            except TimeoutError as late:
                raise CannotTell(f"a trial did not end within {_TRIAL_SECONDS:.0f}s") from late

    def _proof(self, findings: Sequence[Finding], takes: Sequence[Take], *, tried: bool) -> CallProof:
        call = self.setting.call
        return CallProof(
            call.index, call.client.name, call.service.name, [(hop.sender, hop.receiver) for hop in call.hops],
            findings, takes, self._stand_ins() if tried else (), self.setting.notes if tried else (),
        )  # fmt: skip

    def _stand_ins(self) -> list[str]:
        call = self.setting.call
        if call.service.protocol is Protocol.HTTP:
            return ["both ends are HTTP/1.1 of Python's standard library"]
        if not call.service.protocol.pings:
            return [f"both ends exchange bytes, not {call.service.protocol}"]
        ends = ((call.client.name, call.client.runtime), (call.service.name, call.service.runtime))
        return [words for name, runtime in ends if (words := self._stand_in(name, runtime))]

    def _stand_in(self, name: str, runtime: Runtime) -> str:
        """Who plays an end that is not gRPC core; empty when it is the real thing."""
        go = self.setting.go
        if runtime is Runtime.CORE or go.plays(runtime):
            return ""
        why = f": {go.missing}" if runtime is Runtime.GO else ""
        return f"{name} is played by gRPC core, not {runtime}{why}"


def _take(title: str, scale: int, journal: Journal) -> Take:
    return Take(title, scale, sorted(journal.events, key=lambda event: event.at))
