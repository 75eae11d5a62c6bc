"""Child processes that never outlive the proof: each is killed at the end of its block, and by the kernel if we die.

A child leads a process group of its own, so that Ctrl-C in a terminal reaches this process alone, which then ends them.
"""

import asyncio
import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

from backstay.core.failure import CannotTell

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LAST_WORDS = 20
_LONGEST_LINE = 1 << 20  # Envoy repeats a configuration that it refuses
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


class Child:
    """A running child: what it says, and whether it still runs."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process
        self._said: deque[str] = deque(maxlen=_LAST_WORDS)
        self._listening = asyncio.create_task(self._listen())

    @property
    def last_words(self) -> str:
        """The last lines that it wrote to stderr."""
        return "\n".join(self._said)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    def tell_to_go(self) -> None:
        """Ask it to end (SIGTERM), as kubelet does."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)

    def freeze(self) -> None:
        """Stop it: its kernel still acknowledges, it itself answers nothing any more."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self.running:
            self._process.send_signal(signal.SIGCONT)

    async def say(self, line: bytes) -> None:
        """Write a line to its stdin; `CannotTell` when it is gone."""
        assert self._process.stdin is not None  # noqa: S101 - children are started with pipes
        try:
            self._process.stdin.write(line)
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as gone:
            raise CannotTell(f"{self.name} died: {self.last_words or 'it said nothing'}") from gone

    async def lines(self) -> AsyncIterator[bytes]:
        """The lines that it writes to stdout, until it ends."""
        assert self._process.stdout is not None  # noqa: S101 - as above
        async for line in self._process.stdout:
            yield line

    async def status(self) -> int:
        """Wait until it ends by itself; its exit status, or minus the signal that ended it."""
        code = await self._process.wait()
        await asyncio.wait([self._listening])
        return code

    async def ended(self) -> str:
        """Wait until it ends by itself; why."""
        code = await self.status()
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        return f"{self.name} died ({how})" + (f": {self.last_words}" if self._said else "")

    async def end(self) -> None:
        """Kill it, frozen or not, and what it started."""
        if self.running:  # else its number may be somebody else's by now
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await asyncio.wait([self._listening])

    async def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - as above
        async for line in self._process.stderr:
            self._said.append(line.decode(errors="replace").rstrip())


@asynccontextmanager
async def child(
    name: str, command: Sequence[str], env: Mapping[str, str] | None = None, *, talks: bool = True
) -> AsyncIterator[Child]:
    """Keep a command running for the length of the block; `name` is what messages call it.

    Without `talks` nobody writes to its stdin or reads its stdout. `CannotTell` when it cannot be started.
    """
    process = await _started(name, command, env, talks=talks)
    running = Child(name, process)
    try:
        yield running
    finally:
        await asyncio.shield(running.end())


async def _started(
    name: str, command: Sequence[str], env: Mapping[str, str] | None, *, talks: bool
) -> asyncio.subprocess.Process:
    """Start a process. asyncio waits for ever when it is cancelled in the middle of that, so it is let finish first."""
    listening = asyncio.subprocess.PIPE
    pipe = listening if talks else asyncio.subprocess.DEVNULL
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=listening, env=env, process_group=0, limit=_LONGEST_LINE,
            preexec_fn=partial(_die_with_parent, os.getpid()) if _LIBC else None,
        )
    )  # fmt: skip
    try:
        return await asyncio.shield(starting)
    except OSError as error:
        raise CannotTell(f"{name} cannot be started: {error.strerror}") from error
    except asyncio.CancelledError:
        with suppress(OSError):
            await Child(name, await starting).end()
        raise


def _die_with_parent(parent: int) -> None:
    """Ask the kernel for a SIGKILL when this process is gone, also when it was killed itself.

    It may be gone already: the kernel says nothing of a death before it was asked.
    """
    assert _LIBC is not None  # noqa: S101 - only called there
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
