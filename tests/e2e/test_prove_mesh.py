"""`backstay prove mesh` with everything real but the wires: the table of who keeps a silent stream open, and faults."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from backstay.core.fact import Origin, OriginKind
from backstay.core.failure import CannotTell
from backstay.core.manifest import Role, Settled
from backstay.pipeline import emit
from backstay.prove.mesh import prover
from backstay.prove.mesh.chain import chain
from backstay.prove.mesh.envoy import envoy, reserved_port
from backstay.prove.mesh.prover import Job
from backstay.prove.mesh.setting import settings
from backstay.prove.mesh.words import Kind, Report
from backstay.prove.words import Verdict
from e2e.support.envoy import find_envoy
from e2e.support.missing import skip_or_fail
from support.compiler import HEADER
from support.hop_table import BOTH, PINGS, ROWS, Row, spec, turned
from support.istio import envoy_filter, keepalive_patch
from support.modelling import model
from support.proving import job_of_spec, without
from support.repository import REPO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

pytestmark = pytest.mark.e2e

UPSTREAM_BY_RULE = Row("the client sidecar's cluster, by a DestinationRule", BOTH, "survives", upstream=PINGS)
TABLE = (*ROWS, UPSTREAM_BY_RULE)
PROMISES = {
    "from": "trainers", "to": "metadata", "via": ["box"], "silentFor": "20m",
    "detectDeadPeerIn": "2m",
}  # fmt: skip
LIMIT_SECONDS = 120


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


BOXES = {"box": {"idle": "300s"}}
PROBES = {"tcpKeepalive": {"time": "10s", "interval": "5s", "probes": 3}}
SIDECAR = {"trainers": {"sidecar": True}}
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
    done = prover.prove_all([*longest_first, *(job_of(row) for row in TABLE)])
    rows = {row.name: report for row, report in zip(TABLE, done[len(longest_first) :], strict=True)}
    return Proofs(rows, *done[: len(longest_first)])


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
    [found] = [finding.measured for finding in report.findings if finding.claim.kind is kind]
    return found


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_row_of_the_table_comes_out_as_it_was_measured(row: Row, proofs: Proofs):
    """Run for real: 6 s of silence through a box that forgets after 2 s."""
    assert outcome(proofs.rows[row.name]) == row.outcome


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
    assert all(
        finding.scale > 1 for finding in proofs.sound.findings if finding.claim.kind is not Kind.BOUNDED
    )


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


def backstay(*arguments: str, folder: Path, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """The command line, running."""
    return subprocess.Popen(
        [sys.executable, "-m", "backstay", *arguments], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **(env or {})},
    )  # fmt: skip


def test_an_example_cluster_is_proved_from_the_command_line(tmp_path: Path):
    """JSON at the spec's lines, a picture a call, exit code 0, and no file left over."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    running = backstay(
        "prove", "mesh", "--cluster", "legacy", "--format", "json", "--picture", str(tmp_path / "pictures"),
        folder=REPO, env={"TMPDIR": str(scratch)},
    )  # fmt: skip
    out, err = running.communicate(timeout=LIMIT_SECONDS)
    assert running.returncode == 0, err
    report = json.loads(out)
    claims = report["clusters"][0]["calls"][0]["claims"]
    assert report["version"] == 1
    assert {claim["verdict"] for claim in claims} == {"proved"}
    assert {claim["place"]["file"] for claim in claims} == {"specs/clusters/legacy.yaml"}
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == [
        "legacy-0-pipeline-steps-to-metadata.svg"
    ]
    assert list(scratch.iterdir()) == []


def marked(mark: str) -> set[int]:
    """The processes that carry a mark in their environment."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in path.read_bytes():
                found.add(int(path.parent.name))
        except OSError:
            continue
    return found


def until(probe: Callable[[], bool]) -> None:
    """Wait for something that takes moments; fails when it takes long."""
    give_up = time.monotonic() + 30
    while not probe():
        assert time.monotonic() < give_up
        time.sleep(0.1)


@pytest.fixture
def interrupted(tmp_path: Path) -> Iterator[Callable[[signal.Signals], tuple[int, str]]]:
    """A function that starts a proof, signals it when its children run, and waits for its end: code and words."""
    mark = uuid4().hex

    def interrupt(number: signal.Signals) -> tuple[int, str]:
        env = {"BACKSTAY_TEST_MARK": mark, "TMPDIR": str(tmp_path)}
        running = backstay("prove", "mesh", "--cluster", "legacy", folder=REPO, env=env)
        until(lambda: len(marked(mark)) >= 4)  # itself, two peers and an Envoy
        running.send_signal(number)
        _, err = running.communicate(timeout=30)
        until(lambda: not marked(mark))
        return running.returncode, err

    yield interrupt
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_proof_leaves_nothing_behind(interrupted: Callable):
    """Neither processes nor files; and it says that it was interrupted."""
    code, err = interrupted(signal.SIGINT)
    assert code == 130
    assert "interrupted" in err


def test_a_killed_proof_leaves_no_processes(interrupted: Callable):
    """The kernel ends the children of a prover that had no chance to."""
    assert interrupted(signal.SIGKILL)[0] == -signal.SIGKILL


def test_a_child_that_dies_is_named():
    """In the middle of a trial: no verdict, and no waiting for one."""
    [setting] = settings(*_parts(job_of_spec(**KEPT)))

    async def trial() -> None:
        async with chain(setting, 10, asyncio.Semaphore(1)) as running:
            dying = running.children[0]
            os.kill(dying._process.pid, signal.SIGKILL)
            await running.watched(asyncio.sleep(30))

    with pytest.raises(CannotTell, match=r"the sidecar of trainers died \(signal 9\)"):
        asyncio.run(trial())


def _parts(job: Job) -> tuple[Any, Sequence[Settled]]:
    return job.cluster, job.settled


LISTENER: dict[str, Any] = {"name": "any", "filter_chains": [{}]}


def started(port: int, listener: dict[str, Any]) -> None:
    """Start an Envoy with one listener on a port."""

    async def start() -> None:
        address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
        config = {"static_resources": {"listeners": [{**listener, "address": address}]}}
        async with envoy("the sidecar of web", port, lambda _: config):
            pass

    asyncio.run(start())


def test_a_port_that_is_taken_is_named():
    """By a program that does not share it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(CannotTell, match=f"the sidecar of web cannot have port {port} of 127.0.0.1"):
            started(port, LISTENER)


def test_a_configuration_that_envoy_refuses_is_told_in_its_words():
    """With the name of the sidecar that it was for."""
    with (
        reserved_port() as port,
        pytest.raises(CannotTell, match=r"the sidecar of web did not start: .*no_such_field"),
    ):
        started(port, {**LISTENER, "no_such_field": 1})
