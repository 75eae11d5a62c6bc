"""What is claimed of a call, at which line, and what is not tried for which reason; and how fast trials may go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.core.fact import Fact
from backstay.core.manifest import Role
from backstay.model.hop import Refresh, Side
from backstay.model.network import Keepalive, Runtime
from backstay.pipeline import emit
from backstay.prove.mesh.claims import claims, untried, untried_call
from backstay.prove.mesh.gopeer import GoPeer
from backstay.prove.mesh.objects import Emitted
from backstay.prove.mesh.pace import deadline_pace, drain_pace, notice_pace, retry_pace, silence_pace
from backstay.prove.mesh.setting import Setting
from backstay.prove.mesh.words import Kind
from support.compiler import HEADER
from support.hop_table import BOTH, NONE, Row, spec, turned
from support.modelling import model
from support.proving import CALL, setting_of

MESH = {"version": "1.30"}
DRAIN = {"drain": {"longestRequest": "90s"}}
CLUSTER = model(spec(BOTH))
ALL_KINDS = [Kind.SURVIVES, Kind.NOTICES, Kind.NOTICES, Kind.TOLERATES, Kind.BOUNDED, Kind.DRAINS]


def reason(setting: Setting, kind: Kind, scale: int = 1) -> str | None:
    """Why the first claim of a kind is not tried."""
    return next(untried(claim, setting, scale) for claim in claims(setting) if claim.kind is kind)


def test_every_promise_is_a_claim_at_its_line():
    """In the words of the spec."""
    setting = setting_of(istio=MESH, client=True, server=True, retries={"maxAttempts": 12}, termination=DRAIN)
    found = claims(setting)
    assert [claim.kind for claim in found] == ALL_KINDS
    assert [claim.place.path for claim in found] == [
        "network.calls[0].silentFor",
        "network.calls[0].detectDeadPeerIn",
        "network.calls[0].detectDeadPeerIn",
        "network.calls[0].silentFor",
        "retries.maxAttempts",
        "termination.drain.longestRequest",
    ]
    assert found[0].words == "the call works after 1h of silence through box"
    assert found[1].words == "the sidecar of trainers notices within 2m that the sidecar of metadata is dead"
    assert (
        found[2].words
        == "the sidecar of trainers notices within 2m that the network to the sidecar of metadata is gone"
    )
    assert [claim.severed for claim in found[1:3]] == [False, True]


def test_what_is_not_promised_is_not_claimed():
    """A call that the spec says nothing about."""
    setting = setting_of(istio=MESH, calls=[{"from": "trainers", "to": "metadata"}])
    assert claims(setting) == []


def test_each_end_that_pings_in_time_has_to_notice():
    """Where the server waits for its clients it pings as well."""
    setting = setting_of(istio=MESH, client=True, server=True, calls=[{**CALL, "stream": "client"}])
    assert {claim.side for claim in claims(setting) if claim.kind is Kind.NOTICES} == set(Side)


def test_attempts_are_bounded_by_each_line_that_bounds_them():
    """And a call that must not run twice is promised once."""
    retries = {"maxAttempts": 12, "calls": {"attempts": 3}}
    setting = setting_of(
        istio=MESH, client=True, server=True, retries=retries, calls=[{**CALL, "idempotent": False}]
    )
    bounded = [claim for claim in claims(setting) if claim.kind in {Kind.ONCE, Kind.BOUNDED}]
    assert [(claim.kind, claim.limit, claim.place.path) for claim in bounded] == [
        (Kind.ONCE, 1, "network.calls[0].idempotent"),
        (Kind.BOUNDED, 3, "retries.calls.attempts"),
        (Kind.BOUNDED, 12, "retries.maxAttempts"),
    ]  # fmt: skip


def test_waits_between_tries_pass_no_faster_than_they_have_to():
    """Half a minute before the first retry is not waited for."""
    slow = {"maxAttempts": 12, "calls": {"attempts": 3, "initial": "30s"}}
    assert retry_pace(setting_of(istio=MESH, client=True, server=True, retries=slow)) == 300
    assert retry_pace(setting_of(istio=MESH, client=True, server=True)) == 1


def test_a_deadline_is_the_longest_call_where_nothing_else_is_said():
    """At its own line; a server outside of the cluster ends as it likes."""
    known = setting_of(istio=MESH, calls=[{"from": "trainers", "to": "metadata", "deadline": "40s"}])
    drains = [one for one in claims(known) if one.kind is Kind.DRAINS]
    assert [(one.limit, one.place.path) for one in drains] == [(40_000, "network.calls[0].deadline")]
    away = {"away": {"host": "api.example.com", "port": 443, "protocol": "grpc"}}
    call = {"from": "trainers", "to": "away", "deadline": "40s"}
    assert {one.kind for one in claims(setting_of(istio=MESH, services=away, calls=[call]))} == DEADLINE


DEADLINE = {Kind.ANSWERED, Kind.ENDS}
QUOTES = {
    "quotes": {"host": "quotes.prod.svc.cluster.local", "port": 9000, "protocol": "grpc", "runtime": "core"},
    "web": {"host": "web.prod.svc.cluster.local", "port": 80, "protocol": "http"},
    "db": {"preset": "mysql", "host": "db.data.svc.cluster.local"},
}
TIMED = {"from": "trainers", "to": "quotes", "deadline": "40s", "idempotent": True}
THRICE = {"calls": {"attempts": 3, "initial": "50ms"}}


def timed(*calls: dict[str, object], sidecar: bool = True, **more: object) -> Setting:
    """The first of some calls to a service with a deadline."""
    clients = {"trainers": {"sidecar": sidecar, "runtime": "core"}}
    return setting_of(istio=MESH, services=QUOTES, clients=clients, calls=[*calls], **more)


def on_deadline(setting: Setting) -> list[tuple[Kind, int | None, str]]:
    """The claims on a deadline."""
    return [(one.kind, one.limit, one.words) for one in claims(setting) if one.kind in DEADLINE]


def test_a_deadline_is_promised_from_both_sides():
    """Nobody ends the call sooner, and somebody does then."""
    assert on_deadline(timed(TIMED)) == [
        (Kind.ANSWERED, 40_000, "an answer that takes almost 40s, its deadline, still arrives"),
        (Kind.ENDS, 40_000, "a call that quotes never answers ends within 40s for its caller, and for quotes with it"),
    ]  # fmt: skip
    assert on_deadline(timed({"from": "trainers", "to": "quotes"})) == []
    assert on_deadline(timed({"from": "trainers", "to": "db", "deadline": "40s"})) == []


def test_an_answer_may_take_no_longer_than_a_try_or_a_silence():
    """Where the route gives a try less than the deadline; and a request is silent for as long as it takes."""
    tried, _ = on_deadline(timed(TIMED, retries=THRICE))
    assert tried[1:] == (12_000, "an answer that takes almost 12s, all that one try gets, still arrives")
    silent, _ = on_deadline(timed({**TIMED, "silentFor": "30s"}))
    assert silent[1:] == (30_000, "an answer that takes almost 30s, the longest silence, still arrives")
    stream, _ = on_deadline(timed({**TIMED, "silentFor": "30s", "stream": "server"}))
    assert stream[1] == 40_000


def test_what_ends_no_call_at_its_deadline_is_not_tried():
    """Only the caller's program knows it then."""
    nobody = timed({**TIMED, "to": "web"}, sidecar=False)
    assert reason(nobody, Kind.ENDS) == (
        "nothing that is emitted ends it: only the program of trainers knows its deadline"
    )
    shared = timed(TIMED, {**TIMED, "deadline": "2m"})
    assert reason(shared, Kind.ENDS) == (
        "what is emitted ends a call to quotes after 2m, as others may take so long: only the program of trainers "
        "knows this deadline"
    )
    assert reason(timed(TIMED), Kind.ENDS) is None
    assert reason(timed({**TIMED, "to": "web"}, retries=THRICE), Kind.ENDS) is None


@pytest.mark.parametrize(
    ("config", "is_tried"),
    [
        ('{"methodConfig": [{"name": [{}], "timeout": "40s"}]}', True),
        ('{"methodConfig": [{"name": [{"service": "a.B"}], "timeout": "40s"}]}', False),
        ('{"methodConfig": "x"}', False),
    ],
)
def test_a_service_config_of_the_specs_own_ends_calls_as_well(config, is_tried):
    """By its timeout for every method."""
    pin = {"quotes": {"clientArguments": {"grpc.service_config": config}}}
    assert (reason(timed(TIMED, overrides=pin), Kind.ENDS) is None) is is_tried


def test_an_answer_whose_time_cannot_be_told_is_not_tried():
    """Streams that may be silent for who knows how long, and what a busy machine takes anyway."""
    assert "state `silentFor`" in reason(timed({**TIMED, "stream": "both"}), Kind.ANSWERED)
    assert "500ms cannot be told apart" in reason(timed({**TIMED, "deadline": "500ms"}), Kind.ANSWERED)
    assert reason(timed({**TIMED, "deadline": "600ms"}), Kind.ANSWERED) is None
    assert "1h of a call would take 30m" in reason(timed({**TIMED, "deadline": "1h"}), Kind.ANSWERED, 2)


@pytest.mark.parametrize(("deadline", "pace"), [("2s", 1), ("40s", 10), ("1h", 900), ("3h", 133)])
def test_a_deadline_passes_as_fast_as_its_margin_allows(deadline, pace):
    """A tenth of it is four hundred milliseconds then; after two hours the server pings, and waits for an answer."""
    setting = timed({**TIMED, "deadline": deadline})
    [limit] = [one.limit for one in claims(setting) if one.kind is Kind.ENDS]
    assert deadline_pace(setting, limit) == pytest.approx(pace, rel=0.1)


def test_a_drain_that_takes_too_long_is_said():
    """With how long it would take."""
    setting = setting_of(istio=MESH, termination={"drain": {"longestRequest": "1h"}})
    assert "1h of a call would take 30m at this scale (2x)" in reason(setting, Kind.DRAINS, 2)
    assert reason(setting, Kind.DRAINS, 100) is None


@pytest.mark.parametrize(
    ("istio", "longest", "most"), [("1.26", 90_000, 283), ("1.26", 6_000, 3), ("1.30", 31_000, 3)]
)
def test_a_drain_is_not_hurried_past_what_can_be_told_apart(istio, longest, most):
    """The end of the drain, or of the grace period, and the end of the longest call."""
    setting = setting_of(istio={"version": istio}, server=True)
    kept = [one for one in setting.emitted.settled if one.role is not Role.PATCH]
    assert 1 <= drain_pace(Setting(Emitted(setting.emitted.cluster, kept), setting.call), longest) <= most


def call_reason(**network: object) -> str | None:
    """Why nothing about a call is tried."""
    setting = setting_of(**{"istio": MESH, **network})
    return untried_call(setting.call)


def test_what_cannot_be_played_is_said():
    """Ambient meshes, machines that end connections, boxes that tell PINGs from data, uploads over HTTP/1.1."""
    assert call_reason() is None
    ambient = {"version": "1.31", "dataPlane": "ambient"}
    assert "ambient: not tried here" in call_reason(istio=ambient, clients={}, services={"metadata": {}})
    assert call_reason(istio=ambient) is None
    assert "box box ends connections itself" in call_reason(
        boxes={"box": {"preset": "aws-alb", "idle": "4000s"}}
    )
    assert "does not count PINGs" in call_reason(boxes={"box": {"idle": "300s", "refreshedBy": ["data"]}})
    web = {"web": {"host": "web.prod.svc.cluster.local", "port": 80, "protocol": "http"}}
    assert call_reason(services=web, calls=[{**CALL, "to": "web"}]) is None
    upload = call_reason(services=web, calls=[{**CALL, "to": "web", "stream": "client"}])
    assert upload == "HTTP/1.1 answers whole requests: streams of its callers are not played here"


def test_a_silence_that_takes_too_long_is_said():
    """With how long it would take."""
    setting = setting_of(istio=MESH, server=True)
    assert "1h of silence would take 30m at this scale (2x)" in reason(setting, Kind.SURVIVES, 2)
    assert reason(setting, Kind.SURVIVES, 100) is None


def pinging(*arguments: tuple[str, int]) -> Setting:
    """A client without a sidecar that pings its server as told."""
    row = Row("", NONE, "", client_args=tuple((name, Fact(value, ())) for name, value in arguments))
    cluster = turned(model(spec(NONE)), row)
    return Setting(Emitted(cluster, emit(cluster, HEADER)), cluster.network.calls[0])


def test_pings_that_core_throttles_by_the_minute_cannot_be_hurried():
    """In real time they can be tried."""
    throttled = pinging(("grpc.keepalive_time_ms", 1000))
    free = pinging(("grpc.keepalive_time_ms", 2000), ("grpc.http2.max_pings_without_data", 0))
    assert "one ping a minute" in reason(throttled, Kind.SURVIVES, 2)
    assert reason(throttled, Kind.SURVIVES, 1) is None
    assert reason(free, Kind.SURVIVES, 2) is None


def test_core_clients_send_no_two_pings_within_a_second():
    """Of real time: what stands in for Go's client is under the same limit, and Go's own is not."""
    free = pinging(("grpc.keepalive_time_ms", 2000), ("grpc.http2.max_pings_without_data", 0))
    assert silence_pace(free) <= 2
    assert "at most one ping a second, and 2s would pass in less; try `--scale 2`" in reason(
        free, Kind.SURVIVES, 3
    )
    go = replace(free.call, client=replace(free.call.client, runtime=Runtime.GO))
    assert reason(Setting(free.emitted, go, GoPeer(Path("go"))), Kind.SURVIVES, 3) is None


def test_what_only_tcp_probes_notice_is_not_tried():
    """A stopped process does not stop its kernel."""
    probes = {"version": "1.30", "tcpKeepalive": {"time": "10s", "interval": "5s", "probes": 3}}
    setting = setting_of(istio=probes, client=True, server=True)
    only = tuple(pinger for pinger in setting.hop.pingers if pinger.how is Refresh.TCP_PROBE)
    hops = tuple(replace(hop, pingers=only) if hop.crosses else hop for hop in setting.call.hops)
    unpinged = Setting(setting.emitted, replace(setting.call, hops=hops))
    assert reason(setting, Kind.NOTICES) is None
    assert "only TCP keepalive probes notice in time" in reason(unpinged, Kind.NOTICES)


@pytest.mark.parametrize(
    "pace", [silence_pace, lambda setting: notice_pace(setting, setting.pingers[0].side)]
)
def test_a_call_without_promises_is_not_hurried(pace):
    """There is nothing to wait for."""
    setting = setting_of(istio=MESH, server=True, client=True)
    bare = Setting(setting.emitted, replace(setting.call, silence=None, detect=None))
    assert pace(bare) == 1


@given(
    idle=st.integers(60_000, 7_200_000), silence=st.integers(1_000, 86_400_000),
    interval=st.integers(10_000, 3_600_000), timeout=st.integers(10_000, 60_000),
)  # fmt: skip
def test_no_margin_of_a_trial_is_finer_than_a_busy_machine(idle, silence, interval, timeout):
    """After division, a timeout is 150 ms at least, and a ping comes 200 ms before a box forgets, or after."""
    row = Row("", BOTH, "", upstream=Keepalive(Fact(interval, ()), Fact(timeout, ())))
    cluster = turned(CLUSTER, row)
    [call] = cluster.network.calls
    box = replace(call.crossings[0].boxes[0], idle=Fact(idle, ()))
    hops = tuple(replace(hop, boxes=(box,)) if hop.crosses else hop for hop in call.hops)
    setting = Setting(Emitted(cluster, ()), replace(call, hops=hops, silence=Fact(silence, ())))
    scale = silence_pace(setting)
    assert scale >= 1
    assert scale == 1 or timeout / scale >= 150
    assert scale == 1 or abs(idle - setting.pingers[0].longest_gap) / scale >= 200
