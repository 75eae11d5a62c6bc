"""From what a trial saw to a verdict: journals written by hand, times given back as the spec's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from backstay.core.place import at
from backstay.model.hop import Side
from backstay.prove.mesh import judge
from backstay.prove.mesh.deadline import Long, Unanswered
from backstay.prove.mesh.drain import Drained
from backstay.prove.mesh.ending import Ending, Sidecar
from backstay.prove.mesh.failing import Failing, Way
from backstay.prove.mesh.journal import Event, Journal, What
from backstay.prove.mesh.peers import Told
from backstay.prove.mesh.trials import Dead, Silent, stretches
from backstay.prove.mesh.words import Claim, Finding, Kind
from backstay.prove.words import Verdict
from support.proving import CALL, setting_of

if TYPE_CHECKING:
    from backstay.prove.mesh.setting import Setting

SETTING = setting_of(istio={"version": "1.30"}, client=True, server=True)
LAST = SETTING.call.hops[-1].index
CLAIM = Claim(Kind.SURVIVES, "it works", at("network"), 3_600_000)
NOTICE = Claim(Kind.NOTICES, "it is noticed", at("network"), 120_000, Side.SENDER)
ONCE = Claim(Kind.BOUNDED, "once", at("network"), 1)
ANSWER = Told("answer", {})
FAILED = Told("failed", {"code": "UNAVAILABLE", "details": "reset"})
OPENED = Event(0.0, 1, 0, Side.SENDER, What.OPENED)


def silent(told: Told | None, *events: Event) -> Silent:
    """A call that was opened at 0 and spoke again at 36 seconds, 100 times faster than the spec has it."""
    return Silent(Journal([OPENED, *events]), 0.0, 36.0, 3_600_000, told)


def survived(told: Told | None, *events: Event) -> Finding:
    """The verdict on survival."""
    return judge.survived(CLAIM, silent(told, *events), SETTING, 100)


def pings(count: int, side: Side = Side.SENDER, hop: int = 1) -> list[Event]:
    """Pings of one side, a second apart."""
    return [Event(1.0 + second, hop, 0, side, What.PING) for second in range(count)]


def test_an_answer_is_survival():
    """With what kept the connection."""
    found = survived(ANSWER, *pings(3))
    assert (found.verdict, found.value, found.scale) == (Verdict.PROVED, 3_600_000, 100)
    assert found.measured == "answered after 1h on the same connection; 3 pings by the sidecar of trainers"


def test_an_answer_on_a_new_connection_is_told():
    """And that nobody pinged; pings that go with data are no keepalive."""
    with_data = [Event(2.0, 1, 0, Side.SENDER, What.DATA), Event(2.001, 1, 0, Side.SENDER, What.PING)]
    found = survived(ANSWER, *with_data, Event(30.0, 1, 1, Side.SENDER, What.OPENED))
    assert found.measured == "answered after 1h on a new connection; nobody pinged"


def test_probes_count_where_nobody_pings():
    """They are what kept it then."""
    probe = Event(3.0, 1, 0, Side.SENDER, What.PROBE)
    assert survived(ANSWER, probe).measured.endswith("; 1 TCP segments without data")


def test_a_failure_is_put_down_to_its_first_cause():
    """The server's word, else the box, else whoever closed."""
    goaway = Event(5.0, LAST, 0, Side.RECEIVER, What.GOAWAY, "too_many_pings", 11)
    forgot = Event(3.0, 1, 0, None, What.FORGOT, "fw")
    closed = Event(6.0, 1, 0, Side.RECEIVER, What.CLOSED)
    ending = "; the call ended with UNAVAILABLE (reset)"
    assert (
        survived(FAILED, forgot, goaway, closed).measured
        == f"metadata sent GOAWAY too_many_pings after 8m20s{ending}"
    )
    assert (
        survived(FAILED, forgot, closed).measured
        == f"box fw forgot the connection 5m after it was opened{ending}"
    )
    assert (
        survived(FAILED, closed).measured
        == f"the sidecar of metadata closed the connection after 10m{ending}"
    )
    assert survived(FAILED).measured == f"nothing on the way says why{ending}"
    assert survived(FAILED).verdict is Verdict.DISPROVED


def test_no_answer_is_no_survival():
    """As behind a box that drops."""
    found = survived(None, Event(3.0, 1, 0, None, What.FORGOT, "fw"))
    assert found.verdict is Verdict.DISPROVED
    assert found.measured.endswith("; there was no answer")


def test_only_goaway_for_pings_is_a_punishment():
    """A server that is going away says GOAWAY, too."""
    graceful = Event(5.0, LAST, 0, Side.RECEIVER, What.GOAWAY, "bye", 0)
    enough = Event(5.0, LAST, 0, Side.RECEIVER, What.GOAWAY, "too_many_pings", 11)
    claim = Claim(Kind.TOLERATES, "", at("network"))
    fine = judge.tolerated(claim, silent(ANSWER, graceful, *pings(4, hop=LAST)), SETTING, 100)
    punished = judge.tolerated(claim, silent(ANSWER, enough), SETTING, 100)
    assert (fine.verdict, fine.measured) == (
        Verdict.PROVED,
        "no GOAWAY; 4 pings reached the server's application",
    )
    assert (punished.verdict, punished.value) == (Verdict.DISPROVED, 500_000)


def noticed(closed: float | None) -> Finding:
    """The verdict on a peer that was stopped at 1 second, 100 times faster than the spec has it."""
    return judge.noticed(NOTICE, Dead(Journal(), 1.0, closed, 3.0), SETTING, 100)


def test_a_dead_peer_has_to_be_noticed_in_time():
    """Measured from the moment it stopped answering."""
    assert (noticed(2.2).verdict, noticed(2.2).value) == (Verdict.PROVED, 120_000)
    assert noticed(2.3).verdict is Verdict.DISPROVED
    assert (noticed(None).verdict, noticed(None).measured) == (
        Verdict.DISPROVED, "the connection was still open after 5m",
    )  # fmt: skip
    assert noticed(2.2).measured.startswith("closed 2m after the peer stopped answering (1m29s at most")
    gone = judge.noticed(replace(NOTICE, severed=True), Dead(Journal(), 1.0, 2.2, 3.0), SETTING, 100)
    assert gone.measured.startswith("closed 2m after the network was gone")


def failing(*attempts: int, told: Told | None = FAILED) -> Finding:
    """The verdict on a server that failed in as many ways, and was called so often."""
    return judge.bounded(ONCE, [Failing(Journal(), count, told, Way("it crashed")) for count in attempts])


def test_attempts_are_counted_at_the_server():
    """The most of all ways to fail; none at all proves nothing."""
    assert [failing(count).verdict for count in (0, 1, 2)] == [
        Verdict.DISPROVED, Verdict.PROVED, Verdict.DISPROVED,
    ]  # fmt: skip
    assert failing(1, 2).verdict is Verdict.DISPROVED
    assert failing(0, 1).verdict is Verdict.DISPROVED
    assert failing(1, 2).value == 2


def test_each_way_to_fail_is_told():
    """With what the caller got in the end."""
    assert failing(1, 2).measured == (
        "reached the server: 1 when it crashed (then UNAVAILABLE); 2 when it crashed (then UNAVAILABLE)"
    )
    assert "(then no answer)" in failing(1, told=None).measured
    assert "(then an answer)" in failing(1, told=ANSWER).measured


def test_between_unary_calls_a_silence_just_past_a_box_comes_first():
    """The longest may be spared by an idle timer that closes the connection in time."""
    assert stretches(SETTING) == [450_000, 3_600_000]
    streamed = setting_of(istio={"version": "1.30"}, client=True, calls=[{**CALL, "stream": "server"}])
    assert stretches(streamed) == [3_600_000]


def test_without_a_silence_some_pings_are_waited_for():
    """So that a server has the occasion to mind them."""
    unsaid = setting_of(istio={"version": "1.30"}, client=True, calls=[{**CALL, "silentFor": None}])
    [stretch] = stretches(unsaid)
    assert stretch >= 6 * unsaid.pingers[0].longest_gap


def drained(*cut: tuple[float, Told | None]) -> Finding:
    """The verdict on a pod that went: eight calls, 20 times faster than the spec has it."""
    claim = Claim(Kind.DRAINS, "calls are answered", at("termination"), 90_000)
    seen = Drained(Journal(), Ending(Sidecar.CLASSIC), 8 - len(cut), cut)
    return judge.drained(claim, seen, 20)


def test_a_drain_that_cuts_nothing_is_proved():
    """With the numbers that it went by."""
    found = drained()
    assert (found.verdict, found.value, found.scale) == (Verdict.PROVED, 0, 20)
    assert (
        found.measured
        == "all of 8 calls in flight were answered; classic sidecar that drains for 5s, grace 30s"
    )


def test_a_drain_that_cuts_one_call_is_disproved():
    """With when, in the spec's time, and what the caller got."""
    found = drained((0.25, FAILED), (0.3, None))
    assert (found.verdict, found.value) == (Verdict.DISPROVED, 2)
    assert found.measured.startswith(
        "2 of 8 calls in flight were cut, the first 5s after the pod was told to go (UNAVAILABLE); classic"
    )
    assert "(no answer)" in drained((0.25, None)).measured


GAVE_UP = Event(1.5, 1, 0, Side.SENDER, What.RESET, code=8)


def answered(told: Told | None) -> Finding:
    """The verdict on an answer that was to take three seconds, 10 times faster than the spec has it."""
    claim = Claim(Kind.ANSWERED, "it arrives", at("network"), 40_000)
    return judge.answered(claim, Long(Journal([GAVE_UP]), 0.0, 3.0, told), SETTING, 10)


def test_an_answer_that_takes_long_has_to_arrive():
    """Else whoever gave up first is named."""
    fine = answered(ANSWER)
    assert (fine.verdict, fine.value, fine.measured) == (Verdict.PROVED, 30_000, "answered after 30s")
    cut = answered(FAILED)
    assert (cut.verdict, cut.value) == (Verdict.DISPROVED, 30_000)
    assert cut.measured == (
        "the sidecar of trainers gave the request up after 15s; the call ended with UNAVAILABLE (reset) after 30s"
    )
    assert "there was no answer after 30s" in answered(None).measured


ROUTED = setting_of(
    istio={"version": "1.30"}, client=True, server=True, retries={"calls": {"attempts": 1}},
    calls=[{"from": "trainers", "to": "metadata", "deadline": "40s", "idempotent": True}],
)  # fmt: skip


def ended(
    after: float, told: Told | None = FAILED, attempts: int = 1, over: int = 1, setting: Setting = SETTING
) -> Finding:
    """The verdict on a call that was never answered, 10 times faster than the spec has it."""
    claim = Claim(Kind.ENDS, "it ends", at("network"), 40_000)
    seen = Unanswered(Journal([GAVE_UP]), 0.0, after, told, attempts, over)
    return judge.ended(claim, seen, setting, 10)


def test_a_call_that_is_never_answered_has_to_end_in_time():
    """A tenth more is this machine's delay, or half a second of its time."""
    assert [ended(after, setting=ROUTED).verdict for after in (4.0, 4.5, 4.6)] == [
        Verdict.PROVED, Verdict.PROVED, Verdict.DISPROVED,
    ]  # fmt: skip
    # Where a service config alone ends it, C-core may do so two seconds later.
    assert [ended(after).verdict for after in (4.7, 4.8)] == [Verdict.PROVED, Verdict.DISPROVED]
    assert [judge.delay(limit, 1) for limit in (2_000, 40_000)] == [500, 4_000]
    assert ended(4.0).measured == (
        "the sidecar of trainers gave the request up after 15s; the call ended with UNAVAILABLE (reset) after 40s; "
        "1 attempt, whose end the server heard of"
    )


def test_the_server_has_to_hear_of_the_end_of_each_attempt():
    """And a call that was answered, or never arrived, shows nothing."""
    assert ended(4.0, attempts=3, over=3).measured.endswith(
        "3 attempts, the end of each of which the server heard of"
    )
    late = ended(4.0, attempts=3, over=2)
    assert late.verdict is Verdict.DISPROVED
    assert late.measured.endswith("3 attempts, of which the server heard the end of 2")
    assert ended(4.0, attempts=0, over=0).verdict is Verdict.DISPROVED
    assert ended(4.0, told=ANSWER).verdict is Verdict.DISPROVED


def test_a_call_that_nobody_ends_is_disproved():
    """With how long it was waited for."""
    found = ended(11.0, told=None)
    assert (found.verdict, found.value) == (Verdict.DISPROVED, None)
    assert found.measured == "the call was still open after 1m50s, 1 attempt at metadata"
