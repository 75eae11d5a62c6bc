"""`backstay compile --staged`: a commit takes the output along, or the command says that it does not."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Repository


def _git(repository: Repository, *words: str) -> None:
    subprocess.run(["git", *words], cwd=repository.root, check=True, capture_output=True, timeout=60)


@pytest.fixture(autouse=True)
def _plain_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the person who runs the tests, and no repository that a hook is running for."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)


def test_new_changed_and_deleted_output_has_to_be_staged(repository: Repository) -> None:
    """Each of them would be missing from a commit; what is staged is fine, committed or not."""
    _git(repository, "init")
    repository.spec("one")
    repository.spec("two")
    new = repository.backstay("compile", "--staged")
    assert new.code == 1
    assert "run `git add overlays`" in new.err
    _git(repository, "add", "overlays")
    assert repository.backstay("compile", "--staged").code == 0
    repository.spec("one", storage__artifacts__bucket="other")
    assert repository.backstay("compile", "--staged").code == 1
    _git(repository, "add", "overlays")
    (repository.root / "specs/clusters/two.yaml").unlink()
    assert repository.backstay("compile", "--staged").code == 1
    _git(repository, "add", "overlays")
    assert repository.backstay("compile", "--staged").code == 0


def test_other_files_and_ignored_output_need_not_be_staged(repository: Repository) -> None:
    """Somebody's new notes beside the output, and output that is not to be committed at all."""
    _git(repository, "init")
    repository.spec()
    repository.backstay("compile")
    _git(repository, "add", "overlays")
    repository.text("overlays/one/NOTES.md", "mine")
    repository.text("unrelated.txt", "mine")
    assert repository.backstay("compile", "--staged").code == 0
    repository.text(".gitignore", "elsewhere/\n")
    assert repository.backstay("compile", "--staged", "--out", "elsewhere").code == 0
    assert repository.tree("elsewhere")


def test_without_git_nobody_can_tell(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a repository the answer is not a clean one; nor is it one to ask what is not written."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.root.parent))
    repository.spec()
    ran = repository.backstay("compile", "--staged")
    assert ran.code == 3
    assert "is not in a git repository" in ran.err
    assert repository.backstay("compile", "--staged", "--check").code == 2
