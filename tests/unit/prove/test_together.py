"""Work that a signal ends."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from backstay.prove.together import interruptible


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_work_in_order(number: signal.Signals):
    """It is cancelled, cleans up, and then is an interrupt."""
    cleaned = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(30)
        finally:
            cleaned.append(True)

    with pytest.raises(KeyboardInterrupt):
        interruptible(work())
    assert cleaned == [True]


def test_work_that_nobody_ends_has_its_result():
    """As it is."""

    async def work() -> int:
        return 7

    assert interruptible(work()) == 7
