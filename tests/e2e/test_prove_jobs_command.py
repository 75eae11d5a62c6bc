"""`backstay prove jobs` from a spec to verdicts, and how it ends when it is disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from support.repository import REPO
from support.specs import delivered

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.e2e

LIMIT_SECONDS = 600
STARTED_SECONDS = 120
COMMON = {"namespace": "team-a", "memory": "4Gi", "runsFor": "1h", "retryOn": ["disruption", "failure"]}
BY_KUEUE = {
    "ranker": {"kind": "pytorchjob", "replicas": 2, "attempts": 3, **COMMON},
    "report": {"kind": "job", "attempts": 2, **COMMON},
}
BY_REPAIR = {
    "vision": {"kind": "trainjob", "replicas": 2, "attempts": 2, **COMMON},
    "sweep": {"kind": "jobset", "replicas": 2, "attempts": 2, **COMMON},
}


def spec(name: str, strategy: str, workloads: dict[str, Any]) -> dict[str, Any]:
    """A cluster with the releases that are played here."""
    return {
        "apiVersion": "backstay.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name, "owner": "ml"},
        "platform": {
            "kubernetes": "1.36", "trainer": "2.3", "trainingOperator": "1.9", "jobset": "0.12", "kueue": "0.18",
        },
        "termination": {"nodeLoss": {"recoverIn": "15m", "strategy": strategy, "restartSafe": ["team-a/*"]}},
        "memory": {
            "pools": {"cpu": {"nodes": 4, "capacity": "32Gi"}}, "budgets": {"team-a": "64Gi"},
        },
        "workloads": workloads,
        "gitops": delivered("../../bases/kfp"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of two clusters: one that Kueue recovers, one whose nodes are repaired."""
    folder = tmp_path_factory.mktemp("repository")
    clusters = folder / "specs" / "clusters"
    clusters.mkdir(parents=True)
    for value in (
        spec("kueue", "kueue-failure-recovery", BY_KUEUE),
        spec("repair", "self-node-remediation", BY_REPAIR),
    ):
        (clusters / f"{value['metadata']['name']}.yaml").write_text(json.dumps(value))
    return folder


def command(specs: Path, components: Path, *more: str) -> list[str]:
    """The command line of a proof."""
    return [
        sys.executable, "-m", "backstay", "prove", "specs", "jobs", "--components", str(components), *more
    ]  # fmt: skip


def environment(folder: Path) -> dict[str, str]:
    """Ours, with temporary files in a folder that can be looked into afterwards."""
    return {**os.environ, "PYTHONPATH": str(REPO / "generator"), "TMPDIR": str(folder)}


@pytest.fixture(scope="module")
def proof(
    specs: Path, components: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, dict[str, Any], Path, Path]:
    """What the command says of both clusters: exit code, report, pictures, and the folder of temporary files."""
    temporary, pictures = tmp_path_factory.mktemp("tmp"), tmp_path_factory.mktemp("pictures")
    done = subprocess.run(
        command(specs, components, "--format", "json", "--picture", str(pictures)),
        cwd=specs, env=environment(temporary), capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), pictures, temporary


def claims(report: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The claims of a sort, by workload."""
    return {
        workload["workload"]: claim
        for cluster in report["clusters"]
        for workload in cluster["workloads"]
        for claim in workload["claims"]
        if claim["claim"] == kind
    }


def test_nothing_that_the_specs_promise_is_disproved(proof):
    """Every kind of workload, recovered by Kueue or by a repaired node; every claim was tried."""
    code, report, _, _ = proof
    bad = [
        (w["workload"], c["words"], c["measured"])
        for cluster in report["clusters"] for w in cluster["workloads"] for c in w["claims"]
        if c["verdict"] != "proved"
    ]  # fmt: skip
    assert bad == []
    assert (code, report["version"]) == (0, 1)
    assert report["summary"]["proved"] == sum(
        len(w["claims"]) for c in report["clusters"] for w in c["workloads"]
    )


def test_every_workload_recovers_within_its_computed_bound(proof):
    """In the spec's own time, at the spec's own line."""
    found = claims(proof[1], "recovers-from-node-loss")
    assert set(found) == {f"team-a/{name}" for name in (*BY_KUEUE, *BY_REPAIR)}
    for claim in found.values():
        assert 0 < claim["value"] <= claim["limit"] <= 900_000
        assert claim["place"]["path"] == "termination.nodeLoss.recoverIn"


def test_every_workload_hangs_without_its_strategy(proof):
    """Both upstream hangs, with what is emitted but the one thing that frees them."""
    found = claims(proof[1], "hangs-without-recovery")
    assert len(found) == len(BY_KUEUE) + len(BY_REPAIR)
    assert "Restarting" in found["team-a/ranker"]["measured"]
    assert "1 of its pods Terminating" in found["team-a/report"]["measured"]


def test_tries_are_counted(proof):
    """As many as the spec allows, and one where a kill for memory would only be repeated."""
    assert {name: one["value"] for name, one in claims(proof[1], "attempts-bounded").items()} == {
        "team-a/ranker": 3, "team-a/report": 2, "team-a/vision": 2, "team-a/sweep": 2,
    }  # fmt: skip
    assert claims(proof[1], "memory-kills-bounded")["team-a/report"]["value"] == 1


def test_budgets_and_queues_admit_what_runs_at_once(proof):
    """Through the real quota and the real Kueue."""
    found = claims(proof[1], "quota-admits")
    assert {name: one["value"] for name, one in found.items()} == {
        "team-a/ranker": 2, "team-a/report": 1, "team-a/vision": 2, "team-a/sweep": 2,
    }  # fmt: skip


def test_each_workload_has_a_picture(proof):
    """Well-formed, with every trial in it."""
    pictures = sorted(proof[2].iterdir())
    assert len(pictures) == len(BY_KUEUE) + len(BY_REPAIR)
    for path in pictures:
        text = " ".join(ET.fromstring(path.read_text()).itertext())  # noqa: S314 - our own output
        assert "the node falls silent" in text


def test_a_proof_leaves_no_files(proof):
    """What it wrote went with it."""
    assert list(proof[3].iterdir()) == []


@pytest.fixture
def disturbed(specs: Path, components: Path, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """A function that starts a proof, does something to it when its API server answers, and waits for its end."""

    def disturb(what: Callable[[subprocess.Popen[str]], None]) -> tuple[int, str]:
        words = command(specs, components, "--cluster", "kueue")
        process = subprocess.Popen(
            words, cwd=specs, env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )  # fmt: skip
        with process:
            assert process.stderr is not None
            first = process.stderr.readline()
            assert "kube-apiserver is ready" in first, first
            what(process)
            _, err = process.communicate(timeout=STARTED_SECONDS)
        return process.returncode, first + err

    return disturb


def descendants(folder: Path) -> list[int]:
    """Processes that were started with this folder for their temporary files, or below it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def test_an_interrupted_proof_leaves_nothing_behind(disturbed, tmp_path: Path):
    """Neither processes nor files."""
    code, err = disturbed(lambda process: process.send_signal(signal.SIGINT))
    assert (code, "interrupted" in err) == (130, True)
    assert descendants(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_dies_is_named(disturbed, tmp_path: Path):
    """No verdict, and no waiting for one."""

    def kill_etcd(process: subprocess.Popen[str]) -> None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        [etcd] = [int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "etcd"]
        os.kill(etcd, signal.SIGKILL)

    code, err = disturbed(kill_etcd)
    assert code == 3
    assert "etcd died (signal 9)" in err
    deadline = time.monotonic() + 10
    while descendants(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert descendants(tmp_path) == []
