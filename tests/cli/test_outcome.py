"""What a person sees when a command cannot give a result."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
import pytest

from backstay.cli import compiling, outcome
from backstay.cli.main import run

if TYPE_CHECKING:
    from cli.conftest import Repository

SECRET = "what-the-input-held"  # noqa: S105 - no password: a word to look for


@pytest.fixture
def broken(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository for which the renderer has a fault."""

    def fail(*_: object) -> object:
        raise ZeroDivisionError(SECRET)

    repository.spec()
    monkeypatch.setattr(compiling, "render", fail)
    return repository


def test_a_fault_of_ours_has_an_id_and_no_traceback(
    broken: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    """The id is that of the place in the code: the same each time, and nothing of the input is in it or beside it."""
    said = set()
    for _ in range(2):
        assert run(["compile"]) == 3
        said.add(capfd.readouterr().err)
    (text,) = said
    assert text.startswith("internal error ")
    assert "(ZeroDivisionError)" in text
    assert "--debug" in text
    assert "Traceback" not in text
    assert SECRET not in text
    assert not broken.tree()


def test_debug_shows_where(broken: Repository, capfd: pytest.CaptureFixture[str]) -> None:
    """The traceback, for whoever mends it."""
    assert run(["--debug", "compile"]) == 3
    text = capfd.readouterr().err
    assert "Traceback" in text
    assert SECRET in text
    assert "report the id" not in text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "specs/x\x1b[2J.yaml"),
            r"specs/x\x1b[2J.yaml: no such file or directory",
        ),
        (OSError("odd"), "the output: oserror"),
    ],
)
def test_what_the_system_refuses_is_told_in_its_words(
    error: OSError, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A name cannot disturb the terminal."""

    def fail() -> int:
        raise error

    out = os.dup(1)
    try:
        assert outcome.guarded(fail, debug=False) == 3
    finally:
        os.dup2(out, 1)
        os.close(out)
    assert capfd.readouterr().err == f"cannot tell: {said}\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt, click.Abort])
def test_an_interrupt_is_answered_in_one_line(
    error: type[BaseException], capfd: pytest.CaptureFixture[str]
) -> None:
    """However it comes."""

    def fail() -> int:
        raise error

    assert outcome.guarded(fail, debug=True) == 130
    assert capfd.readouterr().err.strip() == "interrupted; nothing was left half-written"
