"""What a person sees: on terminals of several widths, with and without colours."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

import pytest

from backstay.report.columns import width

if TYPE_CHECKING:
    from cli.conftest import Repository

_SECONDS = 60
LONG = "a way through the hall, the gateway and the firewall of the data centre in 名古屋"


def on_terminal(repository: Repository, columns: int, *words: str, **environment: str) -> str:
    """What `backstay` prints on a terminal so wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    known = {
        key: value for key, value in os.environ.items() if key not in {"COLUMNS", "NO_COLOR", "FORCE_COLOR"}
    }
    running = subprocess.Popen(
        [sys.executable, "-m", "backstay", *words],
        cwd=repository.root, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL,
        env={**known, "TERM": "xterm-256color", **environment},
    )  # fmt: skip
    os.close(theirs)
    try:
        printed = b"".join(iter(lambda: _read(ours), b""))
        running.wait(_SECONDS)
    finally:
        running.kill()
        os.close(ours)
    return printed.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's word for a terminal that nobody writes to any more
        return b""


@pytest.fixture
def mistaken(repository: Repository) -> Repository:
    """A repository with a slip far to the right of a line."""
    text = repository.spec().read_text(encoding="utf-8")
    line = f'"silentFor": "1h", "note": "{LONG * 2}", "silenFor": "1h"'
    repository.text("specs/clusters/one.yaml", text.replace('"silentFor": "1h"', line))
    return repository


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_everything_fits_the_terminal(mistaken: Repository, columns: int) -> None:
    """The line is cut round its place, sentences wrap, and what may be done next is told."""
    lines = on_terminal(mistaken, columns, "check").splitlines()
    assert max(map(width, lines)) <= columns
    assert any('"silenFor": "1h"' in line for line in lines)
    assert any("`backstay check --fix` repairs 1 finding" in line for line in lines)
    assert any("\x1b[31m" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "environment", "painted"),
    [
        (("check",), {"NO_COLOR": "1"}, False),
        (("check",), {"NO_COLOR": ""}, True),
        (("check",), {"TERM": "dumb"}, False),
        (("check", "--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("--color", "never", "check"), {}, False),
        (("--color=never", "check", "--color=always"), {"NO_COLOR": "1"}, True),
    ],
)
def test_colours_on_a_terminal(
    mistaken: Repository, words: tuple[str, ...], environment: dict[str, str], *, painted: bool
) -> None:
    """The option comes before the variables; an empty variable says nothing."""
    assert ("\x1b[" in on_terminal(mistaken, 100, *words, **environment)) is painted


@pytest.mark.parametrize(
    ("words", "environment", "painted"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "always"), {}, True),
        (("--color", "auto"), {"FORCE_COLOR": ""}, False),
    ],
)
def test_colours_in_a_pipe(
    mistaken: Repository, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], environment: dict[str, str],
    *, painted: bool,
) -> None:  # fmt: skip
    """Only where somebody asks for them, and without a word to a person who is not there."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = mistaken.backstay("check", *words).out
    assert ("\x1b[31m" in out) is painted
    assert "says more about a rule" not in out


def test_colours_of_what_cannot_be_read(repository: Repository) -> None:
    """The option still counts when the command is over."""
    assert "\x1b[" in repository.backstay("explain", "x", "--specs", "none", "--color", "always").err


def test_quiet_is_the_sum(mistaken: Repository) -> None:
    """One line, on a terminal too."""
    assert on_terminal(mistaken, 80, "check", "--quiet") == "2 errors\n"
