"""`backstay prove mesh` with everything real but the wires: the table of who keeps a silent stream open, both ways."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from backstay.core.fact import Fact, Origin, OriginKind
from backstay.core.manifest import Role, Settled
from backstay.pipeline import emit
from backstay.prove.mesh import prover
from backstay.prove.mesh.prover import Job
from backstay.prove.mesh.words import Kind, Report
from backstay.prove.words import Verdict
from backstay.upstream import grpc
from e2e.support.envoy import find_envoy
from e2e.support.missing import skip_or_fail
from support.compiler import HEADER
from support.hop_table import BOTH, NONE, PINGS, ROWS, Row, spec, turned
from support.istio import envoy_filter, keepalive_patch
from support.modelling import model
from support.proving import job_of_spec, without

pytestmark = pytest.mark.e2e

UPSTREAM_BY_RULE = Row("the client sidecar's cluster, by a DestinationRule", BOTH, "survives", upstream=PINGS)
TABLE = (*ROWS, UPSTREAM_BY_RULE)
PROMISES = {
    "from": "trainers", "to": "metadata", "via": ["box"], "silentFor": "20m",
    "detectDeadPeerIn": "2m", "idempotent": False, "deadline": "40s",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    with skip_or_fail():
        find_envoy()


def job_of(row: Row) -> Job:
    """A row's model with what the emitters make of it, and the object that none of them would write."""
    cluster = turned(model(spec(row.sidecars, istio="1.31" if row is UPSTREAM_BY_RULE else "1.30")), row)
    settled = emit(cluster, HEADER)
    if row.own_app is not None:
        own = envoy_filter(
            "own-app", keepalive_patch("SIDECAR_OUTBOUND", seconds=1), namespace="istio-system"
        )
        settled = (*settled, Settled("own.yaml", Role.OBJECT, own, {}, Origin(OriginKind.FIXED, "test")))
    return Job(cluster, settled)


SERVER, FILTERS = "server", "EnvoyFilter"
"""What is taken away or put in: the server's patch, and EnvoyFilters; the callers' ConfigMap by its kind."""
NEEDS = {
    "both connection managers": FILTERS,
    "the client sidecar's cluster": FILTERS,
    "the client sidecar's cluster, by a DestinationRule": "DestinationRule",
    "server arguments, no sidecars": SERVER,
    "client without sidecar: the server's connection manager": FILTERS,
    "client without sidecar: client arguments": "ConfigMap",
}
"""What keeps the stream open in the rows that survive: without it they do not."""
MENDED_BY = {
    "nothing": "the client sidecar's cluster",
    "the client sidecar's connection manager": "the client sidecar's cluster",
    "server arguments, with sidecars": "the client sidecar's cluster",
    "all arguments, with sidecars": "the client sidecar's cluster",
    "client arguments, no sidecars, default server": "a server that allows pings",
    "client without sidecar: nothing": "client without sidecar: the server's connection manager",
    "client without sidecar: server arguments": "client without sidecar: the server's connection manager",
}
"""Whose objects the rows that do not survive need."""
TOLERANT = Row("a server that allows pings", NONE, "", server_args=((grpc.MIN_PING_INTERVAL, Fact(500, ())),))


def is_a(one: Settled, what: str) -> bool:
    """Whether an object is of a kind, or the server's patch."""
    return one.ref.kind == ("Deployment" if what == SERVER else what)


def the_other_way(row: Row) -> Job:
    """A row that survives without what keeps it; any other with the objects of one that does, its own in place."""
    job = job_of(row)
    if row.name in NEEDS:
        kept = [one for one in job.settled if not is_a(one, NEEDS[row.name])]
        assert len(kept) < len(job.settled)
        return replace(job, settled=kept)
    by = MENDED_BY[row.name]
    what = SERVER if by == TOLERANT.name else FILTERS
    donor = next(one for one in (*TABLE, TOLERANT) if one.name == by)
    more = [one for one in job_of(donor).settled if is_a(one, what)]
    assert more
    kept = [one for one in job.settled if what == FILTERS or not is_a(one, what)]
    return replace(job, settled=[*kept, *more])


BOXES = {"box": {"idle": "300s"}}
PROBES = {"tcpKeepalive": {"time": "10s", "interval": "5s", "probes": 3}}
SIDECAR = {"trainers": {"sidecar": True, "runtime": "core"}}
KEPT = {
    "retries": {"maxAttempts": 12},
    "termination": {"drain": {"longestRequest": "20s"}},
    "boxes": BOXES,
    "clients": SIDECAR,
    "calls": [PROMISES],
}
SILENT = {**PROMISES, "detectDeadPeerIn": None}
DATABASE = {"db": {"preset": "mysql", "host": "db.data.svc.cluster.local", "sidecar": False}}
TO_DATABASE = {"from": "trainers", "to": "db", "via": ["box"], "silentFor": "20m"}
NO_PROBES = {"preset": "firewall-no-probes", "idle": "300s"}


@dataclass(frozen=True)
class Proofs:
    """What the trials of this module showed, each made once and all of them side by side."""

    rows: dict[str, Report]
    turned: dict[str, Report]
    broken: Report
    unprobed: Report
    sound: Report
    probed: Report
    database: Report


@pytest.fixture(scope="module")
def proofs() -> Proofs:
    """The table's rows, a sound cluster and the same with a broken overlay, and boxes that only TCP probes refresh."""
    sound = job_of_spec(**KEPT)
    only_probes = {"clients": SIDECAR, "calls": [SILENT], "istio": PROBES}
    probed = job_of_spec(boxes=BOXES, **only_probes)
    unprobed = without(job_of_spec(boxes={"box": NO_PROBES}, **only_probes), "EnvoyFilter")
    database = job_of_spec(boxes=BOXES, clients=SIDECAR, services=DATABASE, calls=[TO_DATABASE], istio=PROBES)
    longest_first = [without(sound, "EnvoyFilter"), unprobed, sound, probed, database]
    jobs = [*map(job_of, TABLE), *map(the_other_way, TABLE)]
    done = prover.prove_all([*longest_first, *jobs])
    apart = len(longest_first), len(longest_first) + len(TABLE)
    rows, turned = (by_row(some) for some in (done[apart[0] : apart[1]], done[apart[1] :]))
    return Proofs(rows, turned, *done[: apart[0]])


def by_row(reports: list[Report]) -> dict[str, Report]:
    """Reports by the name of their row."""
    return {row.name: report for row, report in zip(TABLE, reports, strict=True)}


def outcome(report: Report) -> str:
    """The table's word for what a report says."""
    verdicts = {finding.claim.kind: finding for finding in report.findings}
    if verdicts[Kind.TOLERATES].verdict is Verdict.DISPROVED:
        return "goaway"
    survived = verdicts[Kind.SURVIVES]
    return {Verdict.PROVED: "survives", Verdict.DISPROVED: "reset"}[survived.verdict]


def verdicts(report: Report) -> dict[Kind, Verdict]:
    """The verdict on each kind of claim of a cluster with one call."""
    return {finding.claim.kind: finding.verdict for finding in report.findings}


def measured(report: Report, kind: Kind) -> str:
    """What was seen of a kind of claim."""
    found = [finding.measured for finding in report.findings if finding.claim.kind is kind]
    return found[0]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_row_of_the_table_comes_out_as_it_was_measured(row: Row, proofs: Proofs):
    """Run for real: 6 s of silence through a box that forgets after 2 s."""
    assert outcome(proofs.rows[row.name]) == row.outcome


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_row_comes_out_the_other_way_when_its_overlay_is_broken_or_mended(row: Row, proofs: Proofs):
    """The same call, the same box; only what was emitted differs."""
    found = outcome(proofs.turned[row.name])
    assert found == ("reset" if row.outcome == "survives" else "survives")


@pytest.mark.parametrize("row", [row for row in TABLE if row.outcome == "reset"], ids=lambda row: row.name)
def test_a_reset_is_put_down_to_the_box(row: Row, proofs: Proofs):
    """And to nothing else: the connection was fine until then."""
    said = measured(proofs.rows[row.name], Kind.SURVIVES)
    assert said.startswith("box box forgot the connection 2")
    assert "; the call ended with " in said


def test_a_goaway_is_put_down_to_the_pings(proofs: Proofs):
    """The report has the server's own word for it."""
    report = proofs.rows["client arguments, no sidecars, default server"]
    assert measured(report, Kind.TOLERATES).startswith("GOAWAY too_many_pings")
    assert "metadata sent GOAWAY too_many_pings" in measured(report, Kind.SURVIVES)


def test_what_the_compiler_emits_keeps_every_promise(proofs: Proofs):
    """A claim of each kind, at a pace that is stated."""
    assert verdicts(proofs.sound) == dict.fromkeys(Kind, Verdict.PROVED)
    counted = {Kind.BOUNDED, Kind.ONCE}
    assert all(found.scale > 1 for found in proofs.sound.findings if found.claim.kind not in counted)


def test_a_broken_overlay_is_disproved(proofs: Proofs):
    """The model still counts on pings that the overlay no longer asks for."""
    found = verdicts(proofs.broken)
    assert found.pop(Kind.SURVIVES) is Verdict.DISPROVED
    assert found.pop(Kind.NOTICES) is Verdict.DISPROVED
    assert set(found.values()) == {Verdict.PROVED}
    assert "was still open after" in measured(proofs.broken, Kind.NOTICES)


def test_tcp_probes_keep_a_box_that_counts_them(proofs: Proofs):
    """The mesh's own tcpKeepalive, on the sockets of a real Envoy."""
    assert verdicts(proofs.probed)[Kind.SURVIVES] is Verdict.PROVED
    assert "TCP segments without data" in measured(proofs.probed, Kind.SURVIVES)


def test_tcp_probes_are_nothing_to_a_box_that_does_not_count_them(proofs: Proofs):
    """The same probes, another box."""
    assert verdicts(proofs.unprobed)[Kind.SURVIVES] is Verdict.DISPROVED


def test_a_database_connection_lives_on_probes_as_well(proofs: Proofs):
    """Plain bytes through a sidecar's tcp_proxy; that both ends are stand-ins is said."""
    [call] = proofs.database.calls
    assert verdicts(proofs.database) == {Kind.SURVIVES: Verdict.PROVED}
    assert call.stand_ins == ["both ends exchange bytes, not mysql"]
