"""From what a trial saw to a verdict. Measured times are given as the spec's: multiplied by the scale."""

from collections import Counter
from collections.abc import Iterator, Sequence

from backstay.core.units import show_duration
from backstay.model.hop import Side
from backstay.prove.mesh.deadline import Long, Unanswered
from backstay.prove.mesh.drain import Drained
from backstay.prove.mesh.ends import lateness
from backstay.prove.mesh.failing import Failing
from backstay.prove.mesh.frames import TOO_MANY_PINGS
from backstay.prove.mesh.journal import Event, Journal, What
from backstay.prove.mesh.peers import Told
from backstay.prove.mesh.setting import Setting
from backstay.prove.mesh.trials import Dead, Silent
from backstay.prove.mesh.words import Claim, Finding
from backstay.prove.words import Verdict

_FINE_MS = 10_000
_LATE_PERCENT, _LATE_MS = 10, 500


def survived(claim: Claim, seen: Silent, setting: Setting, scale: int) -> Finding:
    """Whether there was an answer after the silence."""
    if seen.told is not None and seen.told.event == "answer":
        opened = [len(list(seen.journal.find(What.OPENED, hop=hop.index))) for hop in setting.hops]
        on = "the same connection" if max(opened) == 1 else "a new connection"
        words = f"answered after {show_duration(seen.silence)} on {on}; {_pings(seen, setting)}"
        return Finding(claim, Verdict.PROVED, words, seen.silence, scale)
    after = spec_ms(seen.spoke - seen.opened, scale)
    words = f"{_cause(seen.journal, seen.opened, setting, scale)}; {_ending(seen.told)}"
    return Finding(claim, Verdict.DISPROVED, words, after, scale)


def tolerated(claim: Claim, seen: Silent, setting: Setting, scale: int) -> Finding:
    """Whether the server ended a connection because of pings."""
    last = setting.call.hops[-1].index
    punished = _punished(seen.journal)
    pings = _between(seen, last, Side.SENDER)
    if punished is not None:
        after = spec_ms(punished.at - seen.opened, scale)
        words = f"GOAWAY {punished.text or 'ENHANCE_YOUR_CALM'} {show_time(after)} after the call was opened"
        return Finding(claim, Verdict.DISPROVED, words, after, scale)
    return Finding(
        claim, Verdict.PROVED, f"no GOAWAY; {pings} pings reached the server's application", pings, scale
    )


def noticed(claim: Claim, seen: Dead, setting: Setting, scale: int) -> Finding:
    """Whether the end that pings closed the connection in time."""
    assert claim.limit is not None  # noqa: S101 - detection always has one
    if seen.closed is None:
        waited = show_time(spec_ms(seen.waited, scale))
        return Finding(claim, Verdict.DISPROVED, f"the connection was still open after {waited}", None, scale)
    took = spec_ms(seen.closed - seen.stopped, scale)
    verdict = Verdict.PROVED if took <= claim.limit else Verdict.DISPROVED
    most = max((p.notices_in for p in setting.pingers if p.side is claim.side), default=None)
    by_config = f" ({show_duration(most)} at most, by interval, jitter and timeout)" if most else ""
    since = "the network was gone" if claim.severed else "the peer stopped answering"
    return Finding(claim, verdict, f"closed {show_time(took)} after {since}{by_config}", took, scale)


def bounded(claim: Claim, seen: Sequence[Failing]) -> Finding:
    """Whether the server was called no more often than allowed, in whichever way it failed."""
    assert claim.limit is not None  # noqa: S101 - attempts always have one
    most = max(one.attempts for one in seen)
    sound = all(0 < one.attempts <= claim.limit for one in seen)
    words = "; ".join(f"{one.attempts} when {one.way.words} (then {_last_word(one)})" for one in seen)
    verdict = Verdict.PROVED if sound else Verdict.DISPROVED
    return Finding(claim, verdict, f"reached the server: {words}", most)


def _last_word(seen: Failing) -> str:
    if seen.told is None:
        return "no answer"
    return seen.told.text("code") or "an answer"


def drained(claim: Claim, seen: Drained, scale: int) -> Finding:
    """Whether every call that was in flight when the pod was told to go got its answer."""
    calls = seen.answered + len(seen.cut)
    if not seen.cut:
        words = f"all of {calls} calls in flight were answered; {seen.ending.words}"
        return Finding(claim, Verdict.PROVED, words, 0, scale)
    after, told = seen.cut[0]
    ended = told.text("code") or "an error" if told else "no answer"
    words = (
        f"{len(seen.cut)} of {calls} calls in flight were cut, the first {show_time(spec_ms(after, scale))} after the "
        f"pod was told to go ({ended}); {seen.ending.words}"
    )
    return Finding(claim, Verdict.DISPROVED, words, len(seen.cut), scale)


def answered(claim: Claim, seen: Long, setting: Setting, scale: int) -> Finding:
    """Whether an answer that took long arrived."""
    took = spec_ms(seen.ended - seen.began, scale)
    if seen.told is not None and seen.told.event == "answer":
        return Finding(claim, Verdict.PROVED, f"answered after {show_time(took)}", took, scale)
    cause = _cause(seen.journal, seen.began, setting, scale)
    words = f"{cause}; {_ending(seen.told)} after {show_time(took)}"
    return Finding(claim, Verdict.DISPROVED, words, took, scale)


def ended(claim: Claim, seen: Unanswered, setting: Setting, scale: int) -> Finding:
    """Whether a call that was never answered ended in time, and all of its attempts with it."""
    assert claim.limit is not None  # noqa: S101 - a deadline is one
    took = spec_ms(seen.ended - seen.began, scale)
    attempts = f"{seen.attempts} attempt{'' if seen.attempts == 1 else 's'}"
    if seen.told is None:
        words = f"the call was still open after {show_time(took)}, {attempts} at {setting.call.service.name}"
        return Finding(claim, Verdict.DISPROVED, words, None, scale)
    in_time = took <= claim.limit + lateness(setting) + delay(claim.limit, scale)
    told = 0 < seen.attempts == seen.over and seen.told.event == "failed"
    cause = _cause(seen.journal, seen.began, setting, scale)
    words = f"{cause}; {_ending(seen.told)} after {show_time(took)}; {attempts}, {_over(seen)}"
    return Finding(claim, Verdict.PROVED if in_time and told else Verdict.DISPROVED, words, took, scale)


def delay(limit: int, scale: int) -> int:
    """How much later than its deadline a call may end here, in the spec's milliseconds: that is this machine's delay."""
    return max(limit * _LATE_PERCENT // 100, _LATE_MS * scale)


def _over(seen: Unanswered) -> str:
    ended = "whose end" if seen.attempts == 1 else "the end of each of which"
    if seen.over == seen.attempts:
        return f"{ended} the server heard of"
    return f"of which the server heard the end of {seen.over}"


def spec_ms(seconds: float, scale: int) -> int:
    """Seconds of a trial as milliseconds of the spec."""
    return round(seconds * 1000 * scale)


def show_time(ms: int) -> str:
    """A measured time: whole seconds are fine enough where there are many of them."""
    return show_duration(round(ms, -3) if ms >= _FINE_MS else ms)


def _pings(seen: Silent, setting: Setting) -> str:
    counts: Counter[str] = Counter()
    for hop in setting.hops:
        for side, name in ((Side.SENDER, hop.sender), (Side.RECEIVER, hop.receiver)):
            counts[name] += _between(seen, hop.index, side)
    probes = sum(1 for hop in setting.hops for _ in seen.journal.find(What.PROBE, hop=hop.index))
    words = [f"{count} pings by {name}" for name, count in counts.items() if count]
    words += [f"{probes} TCP segments without data"] if probes and not words else []
    return ", ".join(words) or "nobody pinged"


def _between(seen: Silent, hop: int, side: Side) -> int:
    """The pings of one end while nobody spoke; those that go with data are not keepalive."""
    data = [event.at for event in seen.journal.find(What.DATA, hop=hop)]
    pings = seen.journal.find(What.PING, hop=hop, side=side, since=seen.opened, until=seen.spoke)
    return sum(1 for ping in pings if all(abs(ping.at - at) > _WITH_DATA_SECONDS for at in data))


_WITH_DATA_SECONDS = 0.02


_DID = {What.CLOSED: "closed the connection", What.RESET: "gave the request up"}


def _cause(journal: Journal, since: float, setting: Setting, scale: int) -> str:
    return next(_causes(journal, since, setting, scale), "nothing on the way says why")


def _causes(journal: Journal, since: float, setting: Setting, scale: int) -> Iterator[str]:
    def after(event: Event) -> str:
        return show_time(spec_ms(event.at - since, scale))

    punished = _punished(journal)
    if punished is not None:
        yield f"{setting.call.service.name} sent GOAWAY {punished.text} after {after(punished)}"
    for event in (one for hop in setting.hops for one in journal.find(What.FORGOT, hop=hop.index)):
        yield f"box {event.text} forgot the connection {after(event)} after it was opened"
    for event in journal.find(*_DID, since=since):
        hop = setting.call.hops[event.hop]
        who = hop.sender if event.side is Side.SENDER else hop.receiver
        yield f"{who} {_DID[event.what]} after {after(event)}"


def _ending(told: Told | None) -> str:
    if told is None:
        return "there was no answer"
    if told.event == "answer":
        return "the call was answered"
    return f"the call ended with {told.text('code') or 'an error'} ({told.text('details')})"


def _punished(journal: Journal) -> Event | None:
    return next((event for event in journal.find(What.GOAWAY) if event.code == TOO_MANY_PINGS), None)
