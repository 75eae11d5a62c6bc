"""A control plane for jobs that stays up while synchronous tests ask things of it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from backstay.prove.jobs.components import find
from backstay.prove.jobs.journal import Watcher
from backstay.prove.jobs.pace import Pace
from backstay.prove.jobs.plane import Plane, control_plane
from backstay.prove.jobs.trials import SPARE

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path
    from typing import Any

    from e2e.support.cache import Say

T = TypeVar("T")
PACE = Pace()
RECOVERS = {"featureGates": {"FailureRecoveryPolicy": True}}


class Running:
    """A control plane in an event loop of its own, and what follows its pods."""

    def __init__(self, loop: asyncio.AbstractEventLoop, plane: Plane, watcher: Watcher) -> None:
        self._loop = loop
        self.plane = plane
        self.watcher = watcher

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of some work in the plane's loop; `CannotTell` when one of its programs ends meanwhile."""
        return asyncio.run_coroutine_threadsafe(self.plane.guarded(work), self._loop).result()


@contextmanager
def running(folder: Path, say: Say) -> Iterator[Running]:
    """A control plane of the components in `folder` for the length of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    up: asyncio.Future[Running] = asyncio.run_coroutine_threadsafe(_nothing(loop), loop).result()
    over = asyncio.run_coroutine_threadsafe(_event(), loop).result()
    lived = asyncio.run_coroutine_threadsafe(_live(folder, say, up, over), loop)
    try:
        yield asyncio.run_coroutine_threadsafe(_wait(up), loop).result()
    finally:
        loop.call_soon_threadsafe(over.set)
        lived.result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _nothing(loop: asyncio.AbstractEventLoop) -> asyncio.Future[Running]:
    return loop.create_future()


async def _event() -> asyncio.Event:
    return asyncio.Event()


async def _wait(up: asyncio.Future[Running]) -> Running:
    return await up


async def _live(folder: Path, say: Say, up: asyncio.Future[Running], over: asyncio.Event) -> None:
    try:
        async with control_plane(find(folder), PACE, RECOVERS, say) as plane:
            watcher = Watcher(plane.client)
            following = asyncio.create_task(watcher.follow())
            await plane.keep(SPARE)
            up.set_result(Running(asyncio.get_running_loop(), plane, watcher))
            await over.wait()
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    except BaseException as wrong:
        if up.done():
            raise
        up.set_exception(wrong)
