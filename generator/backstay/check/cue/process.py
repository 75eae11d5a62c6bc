"""The engine as a child process: JSON requests in, JSON replies out, its time and memory bounded, replaced when it dies."""

import contextlib
import json
import os
import select
import subprocess
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

from backstay.core.failure import CannotTell

Reply = Mapping[str, Any]
CPU_SECONDS: Final = 4.0
"""What one request may take: an object takes a third of a millisecond, the largest policy folder some ten."""
HEAP_BYTES: Final = 512 * 2**20
WAIT_SECONDS: Final = 120.0
"""How long to wait for a reply, whatever the CPU time says: a machine may be busy, a process may be stopped."""
_LAST_SECONDS: Final = 5.0
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
        """Start it; `Ended` when that cannot be done."""
        command = [str(program), str(int(limits.cpu_seconds * 1000)), str(limits.heap_bytes)]
        self._limits = limits
        try:
            self._child = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                start_new_session=True, bufsize=0,
            )  # fmt: skip
        except OSError as failed:
            why = (failed.strerror or str(failed)).lower()
            raise Ended(f"the engine cannot be started: {why}", bounded=False) from failed
        self._end = weakref.finalize(self, _kill, self._child)
        self._in, self._out = _numbers(self._child)
        os.set_blocking(self._in, False)  # an engine that reads nothing must not hold us up
        self._writable, self._readable = _poll(self._in, select.POLLOUT), _poll(self._out, select.POLLIN)
        self._rest = b""

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def ask(self, request: Mapping[str, object]) -> Reply:
        """The reply to a request; `Ended` when there is none to come, `Refused` when it made no sense."""
        return self.ask_line(json.dumps(request, allow_nan=False).encode() + b"\n")

    def ask_line(self, line: bytes) -> Reply:
        """As `ask`, of a request that is JSON text already, with a line's end."""
        until = monotonic() + self._limits.wait_seconds
        try:
            self._write(line, until)
            told = self._line(until)
            reply: Reply = {} if told == b"{}" else json.loads(told)
        except (OSError, ValueError) as failed:
            raise Ended(self._last_words(), bounded=False) from failed
        if "bounded" in reply:
            self.close()
            raise Ended(self._exceeded(str(reply["bounded"])), bounded=True)
        if "refused" in reply:
            raise Refused(str(reply["refused"]))
        return reply

    def close(self) -> None:
        """End it now."""
        self._end()

    def _write(self, line: bytes, until: float) -> None:
        left = memoryview(line)
        while left:
            try:
                left = left[os.write(self._in, left) :]
            except BlockingIOError:
                self._wait(self._writable, until)

    def _line(self, until: float) -> bytes:
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            self._wait(self._readable, until)
            chunk = os.read(self._out, _CHUNK)
            if not chunk:
                raise BrokenPipeError
            parts.append(chunk)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def _wait(self, ready: "select.poll", until: float) -> None:
        if not ready.poll(max(until - monotonic(), 0) * 1000):
            self.close()
            raise Ended(f"no reply within {self._limits.wait_seconds:g} s", bounded=True)

    def _last_words(self) -> str:
        """How an engine ended that said nothing."""
        try:
            status = self._child.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            status = 0
        self.close()
        return f"the engine was killed by signal {-status}" if status < 0 else "the engine ended by itself"

    def _exceeded(self, what: str) -> str:
        if what == "time":
            return f"more than {self._limits.cpu_seconds:g} s of CPU time"
        return f"more than {self._limits.heap_bytes >> 20} MiB of memory"


def running(program: Path, limits: Limits = Limits()) -> Process:
    """An engine that answers; `CannotTell` when it does not run here at all."""
    try:
        process = Process(program, limits)
        process.ask({"op": "free"})
    except Ended as ended:
        help_ = f"see whether {program} may run, and what ends it"
        raise CannotTell(f"the CUE engine does not run here: {ended}", help_) from ended
    return process


def _numbers(child: "subprocess.Popen[bytes]") -> tuple[int, int]:
    assert child.stdin is not None  # noqa: S101 - it was asked for
    assert child.stdout is not None  # noqa: S101 - it was asked for
    return child.stdin.fileno(), child.stdout.fileno()


def _poll(number: int, event: int) -> "select.poll":
    ready = select.poll()
    ready.register(number, event)
    return ready


def _kill(child: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(OSError):
        child.kill()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    child.wait()
