"""Calls whose ends are grpc-go, played by grpc-go: its clamp of client keepalive, its ping policy, its own words."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from backstay.core.fact import Fact
from backstay.model.network import Runtime
from backstay.pipeline import emit
from backstay.prove.mesh import prover
from backstay.prove.mesh.prover import Job
from backstay.prove.mesh.words import Finding, Kind, Report
from backstay.prove.words import Verdict
from e2e.support.envoy import find_envoy
from e2e.support.golang import find_go
from e2e.support.missing import skip_or_fail
from support.compiler import HEADER
from support.hop_table import NONE, Row, spec, turned
from support.modelling import model
from support.proving import job_of_spec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e

SCALE = 5
CORE, GO = Runtime.CORE, Runtime.GO


@dataclass(frozen=True)
class Case:
    """Two runtimes, how often the client pings, how soon the server minds (default 5m); who forgets, and what follows."""

    name: str
    client: Runtime
    server: Runtime
    every: int
    allowed: int
    idle: str
    outcome: str


CASES = (
    Case("core pings as fast as it is told to", CORE, GO, 6, 1, "8s", "survives"),
    Case("go does not: its floor is ten seconds", GO, GO, 6, 1, "8s", "reset"),
    Case("go pings every ten seconds instead", GO, GO, 6, 1, "15s", "survives"),
    Case("a go server minds core's pings", CORE, GO, 15, 300, "60s", "goaway"),
    Case("a go server minds go's pings", GO, GO, 15, 300, "60s", "goaway"),
    Case("a core server minds go's pings", GO, CORE, 15, 300, "60s", "goaway"),
    Case("a go server's policy can be told", GO, GO, 15, 10, "60s", "survives"),
)


@pytest.fixture(scope="module")
def go_on_path() -> Iterator[None]:
    """A Go toolchain where the prover looks for it."""
    with skip_or_fail():
        find_envoy()
        go = find_go()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{go.path.parent}{os.pathsep}{os.environ['PATH']}")
        yield


def job_of(case: Case) -> Job:
    """The case's model with what the emitters make of it; no sidecars, so that both ends meet."""
    client = (
        ("grpc.keepalive_time_ms", Fact(case.every * 1000, ())),
        ("grpc.http2.max_pings_without_data", Fact(0, ())),
    )
    server = (("grpc.http2.min_ping_interval_without_data_ms", Fact(case.allowed * 1000, ())),)
    row = Row(case.name, NONE, case.outcome, server_args=server, client_args=client)
    cluster = turned(model(spec(NONE, idle=case.idle, silence="100s")), row)
    [call] = cluster.network.calls
    call = replace(
        call,
        client=replace(call.client, runtime=case.client),
        service=replace(call.service, runtime=case.server),
    )
    cluster = replace(cluster, network=replace(cluster.network, calls=(call,)))
    return Job(cluster, emit(cluster, HEADER))


@pytest.fixture(scope="module")
def reports(go_on_path: None) -> dict[str, Report]:
    """Every case, side by side."""
    done = prover.prove_all([job_of(case) for case in CASES], SCALE)
    return {case.name: report for case, report in zip(CASES, done, strict=True)}


def finding(report: Report, kind: Kind) -> Finding:
    """What was found about a kind of claim."""
    [found] = [finding for finding in report.findings if finding.claim.kind is kind]
    return found


def outcome(report: Report) -> str:
    """What became of the call, in a word."""
    if finding(report, Kind.TOLERATES).verdict is Verdict.DISPROVED:
        return "goaway"
    return "survives" if finding(report, Kind.SURVIVES).verdict is Verdict.PROVED else "reset"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_runtimes_differ_as_they_do(case: Case, reports: dict[str, Report]):
    """Nobody is a stand-in."""
    report = reports[case.name]
    assert outcome(report) == case.outcome, [found.measured for found in report.findings]
    assert report.calls[0].stand_ins == []


def test_a_go_servers_goaway_is_told_in_its_words(reports: dict[str, Report]):
    """As C-core's is."""
    said = finding(reports["a go server minds go's pings"], Kind.TOLERATES).measured
    assert said.startswith("GOAWAY too_many_pings")


def test_every_stream_and_trial_works_with_go(go_on_path: None):
    """Unary, both ways and either; silence, a dead peer, attempts, the end of a pod and of the time that a call has."""
    silent = {
        "from": "trainers",
        "to": "features",
        "silentFor": "10m",
        "detectDeadPeerIn": "2m",
        "deadline": "1h",
        "idempotent": False,
    }
    job = job_of_spec(
        clients={"trainers": {"runtime": "go", "sidecar": True}},
        services={
            "features": {
                "host": "features.prod.svc.cluster.local", "port": 9000, "portName": "grpc-api", "protocol": "grpc",
                "runtime": "go", "labels": {"app": "features"}, "workload": {"name": "features"},
            },
        },
        calls=[{**silent, "stream": stream} for stream in ("none", "server", "client", "both")],
        retries={"maxAttempts": 12}, termination={"drain": {"longestRequest": "60s"}},
    )  # fmt: skip
    [report] = prover.prove_all([job])
    assert {call.index for call in report.calls} == {0, 1, 2, 3}
    assert {found.claim.kind for found in report.findings} == set(Kind)
    assert [found for found in report.findings if found.verdict is not Verdict.PROVED] == []
    assert [call.stand_ins for call in report.calls] == [[], [], [], []]


def drained(job: Job) -> Report:
    """The quickest trial there is."""
    [report] = prover.prove_all([job])
    return report


QUICK = {
    "clients": {"trainers": {"runtime": "go", "sidecar": False}},
    "calls": [{"from": "trainers", "to": "metadata"}],
    "retries": {"maxAttempts": 12},
}


def test_the_peer_is_built_once_and_nothing_else_is_left(
    go_on_path: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """In the user's cache folder; progress is told when it has to be built."""
    known = subprocess.run(
        ["go", "env", "GOCACHE"], capture_output=True, text=True, check=True
    ).stdout.strip()
    monkeypatch.setenv("GOCACHE", known)  # Go keeps what it compiled below the same folder
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    said: list[str] = []
    for _ in range(2):
        prover.prove_all([job_of_spec(**QUICK)], None, said.append)
    assert [line for line in said if "building the Go peer" in line] == [said[0]]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["peer"]


@pytest.mark.parametrize(
    ("go", "reason"),
    [
        (None, "there is no Go toolchain on PATH"),
        ("echo go9.9\n[ $1 = env ] || { echo 'no network' >&2; exit 1; }", "cannot be built: no network"),
    ],
)
def test_without_go_core_stands_in(
    go: str | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """And the report says so, with the reason."""
    if go is not None:
        (tmp_path / "go").write_text(f"#!/bin/sh\n{go}\n")
        (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    [note] = drained(job_of_spec(**QUICK)).calls[0].stand_ins
    assert note.startswith("trainers is played by gRPC core, not go: ")
    assert reason in note
