"""Interrupts: what is being started is finished and undone, and what runs cleans up before anybody is told."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest

from backstay.prove.children import child
from backstay.prove.together import interruptible


def test_a_start_that_is_interrupted_is_finished_and_undone(monkeypatch: pytest.MonkeyPatch):
    """At whichever step of it: asyncio would wait for ever for a process whose pipes it had not connected yet."""
    started: list[asyncio.subprocess.Process] = []
    real = asyncio.create_subprocess_exec

    async def noted(*command: str, **more: Any) -> asyncio.subprocess.Process:
        started.append(await real(*command, **more))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)

    async def interrupted(steps: int) -> None:
        async def use() -> None:
            async with child("sleeper", ["sleep", "60"]):
                await asyncio.sleep(60)

        task = asyncio.create_task(use())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)

    for steps in range(1, 9):
        asyncio.run(interrupted(steps))
    assert started
    assert all(process.returncode is not None for process in started)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_what_runs_and_is_told_once_it_has_cleaned_up(number: signal.Signals):
    """Also where the program has a handler of its own, which asyncio would leave in charge."""
    cleaned: list[bool] = []

    async def work() -> None:
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with pytest.raises(KeyboardInterrupt):
            interruptible(work())
    finally:
        signal.signal(signal.SIGINT, before)
    assert cleaned == [True]
