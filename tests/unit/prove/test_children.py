"""Children of a proof: heard, frozen, and gone when their block ends, however it ends."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress

import pytest

from backstay.core.failure import CannotTell
from backstay.prove.children import child
from backstay.prove.mesh.peers import peer, python_peer

SLEEPS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
DIES = [sys.executable, "-c", "import sys; print('oh no', file=sys.stderr); sys.exit(7)"]


def alive(pid: int) -> bool:
    """Whether a process is there."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@pytest.mark.parametrize("frozen", [False, True])
def test_a_child_is_gone_after_its_block(frozen: bool):  # noqa: FBT001 - a parameter of the test
    """Also when it is stopped and cannot be asked to go."""

    async def play() -> int:
        async with child("a sleeper", SLEEPS) as running:
            async for line in running.lines():
                assert line == b"up\n"
                break
            if frozen:
                running.freeze()
            return running._process.pid

    assert not alive(asyncio.run(play()))


def test_a_child_is_gone_after_a_failure():
    """The block's own."""
    pids = []

    async def play() -> None:
        async with child("a sleeper", SLEEPS) as running:
            pids.append(running._process.pid)
            raise CannotTell("something else")

    with pytest.raises(CannotTell, match="something else"):
        asyncio.run(play())
    assert not alive(pids[0])


def test_a_child_that_dies_says_how():
    """With its last words."""

    async def play() -> str:
        async with child("the oracle", DIES) as running:
            return await running.ended()

    assert asyncio.run(play()) == "the oracle died (exit status 7): oh no"


def test_a_thawed_child_goes_on():
    """Where it was."""
    counts = "import itertools, time\nfor n in itertools.count(): print(n, flush=True); time.sleep(.05)"

    async def play() -> bool:
        async with child("a counter", [sys.executable, "-c", counts]) as running:
            lines = running.lines()
            await anext(lines)
            running.freeze()
            running.thaw()
            return bool(await anext(lines)) and running.running

    assert asyncio.run(play())


def test_a_program_that_is_not_there_is_named():
    """Without a traceback."""

    async def play() -> None:
        async with child("the oracle", ["/nowhere/oracle"]):
            pass

    with pytest.raises(CannotTell, match="the oracle cannot be started: No such file or directory"):
        asyncio.run(play())


def test_a_peer_that_does_not_start_is_named():
    """With what it said about it."""

    async def play() -> None:
        async with peer("the server api", python_peer("no_such_program"), {}):
            pass

    with pytest.raises(CannotTell, match=r"the server api did not start: .*No module named"):
        asyncio.run(play())


def test_a_child_whose_parent_died_before_it_could_ask_is_gone():
    """A prover may be killed between the fork and the child's word to the kernel."""
    code = (
        "import os, sys, time\n"
        "from backstay.prove import children\n"
        "parent = os.getpid()\n"
        "if os.fork():\n"
        "    sys.exit()\n"
        "while os.getppid() == parent:\n"
        "    time.sleep(0.01)\n"
        "children._die_with_parent(parent)\n"
        "print('alive')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""
