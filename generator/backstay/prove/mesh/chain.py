"""The whole way of a call on the loopback: client, Envoys, a relay on every hop, server; all of it real but the wires."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from backstay.core.failure import CannotTell
from backstay.model.hop import End, Hop, Side
from backstay.model.network import Protocol, Runtime
from backstay.prove.children import Child
from backstay.prove.mesh.box import timer
from backstay.prove.mesh.envoy import envoy, reserved_port
from backstay.prove.mesh.journal import Event, Journal, What
from backstay.prove.mesh.loopback import bootstrap
from backstay.prove.mesh.peers import Peer, peer, python_peer
from backstay.prove.mesh.pods import Pod
from backstay.prove.mesh.relay import LOOPBACK, Relay
from backstay.prove.mesh.scaled import scaled_arguments, whole_seconds
from backstay.prove.mesh.setting import Setting
from backstay.prove.mesh.untimed import untimed
from backstay.upstream.istio import DRAIN_SECONDS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chain:
    """A running chain. `stations` are the processes in the order that a request passes them: hop n is between n and n+1.

    `relays` are the hops themselves, by index; `sidecar` is the server's, with the port that it listens on; None where it has none.
    """

    client: Peer
    server: Peer
    stations: Sequence[Child]
    children: Sequence[Child]
    journal: Journal
    sidecar: tuple[Child, int] | None = None
    relays: Mapping[int, Relay] = field(default_factory=dict)

    def end(self, hop: Hop, side: Side) -> Child:
        """The process at one end of a hop."""
        return self.stations[hop.index + (side is Side.RECEIVER)]

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
async def chain(
    setting: Setting, scale: int, starts: asyncio.Semaphore, *, timed: bool = True
) -> AsyncIterator[Chain]:
    """Start a call's chain from its far end; everything is gone when the block ends.

    `timed` False: nothing that is told to anybody bounds the time of a request.
    `starts` bounds how many chains start at a time: that is work, while a running chain mostly waits. `CannotTell` when a part of it does not start.
    """
    journal = Journal()
    async with AsyncExitStack() as stack:
        build = _Builder(setting, scale, journal, stack, timed)
        async with starts:
            server, port = await build.server()
            proxies, port = await build.proxies(port)
            client = await build.client(port)
        stations = [client.child, *(proxy.child for proxy in proxies), server.child]
        last = proxies[-1] if proxies and proxies[-1].end is End.SIDECAR else None
        own = last if last is not None and setting.call.service.sidecar else None
        sidecar = None if own is None else (own.child, own.listens)
        yield Chain(client, server, stations, list(dict.fromkeys(stations)), journal, sidecar, build.relays)


@dataclass(frozen=True, slots=True)
class _Proxy:
    """A running Envoy, what it is, and the port that it listens on."""

    child: Child
    end: End
    listens: int


@dataclass(frozen=True, slots=True)
class _Builder:
    """Starts the parts of one chain."""

    setting: Setting
    scale: int
    journal: Journal
    stack: AsyncExitStack
    timed: bool
    relays: dict[int, Relay] = field(default_factory=dict)

    async def server(self) -> tuple[Peer, int]:
        """The server, and the port that it has chosen."""
        call = self.setting.call
        idle = call.service.wait_timeout
        settings = {
            "options": self._options(self.setting.server_arguments), "scale": self.scale,
            "idle": None if idle is None else idle.value / 1000 / self.scale,
        }  # fmt: skip
        program = self._program("server", call.service.runtime)
        one, ready = await self.stack.enter_async_context(
            peer(f"the server {call.service.name}", program, settings)
        )
        return one, int(str(ready.facts["port"]))

    async def proxies(self, port: int) -> tuple[list[_Proxy], int]:
        """A relay on each hop and the Envoys between them, from the server's port on; and the port to call."""
        hops, found = list(self.setting.call.hops), list[_Proxy]()
        port = await self._relay(hops.pop(), port)
        for pod in reversed(self.setting.pods):
            child, listens = await self._envoy(pod, port)
            found.insert(0, _Proxy(child, pod.end, listens))
            port = await self._relay(hops.pop(), listens)
        return found, port

    async def client(self, port: int) -> Peer:
        """The client of a port."""
        told = self.setting.client_arguments
        options = self._options(told if self.timed else untimed(told))
        settings = {
            "target": f"{LOOPBACK}:{port}",
            "options": options,
            "scale": self.scale,
            "host": self.setting.call.service.host.value,
        }
        client = self.setting.call.client
        program = self._program("client", client.runtime)
        one, _ = await self.stack.enter_async_context(peer(f"the client {client.name}", program, settings))
        return one

    def _program(self, role: str, runtime: Runtime) -> list[str]:
        """Which of the peers: what is no HTTP is bytes to everybody on the way."""
        if self.setting.call.service.protocol is Protocol.HTTP:
            return python_peer(f"http_{role}")
        if not self.setting.call.service.protocol.pings:
            return python_peer(f"tcp_{role}")
        go = self.setting.go.plays(runtime)
        return python_peer(f"grpc_{role}") if go is None else [str(go), role]

    def _options(self, arguments: dict[str, int | str]) -> list[tuple[str, int | str]]:
        return list(scaled_arguments(arguments, self.scale).items())

    async def _relay(self, hop: Hop, port: int) -> int:
        boxes = [timer(box, self.scale) for box in hop.boxes] if hop.crosses else []
        relay = await self.stack.enter_async_context(Relay(hop.index, port, boxes, self.journal))
        self.relays[hop.index] = relay
        return relay.port

    async def _envoy(self, pod: Pod, leads_to: int) -> tuple[Child, int]:
        port = self.stack.enter_context(reserved_port())
        drains = whole_seconds(DRAIN_SECONDS, self.scale)
        make = partial(bootstrap, pod.resources, leads_to=leads_to, scale=self.scale, timed=self.timed)
        running = await self.stack.enter_async_context(envoy(pod.words, port, make, drains))
        return running, port
