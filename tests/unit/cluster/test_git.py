"""Files at a git revision, out of a repository made for the test."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from backstay.cluster import git as module
from backstay.cluster.git import revision, tree_at
from backstay.core.failure import CannotTell

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git there, as nobody in particular."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false"]
    run = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return run.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with two overlays in its first commit and another state since."""
    folder = tmp_path / "repo"
    for name in ("a/x.yaml", "a/deep/y.yaml", "b/z.yaml", "top.yaml"):
        path = folder / "overlays" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"was: {name}\r\n")
    (folder / "overlays/a/link.yaml").symlink_to("x.yaml")
    git(folder, "init", "-q", "-b", "trunk")
    git(folder, "add", "overlays")
    git(folder, "commit", "-qm", "one")
    (folder / ".gitattributes").write_text("*.yaml text eol=lf\n")  # would turn line ends in a checkout
    (folder / "overlays/a/x.yaml").write_text("now: x\n")
    return folder


def test_names_become_commits(repo: Path):
    """Branches, tags, commits and what git makes of them."""
    head = git(repo, "rev-parse", "HEAD")
    overlays = repo / "overlays"
    git(repo, "tag", "v1")
    assert {revision(name, overlays) for name in ("trunk", "HEAD", "v1", head[:10], "HEAD^{}")} == {head}


@pytest.mark.parametrize("name", ["nope", "", "HEAD~7", "--all", "-h", "trunk:overlays"])
def test_what_is_no_commit_is_none(name: str, repo: Path):
    """Options among them."""
    assert revision(name, repo / "overlays") is None


def test_outside_of_a_repository_there_are_no_revisions(tmp_path: Path):
    """No error of its own: the name means nothing."""
    assert revision("HEAD", tmp_path / "overlays") is None


def test_a_tree_is_what_the_commit_holds(repo: Path):
    """Byte for byte, without links, without filters and without what changed since."""
    with tree_at("trunk", repo / "overlays") as tree:
        assert tree.names() == ["a", "b"]
        assert dict(tree.files("b")) == {"z.yaml": b"was: b/z.yaml\r\n"}
        assert dict(tree.files("a")) == {
            "deep/y.yaml": b"was: a/deep/y.yaml\r\n",
            "x.yaml": b"was: a/x.yaml\r\n",
        }
        assert list(tree.files("none")) == []


def test_a_folder_that_is_gone_can_still_be_read(repo: Path):
    """And one that was not there then is empty."""
    git(repo, "rm", "-rqf", "overlays")
    with tree_at("trunk", repo / "overlays") as tree:
        assert tree.names() == ["a", "b"]
    with tree_at("trunk", repo / "elsewhere/deep") as tree:
        assert tree.names() == []


def test_a_file_that_git_cannot_give_is_no_verdict(repo: Path, monkeypatch: pytest.MonkeyPatch):
    """A damaged store, or a file beyond all bounds."""
    monkeypatch.setattr(module, "_MAX_BYTES", 5)
    with (
        tree_at("trunk", repo / "overlays") as tree,
        pytest.raises(CannotTell, match=r"git does not give 'z\.yaml'"),
    ):
        list(tree.files("b"))


def test_without_git_there_is_no_verdict(repo: Path, monkeypatch: pytest.MonkeyPatch):
    """The help names both ways out."""
    monkeypatch.setenv("PATH", str(repo))
    with pytest.raises(CannotTell, match="git is not installed"):
        revision("HEAD", repo / "overlays")


def test_a_git_that_hangs_or_complains_is_no_verdict(
    repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Such as about who owns the repository."""
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'fatal: detected dubious ownership' >&2\nexit 128\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(CannotTell, match="detected dubious ownership"):
        revision("HEAD", repo / "overlays")
    fake.write_text("#!/bin/sh\nexec sleep 30\n")
    monkeypatch.setattr(module, "_SECONDS", 0.2)
    with pytest.raises(CannotTell, match="no answer within"):
        revision("HEAD", repo / "overlays")
