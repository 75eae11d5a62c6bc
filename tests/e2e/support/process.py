"""Child processes of the tests: commands with a time limit, and servers that never outlive their starter."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from e2e.support.errors import Failed, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

STOP_SECONDS = 10
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None)  # loaded before any fork


def run(
    command: list[str],
    *,
    folder: Path,
    seconds: float,
    text: str | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Return the stdout of `command` run in `folder`, with `text` on stdin and `env` on top of the environment.

    Raises `Failed` with the command's stderr when it exits non-zero, `Unavailable` when it takes longer than `seconds`.
    It leads a process group of its own, so that the time limit also ends what it started.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            out, err = process.communicate(text, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"`{' '.join(command[:3])}` did not end within {seconds:.0f} s") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        raise Failed(process.returncode, err.strip() or out.strip())
    return out


@contextmanager
def serving(
    command: list[str], log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Keep `command` running for the length of the block, its output in `log`; end it and nothing else afterwards.

    It runs in the folder of `log`, with `env` on top of the environment.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one prctl call
        )
    with process:
        try:
            yield process
        finally:
            _stop(process)


def until(probe: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Return once `probe` is true; raises `Unavailable` naming `what` after `seconds`."""
    give_up = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > give_up:
            raise Unavailable(f"{what} was not there within {seconds:.0f} s")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _die_with_parent() -> None:
    """Ask the kernel for a SIGKILL when the test process is gone, also when that one was killed itself."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
