"""Where output goes: readers that leave, streams that are closed, full disks, plain terminals."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Repository

COMMANDS = (
    "--version",
    "--help",
    "rules",
    "check",
    "check --format json",
    "compile --check",
    "schema --out -",
)
FULL = Path("/dev/full")


def _run(repository: Repository, command: str, redirection: str) -> subprocess.CompletedProcess[str]:
    line = f'exec "$0" -m backstay {command} {redirection}'
    return subprocess.run(["/bin/sh", "-c", line, sys.executable], cwd=repository.root, capture_output=True,
                          text=True, timeout=60, check=False)  # fmt: skip


@pytest.fixture
def sound(repository: Repository) -> Repository:
    """A repository with compiled output."""
    repository.spec()
    assert repository.backstay("compile").code == 0
    return repository


@pytest.mark.parametrize(
    ("redirection", "commands"), [(">&-", ("check",)), ("2>&-", ("check",)), ("<&- >&- 2>&-", COMMANDS)]
)
def test_closed_streams_change_nothing(
    sound: Repository, redirection: str, commands: tuple[str, ...]
) -> None:
    """What would be printed goes nowhere; the answer is the same, of every command where nothing at all is open."""
    for command in commands:
        done = _run(sound, command, redirection)
        assert (done.returncode, done.stderr if redirection == ">&-" else "") == (0, ""), command


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_the_output_is_no_fault_of_ours(sound: Repository) -> None:
    """What could not be written is not taken for a clean answer."""
    for command in ("--version", "check --format json"):
        done = _run(sound, command, f"> {FULL}")
        assert done.returncode == 3, command
        assert done.stderr == "cannot tell: the output: no space left on device\n"


@pytest.mark.parametrize("command", [["rules"], ["audit", "specs", "--quiet", "--format", "json"]])
def test_a_reader_that_leaves_early_is_neither_clean_nor_a_finding(
    sound: Repository, command: list[str]
) -> None:
    """As for any program in a pipe: silence, and the code that a shell gives for SIGPIPE."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "backstay", *command], cwd=sound.root, stdout=nobody,
            stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_lacks_a_character_shows_its_number(repository: Repository, encoding: str) -> None:
    """The finding and its line are told whatever the terminal can show."""
    spec = repository.spec(network__calls__0__to="nobody")
    spec.write_text(spec.read_text().replace('"nobody",', '"nobody", # équipe ⛵'), encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-m", "backstay", "check"], cwd=repository.root, env=environment,
                          capture_output=True, timeout=60, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (1, b"")
    assert "équipe ⛵".encode(encoding, "backslashreplace") in done.stdout


def test_the_locale_changes_no_byte_of_the_output(repository: Repository) -> None:
    """A spec's name arrives as UTF-8 in what is made of it, under the plainest of locales too."""
    repository.spec().rename(repository.root / "specs/clusters/équipe ⛵.yaml")
    for locale in ("C", "C.UTF-8"):
        environment = {**os.environ, "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        subprocess.run([sys.executable, "-m", "backstay", "compile", "--out", locale], cwd=repository.root,
                       env=environment, check=True, capture_output=True, timeout=60)  # fmt: skip
    assert repository.tree("C") == repository.tree("C.UTF-8")
    assert any("équipe ⛵.yaml".encode() in data for data in repository.tree("C").values())


def test_no_colour_where_no_person_looks(repository: Repository) -> None:
    """On a pipe plain text; on a terminal colours, unless NO_COLOR is set."""
    repository.spec(network__calls__0__to="nobody")
    assert "\x1b[" not in repository.backstay("check").out
    assert b"\x1b[" in _on_a_terminal(repository, {})
    assert b"\x1b[" not in _on_a_terminal(repository, {"NO_COLOR": "1"})


def _on_a_terminal(repository: Repository, more: dict[str, str]) -> bytes:
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        with os.fdopen(theirs, "wb") as terminal:
            process = subprocess.Popen(
                [sys.executable, "-m", "backstay", "check"],
                cwd=repository.root,
                env={**plain, **more},
                stdout=terminal,
            )
        shown = b""
        # A terminal whose last user has left ends with an error rather than with an empty read.
        with contextlib.suppress(OSError):
            while part := screen.read(65536):
                shown += part
    assert process.wait(60) == 1
    return shown
