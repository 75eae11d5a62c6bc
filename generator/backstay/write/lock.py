"""One writer at a time: a lock of the kernel's on the output folder itself.

The kernel drops it when its holder ends, however that happens, and it leaves no file behind. It belongs to the
open folder, so a process that was forked while it was held keeps it: start workers first, or have them end with
their parent.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backstay.core.failure import CannotTell

STAGE_PREFIX = ".backstay-stage-"
"""What the folders of a run are called, inside the output folder; the number of its process follows."""

_PAUSE = 0.02


@contextmanager
def locked(out: Path, patience: float) -> Iterator[None]:
    """Hold the lock on `out`, which is made if it is missing, after waiting up to `patience` seconds for it.

    Raises CannotTell when another writer keeps it or the file system has no locks, OSError when `out` cannot be
    made or opened.
    """
    descriptor = _open_locked(out, time.monotonic() + patience)
    try:
        yield
    finally:
        os.close(descriptor)


def _open_locked(out: Path, deadline: float) -> int:
    while True:
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _lock(descriptor, out, deadline)
            # The last writer may have removed the folder, which it had made and not used, while this one waited.
            if out.exists() and os.path.samestat(os.fstat(descriptor), out.stat()):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int, out: Path, deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise CannotTell(_held(out), "wait until it is done, or end it, and run again") from None
            time.sleep(_PAUSE)
        except OSError as error:
            message = f"`{out}` cannot be locked against a second writer: {(error.strerror or '').lower()}"
            raise CannotTell(message, "write to a local file system with `--out`") from error


def _held(out: Path) -> str:
    numbers = sorted(path.name.removeprefix(STAGE_PREFIX) for path in out.glob(f"{STAGE_PREFIX}*"))
    who = f" (process {', '.join(numbers)})" if numbers else ""
    return f"another backstay{who} is writing to `{out}`"
