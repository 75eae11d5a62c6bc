"""Ctrl-C and kills: the old tree or the new one, no traceback, nothing left behind, nobody left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from backstay.cli import compiling
from backstay.write import tree as writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Repository

SECONDS = 120


@pytest.fixture
def compiled(repository: Repository) -> Repository:
    """A compiled repository whose specs have changed since."""
    for number in range(20):
        repository.spec(f"c{number}")
    assert repository.backstay("compile").code == 0
    for number in range(20):
        repository.spec(f"c{number}", storage__artifacts__bucket="other")
    return repository


def _interrupted_before(work: Callable[..., object]) -> Callable[..., object]:
    def interrupted(*arguments: object, **named: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return work(*arguments, **named)

    return interrupted


@pytest.mark.parametrize(("module", "name"), [(compiling, "stage_cluster"), (writing, "remove_tree")])
def test_an_interrupt_leaves_one_of_both_trees_and_nothing_else(
    compiled: Repository, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    """In the middle of the work and in the middle of cleaning up."""
    old = compiled.tree()
    with monkeypatch.context() as patched:
        patched.setattr(module, name, _interrupted_before(getattr(module, name)))
        ran = compiled.backstay("compile")
    assert ran.code == 130
    assert ran.err.startswith("interrupted") or "\ninterrupted" in ran.err
    assert sorted(p.name for p in compiled.root.iterdir()) == ["overlays", "specs"]
    assert not list((compiled.root / "overlays").glob(".*"))
    now = compiled.tree()
    compiled.backstay("compile")
    assert now in (old, compiled.tree())
    assert old != compiled.tree()


def test_an_interrupt_that_a_library_wraps_is_one_all_the_same(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not told as an internal error."""

    def wrapped(*_: object) -> object:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(SECONDS)
        except KeyboardInterrupt:
            raise RuntimeError("cannot build the model") from None

    repository.spec()
    monkeypatch.setattr(compiling, "render", wrapped)
    assert repository.backstay("compile").code == 130


def _started(repository: Repository) -> subprocess.Popen[str]:
    """A compile by two workers that has begun to stage. Its stderr stays open as long as any of them lives."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backstay", "compile", "--jobs", "2"],
        cwd=repository.root, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while process.poll() is None and not list((repository.root / "overlays").glob(".backstay-stage-*/new/*")):
        time.sleep(0.005)
    return process


def test_an_interrupt_from_the_terminal_goes_to_workers_too(compiled: Repository) -> None:
    """They leave the answer to their parent: no traceback of theirs, and the old tree."""
    old = compiled.tree()
    process = _started(compiled)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert said.strip() == "interrupted; nothing was left half-written"
    assert compiled.tree() == old


def test_no_worker_outlives_its_parent(compiled: Repository) -> None:
    """Not even one that was killed; the next run clears up and completes."""
    process = _started(compiled)
    process.kill()
    process.communicate(timeout=SECONDS)
    assert process.returncode == -signal.SIGKILL
    assert compiled.backstay("compile").code == 0
    assert compiled.backstay("compile", "--check").code == 0
    assert not list((compiled.root / "overlays").glob(".*"))
