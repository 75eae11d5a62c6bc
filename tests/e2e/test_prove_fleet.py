"""Every promise of the example fleet, from the command line: JSON, pictures, exit code, and what is not tried."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from backstay.prove.mesh.words import Kind
from e2e.support.envoy import find_envoy
from e2e.support.golang import find_go
from e2e.support.missing import skip_or_fail
from support.repository import REPO

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

LIMIT_SECONDS = 300
"""What it may take at the most; it takes about one minute."""


@dataclass(frozen=True)
class Proved:
    """What the command made: its report, its pictures, and what it left among temporary files."""

    code: int
    report: dict[str, Any]
    summary: str
    pictures: dict[str, str]
    left: list[Path]

    @property
    def claims(self) -> list[dict[str, Any]]:
        """All of them."""
        calls = [call for cluster in self.report["clusters"] for call in cluster["calls"]]
        return [claim for call in calls for claim in call["claims"]]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Proved:
    """One run for all tests."""
    with skip_or_fail():
        find_envoy()
        go = find_go()
    folder = tmp_path_factory.mktemp("fleet")
    (folder / "scratch").mkdir()
    path = f"{go.path.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "backstay", "prove", "mesh", "--format", "json", "--picture", str(folder / "out")],
        cwd=REPO, text=True, capture_output=True, timeout=LIMIT_SECONDS, check=False,
        env={**os.environ, "PATH": path, "TMPDIR": str(folder / "scratch")},
    )  # fmt: skip
    pictures = {one.name: one.read_text() for one in (folder / "out").iterdir()}
    left = list((folder / "scratch").iterdir())
    return Proved(done.returncode, json.loads(done.stdout), done.stderr, pictures, left)


def test_every_promise_that_can_be_tried_is_kept(fleet: Proved):
    """Of every kind that there is; no temporary file stays."""
    assert fleet.code == 0, fleet.summary
    assert [claim for claim in fleet.claims if claim["verdict"] == "disproved"] == []
    assert {claim["claim"] for claim in fleet.claims if claim["verdict"] == "proved"} == {*Kind}
    assert fleet.left == []


def test_every_claim_has_its_line_and_what_was_seen(fleet: Proved):
    """Nobody has to search for either."""
    assert fleet.report["version"] == 1
    for claim in fleet.claims:
        assert claim["words"]
        assert claim["measured"]
        line = (REPO / claim["place"]["file"]).read_text().splitlines()[claim["place"]["line"] - 1]
        assert claim["place"]["path"].rpartition(".")[2].partition("[")[0] in line


def test_what_is_not_tried_says_why(fleet: Proved):
    """Ambient meshes are all that the fleet has of it."""
    reasons = {claim["measured"] for claim in fleet.claims if claim["verdict"] == "not tried"}
    assert reasons == {"ambient: not tried here, as ztunnels and waypoints are not run"}


def test_go_ends_are_played_by_go(fleet: Proved):
    """Databases and HTTP/1.1 are the only ones that somebody stands in for."""
    calls = [call for cluster in fleet.report["clusters"] for call in cluster["calls"]]
    notes = [note for call in calls for note in call["standIns"]]
    assert notes
    assert [note for note in notes if not note.startswith("both ends ")] == []


def test_every_call_has_a_picture_with_its_claims(fleet: Proved):
    """Claim, line, what was measured and the verdict, as in the report."""
    calls = [call for cluster in fleet.report["clusters"] for call in cluster["calls"]]
    assert len(fleet.pictures) == len(calls)
    drawn = "".join(fleet.pictures.values())
    for claim in fleet.claims:
        assert f"{claim['place']['file']}:{claim['place']['line']}" in drawn
        assert claim["verdict"] in drawn
        assert claim["words"] in drawn
        assert claim["measured"].replace(">", "&gt;") in drawn
