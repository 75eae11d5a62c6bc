"""The folder that keeps what the toolbox made, outside the repository, and the lock that guards making it."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.support.errors import Unavailable

WAIT_SECONDS = 3600
Say = Callable[[str], None]


def cache_folder() -> Path:
    """Return the folder, `backstay-toolbox` below `$XDG_CACHE_HOME` or `~/.cache`; created when absent."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(root) / "backstay-toolbox"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def say_on_stderr(line: str) -> None:
    """Print a progress line on stderr."""
    sys.stderr.write(f"toolbox: {line}\n")
    sys.stderr.flush()


@contextmanager
def one_at_a_time(what: str, say: Say) -> Iterator[None]:
    """Hold the lock shared by all test processes while `what` is made: one build already uses every core."""
    give_up = time.monotonic() + WAIT_SECONDS
    with (cache_folder() / "build.lock").open("w") as lock:
        while not _locked(lock.fileno()):
            if time.monotonic() > give_up:
                raise Unavailable(f"another process kept the toolbox locked while {what} was wanted")
            say(f"{what} waits for a build in another process")
            time.sleep(5)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
