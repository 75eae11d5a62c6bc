"""The whole way of a call on the loopback: client, sidecars, a relay on every hop, server; all of it real but the wires."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from backstay.core.failure import CannotTell
from backstay.model.hop import Hop, Side
from backstay.model.network import Runtime
from backstay.prove.children import Child
from backstay.prove.istiod import Struct
from backstay.prove.mesh.box import timer
from backstay.prove.mesh.envoy import envoy, reserved_port
from backstay.prove.mesh.journal import Event, Journal, What
from backstay.prove.mesh.loopback import bootstrap
from backstay.prove.mesh.peers import Peer, peer, python_peer
from backstay.prove.mesh.relay import LOOPBACK, Relay
from backstay.prove.mesh.scaled import scaled_arguments, whole_seconds
from backstay.prove.mesh.setting import Setting
from backstay.upstream.istio import DRAIN_SECONDS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chain:
    """A running chain. `ends` are the processes at the two ends of the hop over the network.

    `sidecar` is the server's, with the port that it listens on; None where it has none.
    """

    client: Peer
    server: Peer
    ends: dict[Side, Child]
    children: Sequence[Child]
    journal: Journal
    sidecar: tuple[Child, int] | None = None

    def phase(self, words: str) -> float:
        """Note in the journal what is tried from now on; the time."""
        now = asyncio.get_running_loop().time()
        self.journal.add(Event(now, -1, 0, None, What.PHASE, words))
        return now

    async def watched(self, work: Coroutine[object, object, T], doomed: Collection[Child] = ()) -> T:
        """Do some work; `CannotTell` when a child dies in the meantime that is not among those that the work ends."""
        task = asyncio.create_task(work)
        deaths = [asyncio.create_task(child.ended()) for child in self.children if child not in doomed]
        try:
            await asyncio.wait([task, *deaths], return_when=asyncio.FIRST_COMPLETED)
            dead = next((death.result() for death in deaths if death.done()), None)
            if dead is not None:
                raise CannotTell(dead)
            return await task
        finally:
            for one in (task, *deaths):
                one.cancel()
            await asyncio.wait([task, *deaths])


@asynccontextmanager
async def chain(setting: Setting, scale: int, starts: asyncio.Semaphore) -> AsyncIterator[Chain]:
    """Start a call's chain from its far end; everything is gone when the block ends.

    `starts` bounds how many chains start at a time: that is work, while a running chain mostly waits. `CannotTell` when a part of it does not start.
    """
    journal = Journal()
    async with AsyncExitStack() as stack:
        build = _Builder(setting, scale, journal, stack)
        async with starts:
            server, port = await build.server()
            sidecars = await build.sidecars(port)
            client = await build.client(sidecars.port)
        ends = {
            Side.SENDER: sidecars.client or client.child,
            Side.RECEIVER: sidecars.server or server.child,
        }
        children = list(dict.fromkeys([*ends.values(), client.child, server.child]))
        sidecar = None if sidecars.server is None else (sidecars.server, sidecars.listens)
        yield Chain(client, server, ends, children, journal, sidecar)


@dataclass(frozen=True, slots=True)
class _Sidecars:
    """The sidecars that there are, the port that the server's listens on, and the port that the client has to call."""

    client: Child | None
    server: Child | None
    listens: int
    port: int


@dataclass(frozen=True, slots=True)
class _Builder:
    """Starts the parts of one chain."""

    setting: Setting
    scale: int
    journal: Journal
    stack: AsyncExitStack

    async def server(self) -> tuple[Peer, int]:
        """The server, and the port that it has chosen."""
        call = self.setting.call
        settings = {"options": self._options(self.setting.server_arguments), "scale": self.scale}
        program = self._program("server", call.service.runtime)
        one, ready = await self.stack.enter_async_context(
            peer(f"the server {call.service.name}", program, settings)
        )
        return one, int(str(ready.facts["port"]))

    async def sidecars(self, port: int) -> _Sidecars:
        """A relay on each hop and the sidecars between them, from the server's port on."""
        client, server, listens = None, None, 0
        hops = list(self.setting.call.hops)
        port = await self._relay(hops.pop(), port)
        if self.setting.server_sidecar is not None:
            server, listens = await self._sidecar(
                self.setting.call.service.name, self.setting.server_sidecar, port
            )
            port = await self._relay(hops.pop(), listens)
        if self.setting.client_sidecar is not None:
            client, port = await self._sidecar(
                self.setting.call.client.name, self.setting.client_sidecar, port
            )
            port = await self._relay(hops.pop(), port)
        return _Sidecars(client, server, listens, port)

    async def client(self, port: int) -> Peer:
        """The client of a port."""
        options = self._options(self.setting.client_arguments)
        settings = {"target": f"{LOOPBACK}:{port}", "options": options, "scale": self.scale}
        client = self.setting.call.client
        program = self._program("client", client.runtime)
        one, _ = await self.stack.enter_async_context(peer(f"the client {client.name}", program, settings))
        return one

    def _program(self, role: str, runtime: Runtime) -> list[str]:
        """Which of the peers: what is no HTTP/2 is bytes to everybody on the way."""
        if not self.setting.call.service.protocol.pings:
            return python_peer(f"tcp_{role}")
        go = self.setting.go.plays(runtime)
        return python_peer(f"grpc_{role}") if go is None else [str(go), role]

    def _options(self, arguments: dict[str, int | str]) -> list[tuple[str, int | str]]:
        return list(scaled_arguments(arguments, self.scale).items())

    async def _relay(self, hop: Hop, port: int) -> int:
        boxes = [timer(box, self.scale) for box in hop.boxes] if hop.crosses else []
        relay = await self.stack.enter_async_context(Relay(hop.index, port, boxes, self.journal))
        return relay.port

    async def _sidecar(self, of: str, resources: Struct, leads_to: int) -> tuple[Child, int]:
        port = self.stack.enter_context(reserved_port())
        drains = whole_seconds(DRAIN_SECONDS, self.scale)
        make = partial(bootstrap, resources, leads_to=leads_to, scale=self.scale)
        running = await self.stack.enter_async_context(envoy(f"the sidecar of {of}", port, make, drains))
        return running, port
