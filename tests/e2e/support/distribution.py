"""What other people get of this working tree: a git repository to install hooks from, and a wheel."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from e2e.support.errors import Failed, Unavailable
from e2e.support.process import run
from support.repository import REPO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 900
_UNREACHABLE = ("no matching distribution found", "failed to establish a new connection", "read timed out")
_WHO = {
    f"GIT_{who}_{what}": "tests@git.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


def git(folder: Path, *words: str, **env: str) -> str:
    """What `git WORDS` prints in `folder`; raises `Failed` with what git and its hooks said."""
    plain = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C", **_WHO, **env}
    return run(["git", *words], folder=folder, seconds=SECONDS, env=plain)


def new_repository(folder: Path) -> None:
    """Start a git repository in a folder."""
    git(folder, "init", "--quiet", "--initial-branch=main")


def published(folder: Path) -> str:
    """Commit the working tree, with what is not committed yet, to a new repository; the name of the commit."""
    listed = git(REPO, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    for name in listed:
        # A file may be gone that the index still names, and a submodule is a folder.
        if (REPO / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPO / name, folder / name)
    new_repository(folder)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=All of it")
    return git(folder, "rev-parse", "HEAD").strip()


def wheel(folder: Path, **env: str) -> Path:
    """Build the wheel of this working tree into a folder."""
    with installing():
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
        run([*command, str(REPO)], folder=folder, seconds=SECONDS, env=env)
    (built,) = folder.glob("*.whl")
    return built


def environment(folder: Path, package: Path) -> Path:
    """Install a package with what it needs, and nothing else, into a new virtual environment; its `bin` folder."""
    run([sys.executable, "-m", "venv", str(folder)], folder=folder.parent, seconds=SECONDS)
    with installing():
        run([str(folder / "bin/pip"), "install", "--quiet", str(package)], folder=folder, seconds=SECONDS)
    return folder / "bin"


@contextmanager
def installing() -> Iterator[None]:
    """Tell a package index that cannot be reached from a fault of the package."""
    try:
        yield
    except Failed as failed:
        if any(words in failed.message.lower() for words in _UNREACHABLE):
            raise Unavailable(f"packages cannot be installed here: {failed.last_line}") from failed
        raise
