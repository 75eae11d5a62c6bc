"""The engine as a child process: JSON requests in, JSON replies out, its time and memory bounded, replaced when it dies."""

import contextlib
import json
import os
import selectors
import subprocess
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

Reply = Mapping[str, Any]
CPU_SECONDS: Final = 4.0
"""What one request may take: an object takes a third of a millisecond, the largest policy folder some ten."""
HEAP_BYTES: Final = 512 * 2**20
WAIT_SECONDS: Final = 120.0
"""How long to wait for a reply, whatever the CPU time says: a machine may be busy, a process may be stopped."""
_CHUNK: Final = 1 << 16


class Ended(Exception):  # noqa: N818 - it names what was met, as a person would say it
    """The engine ended before it replied. `bounded`: because the request took more than it may."""

    def __init__(self, words: str, *, bounded: bool) -> None:
        super().__init__(words)
        self.bounded = bounded


class Refused(Exception):  # noqa: N818 - as above
    """The engine could not make sense of the request; it goes on."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take."""

    cpu_seconds: float = CPU_SECONDS
    heap_bytes: int = HEAP_BYTES
    wait_seconds: float = WAIT_SECONDS


class Process:
    """One engine; it ends with this object, and with this Python process, were that even killed."""

    def __init__(self, program: Path, limits: Limits = Limits()) -> None:
        command = [str(program), str(int(limits.cpu_seconds * 1000)), str(limits.heap_bytes)]
        self._limits = limits
        self._child = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
            bufsize=0,
        )  # fmt: skip
        self._rest = b""
        self._end = weakref.finalize(self, _kill, self._child)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def ask(self, request: Mapping[str, object]) -> Reply:
        """The reply to a request; `Ended` when there is none to come, `Refused` when it made no sense."""
        line = json.dumps(request, allow_nan=False).encode() + b"\n"
        try:
            self._write(line)
            reply: Reply = json.loads(self._line())
        except OSError as failed:
            self.close()
            raise Ended("the engine ended by itself", bounded=False) from failed
        if "bounded" in reply:
            self.close()
            raise Ended(self._exceeded(str(reply["bounded"])), bounded=True)
        if "refused" in reply:
            raise Refused(str(reply["refused"]))
        return reply

    def close(self) -> None:
        """End it now."""
        self._end()

    def _write(self, line: bytes) -> None:
        assert self._child.stdin is not None  # noqa: S101 - it was asked for
        left = memoryview(line)
        while left:
            left = left[self._child.stdin.write(left) :]

    def _line(self) -> bytes:
        assert self._child.stdout is not None  # noqa: S101 - it was asked for
        parts, until = [self._rest], monotonic() + self._limits.wait_seconds
        with selectors.DefaultSelector() as ready:
            ready.register(self._child.stdout, selectors.EVENT_READ)
            while b"\n" not in parts[-1]:
                if not ready.select(max(until - monotonic(), 0)):
                    self.close()
                    raise Ended(f"no reply within {self._limits.wait_seconds:g} s", bounded=True)
                chunk = os.read(self._child.stdout.fileno(), _CHUNK)
                if not chunk:
                    raise BrokenPipeError
                parts.append(chunk)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def _exceeded(self, what: str) -> str:
        if what == "time":
            return f"more than {self._limits.cpu_seconds:g} s of CPU time"
        return f"more than {self._limits.heap_bytes >> 20} MiB of memory"


def _kill(child: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(OSError):
        child.kill()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    child.wait()
