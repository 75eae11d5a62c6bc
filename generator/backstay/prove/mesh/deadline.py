"""The trials of a call's deadline: an answer that takes almost as long still arrives, and none at all is not waited for.

Each begins on a connection that is open already, as connecting has its own time and passes no faster.
"""

import asyncio
from dataclasses import dataclass

from backstay.prove.mesh.chain import Chain, chain
from backstay.prove.mesh.ends import in_time, longest_pause
from backstay.prove.mesh.journal import Journal
from backstay.prove.mesh.peers import Peer, Told
from backstay.prove.mesh.setting import Setting
from backstay.prove.mesh.trials import ANSWER_SECONDS, connected, open_call

_LOOK_SECONDS = 0.02
_UNENDED = 1.5


@dataclass(frozen=True, slots=True)
class Long:
    """A call with an answer that takes long: when it began and ended, in seconds, and what its caller was told.

    `told` None: nothing in time; then `ended` is when nobody waited any more.
    """

    journal: Journal
    began: float
    ended: float
    told: Told | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A call that is never answered: `attempts` of it reached the server, which was told of the end of `over` of them.

    Times as in `Long`.
    """

    journal: Journal
    began: float
    ended: float
    told: Told | None
    attempts: int
    over: int


async def take_long(setting: Setting, scale: int, longest: int, starts: asyncio.Semaphore) -> Long:
    """Make a call whose answer takes almost `longest` (the spec's milliseconds), and see whether it arrives."""
    seconds = max(1, in_time(longest, scale)) / 1000 / scale
    async with chain(setting, scale, starts) as running:
        return await running.watched(_long(running, setting, seconds, scale))


async def never_answer(setting: Setting, scale: int, within: int, starts: asyncio.Semaphore) -> Unanswered:
    """Make a call that is never answered, and see when its caller hears so, and whether the server does."""
    async with chain(setting, scale, starts) as running:
        return await running.watched(_unanswered(running, setting, _UNENDED * within / 1000 / scale))


async def _long(running: Chain, setting: Setting, seconds: float, scale: int) -> Long:
    await connected(running, setting)
    began = running.phase("a call begins whose answer takes long")
    if setting.call.stream == "none":
        await running.client.ask("hold", milliseconds=[max(1, round(seconds * 1000))])
        told = await running.client.hear(seconds + ANSWER_SECONDS)
    else:
        pause = longest_pause(setting, round(seconds * 1000 * scale)) / 1000 / scale
        told = await _talk(running, setting, began + seconds, pause)
    return Long(running.journal, began, asyncio.get_running_loop().time(), told)


async def _talk(running: Chain, setting: Setting, until: float, pause: float) -> Told | None:
    """Open the stream, say a word after each pause, and the last one at `until`; what is heard then, or the end of it."""
    clock = asyncio.get_running_loop().time
    await open_call(running, setting, setting.call.stream)
    speaker = running.server if setting.call.stream == "server" else running.client
    while (left := until - clock()) > 0:
        failed = await _failed(running.client, min(pause, left))
        if failed is not None:
            return failed
        if left > pause:
            await speaker.ask("speak", more=True)
    running.client.heard()
    running.phase("the last word")
    await speaker.ask("speak")
    return await running.client.hear(ANSWER_SECONDS)


async def _failed(client: Peer, seconds: float) -> Told | None:
    """Wait for so long; the end of the call, where it comes sooner."""
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    while (left := until - clock()) > 0:
        told = await client.hear(left)
        if told is not None and told.event == "failed":
            return told
    return None


async def _unanswered(running: Chain, setting: Setting, seconds: float) -> Unanswered:
    await connected(running, setting)
    began = running.phase("a call begins that is never answered")
    await running.client.ask("never", stream=setting.call.stream)
    told = await running.client.hear(seconds + ANSWER_SECONDS)
    ended = running.phase("the call has ended" if told else "nobody waits any more")
    attempts, over = await _counted(running.server, ANSWER_SECONDS if told else 0.0)
    return Unanswered(running.journal, began, ended, told, attempts, over)


async def _counted(server: Peer, seconds: float) -> tuple[int, int]:
    """How many attempts reached the server, and of how many it heard the end; it has some time to hear of all."""
    until = asyncio.get_running_loop().time() + seconds
    known: list[str] = []
    while True:
        known += [one.event for one in server.heard()]
        attempts, over = known.count("holds"), known.count("gone")
        if 0 < attempts == over or asyncio.get_running_loop().time() > until:
            return attempts, over
        await asyncio.sleep(_LOOK_SECONDS)
