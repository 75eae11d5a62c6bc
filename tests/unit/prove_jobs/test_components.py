"""Where programs and manifests are looked for, and what is said when they are not there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from backstay.core.failure import CannotTell
from backstay.prove.jobs.components import PROGRAMS, PROJECTS, VARIABLE, find

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A complete components folder of programs that do nothing."""
    (tmp_path / "manifests").mkdir()
    for name in PROGRAMS:
        _program(tmp_path / name)
    for name in PROJECTS:
        content = {"version": "1.2.3", "crds": [], "webhooks": []}
        (tmp_path / "manifests" / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


@pytest.fixture(autouse=True)
def _nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "")


def _program(path: Path) -> None:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def test_a_complete_folder_has_everything(folder: Path):
    """Programs by name, and what each project ships."""
    found = find(folder)
    assert found.programs["kueue"] == folder / "kueue"
    assert found.projects["jobset"].version == "1.2.3"


def test_the_environment_names_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Where the command line does not."""
    monkeypatch.setenv(VARIABLE, str(folder))
    assert find(None).programs["etcd"] == folder / "etcd"


def test_a_program_may_be_on_path(folder: Path, tmp_path_factory, monkeypatch: pytest.MonkeyPatch):
    """A manifest may not."""
    elsewhere = tmp_path_factory.mktemp("bin")
    (folder / "etcd").rename(elsewhere / "etcd")
    monkeypatch.setenv("PATH", str(elsewhere))
    assert find(folder).programs["etcd"] == elsewhere / "etcd"


def test_everything_that_is_missing_is_named(folder: Path):
    """All of it at once, with what to do."""
    (folder / "kwok").unlink()
    (folder / "manifests" / "trainer.json").unlink()
    with pytest.raises(CannotTell) as raised:
        find(folder)
    assert "kwok, manifests/trainer.json" in raised.value.message
    assert "just components" in raised.value.help


@pytest.mark.parametrize(
    "content", ["", "[]", '{"version": "1"}', '{"version": "1", "crds": 3, "webhooks": []}']
)
def test_a_manifest_of_another_shape_is_told(folder: Path, content: str):
    """And not met as a crash in the middle of a proof."""
    (folder / "manifests" / "kueue.json").write_text(content)
    with pytest.raises(CannotTell, match=r"kueue\.json is not what"):
        find(folder)
