"""The applications at both ends of a call, as children that take commands and tell events."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from backstay.core.failure import CannotTell
from backstay.prove.children import Child, child

_STARTS_SECONDS = 30.0
_UNWANTED = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy", "GRPC_TRACE")
Options = Sequence[tuple[str, int | str]]


@dataclass(frozen=True, slots=True)
class Told:
    """An event that a peer told, with what it said about it."""

    event: str
    facts: Mapping[str, object]

    def text(self, name: str) -> str:
        """A fact as text; empty when it was not told."""
        return str(self.facts.get(name) or "")


def python_peer(name: str) -> list[str]:
    """The command of a program of `prove.peers`."""
    return [sys.executable, "-P", "-m", f"backstay.prove.peers.{name}"]


class Peer:
    """A client or a server. Use through `peer`."""

    def __init__(self, running: Child) -> None:
        self.child = running
        self._told: asyncio.Queue[Told] = asyncio.Queue()
        self._listening = asyncio.create_task(self._listen())

    async def ask(self, do: str, **facts: object) -> None:
        """Give a command."""
        await self.child.say(json.dumps({"do": do, **facts}).encode() + b"\n")

    async def hear(self, seconds: float) -> Told | None:
        """The next event; None when there is none in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._told.get()
        except TimeoutError:
            return None

    def heard(self) -> list[Told]:
        """The events that nobody has taken yet."""
        return [self._told.get_nowait() for _ in range(self._told.qsize())]

    async def _listen(self) -> None:
        async for line in self.child.lines():
            facts = json.loads(line)
            self._told.put_nowait(Told(facts.pop("event"), facts))

    async def stop(self) -> None:
        """Stop listening."""
        self._listening.cancel()
        await asyncio.wait([self._listening])


@asynccontextmanager
async def peer(
    name: str, program: Sequence[str], settings: Mapping[str, object]
) -> AsyncIterator[tuple[Peer, Told]]:
    """Run a program with its settings for the length of the block; the peer and what it told when it was ready."""
    command = [*program, json.dumps(settings)]
    env = {key: value for key, value in os.environ.items() if key.lower() not in _UNWANTED}
    async with child(name, command, {**env, "GRPC_VERBOSITY": "NONE"}) as running:
        one = Peer(running)
        try:
            yield one, await _ready(one)
        finally:
            await one.stop()


async def _ready(one: Peer) -> Told:
    """What it tells when it is ready; `CannotTell` when it ends first, or says nothing for too long."""
    ended = asyncio.create_task(one.child.ended())
    told = asyncio.create_task(one.hear(_STARTS_SECONDS))
    try:
        await asyncio.wait([ended, told], return_when=asyncio.FIRST_COMPLETED)
        ready = told.result() if told.done() else None
        if ready is None or ready.event != "ready":
            raise CannotTell(f"{one.child.name} did not start: {one.child.last_words or 'it said nothing'}")
        return ready
    finally:
        ended.cancel()
        told.cancel()
        await asyncio.wait([ended, told])
