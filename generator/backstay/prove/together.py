"""Coroutines side by side: all results, or the first failure as it is, with the others ended; and interrupts that end them all."""

import asyncio
import signal
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def together(work: Iterable[Coroutine[object, object, T]]) -> list[T]:
    """The results in order; the first exception when one fails, after every other one has been cancelled and has ended."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def interruptible(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end. Ctrl-C and SIGTERM cancel it, so that it cleans up; then it is a `KeyboardInterrupt`.

    As a callback of the loop: asyncio's own way with Ctrl-C is off where a program handles it itself, and an exception out
    of a signal handler is lost when it strikes while a child is forked.
    """

    async def watched() -> T:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None  # noqa: S101 - run below
        with suppress(ValueError, NotImplementedError, RuntimeError):  # only a main thread hears of signals
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, task.cancel)
        return await work

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
