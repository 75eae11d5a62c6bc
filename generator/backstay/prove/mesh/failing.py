"""The trials of a server that fails, in the ways in which one can: how often does one call arrive there?

A server may say that it is unavailable; and its connection may break after the request got through, between it and its
own sidecar (it crashed) or on the network. A request that had got through may have been run, whatever its caller hears.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from backstay.prove.mesh.chain import Chain, chain
from backstay.prove.mesh.journal import Journal
from backstay.prove.mesh.peers import Told
from backstay.prove.mesh.setting import Setting

_WAIT_SECONDS = 20.0
_LOOK_SECONDS = 0.02
_HOLD_MS = 500


@dataclass(frozen=True, slots=True)
class Way:
    """How the server fails: `breaks` is the hop whose connection breaks each time the request arrives; None: it says so."""

    words: str
    breaks: int | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """A server that fails in a way: how often one call arrived, and what its caller was told in the end."""

    journal: Journal
    attempts: int
    told: Told | None
    way: Way


def ways(setting: Setting) -> Sequence[Way]:
    """The ways that differ for a call."""
    network = {hop.index: f"the network to {hop.receiver} breaks" for hop in setting.call.crossings}
    broken = {setting.call.hops[-1].index: "its server goes away"} | network
    return [Way("the server is unavailable"), *(Way(words, hop) for hop, words in broken.items())]


async def fail(setting: Setting, scale: int, way: Way, starts: asyncio.Semaphore) -> Failing:
    """Make one call that fails in a way each time that it arrives, and count how often it does."""
    async with chain(setting, scale, starts) as running:
        return await running.watched(_failing(running, way))


async def _failing(running: Chain, way: Way) -> Failing:
    running.phase(way.words)
    if way.breaks is None:
        await running.client.ask("fail")
    else:
        await running.client.ask("hold", milliseconds=[_HOLD_MS])
    told = asyncio.create_task(running.client.hear(_WAIT_SECONDS))
    attempts = 0
    while not told.done():
        arrived = await running.server.hear(_LOOK_SECONDS)
        attempts += arrived is not None
        if arrived is not None and way.breaks is not None:
            running.relays[way.breaks].cut()
    return Failing(running.journal, attempts + len(running.server.heard()), await told, way)
