"""One hop on the loopback: a relay that forwards bytes, notes frames, and forgets idle flows as its boxes would.

Each flow is two TCP connections, one with either end; the kernel of this machine acknowledges for both. A box learns
of bytes by reading them and of TCP keepalive probes by the kernel's count of received segments (`tcpi_segs_in`,
linux/tcp.h), as probes end at the relay's own sockets.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from backstay.model.hop import Side
from backstay.prove.mesh.box import Timer
from backstay.prove.mesh.frames import Kind, Reader
from backstay.prove.mesh.journal import Event, Journal, What

LOOPBACK = "127.0.0.1"
SEES_PROBES = sys.platform == "linux"
"""Whether segments without bytes can be counted here."""

_POLL_SECONDS = 0.05
_ACKNOWLEDGES_SECONDS = 0.2  # delayed acknowledgements take 40 ms, and a poll
_READ = 1 << 16
_SEGMENTS_IN = 140  # the offset of tcpi_segs_in in struct tcp_info, Linux 4.2 and later
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: reset instead of an orderly end
_NOTED = {Kind.DATA: What.DATA, Kind.PING: What.PING, Kind.PONG: What.PONG, Kind.GOAWAY: What.GOAWAY,
          Kind.RESET: What.RESET, Kind.BYTES: What.DATA}  # fmt: skip


@dataclass(slots=True)
class _End:
    """One of a flow's two connections."""

    side: Side
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    frames: Reader
    segments: int = 0

    def counted(self) -> bool:
        """Whether segments have arrived since the last look."""
        seen = _segments(self.writer)
        grown, self.segments = seen > self.segments, seen
        return grown

    def abort(self) -> None:
        """Reset the connection."""
        raw = self.writer.get_extra_info("socket")
        if raw is not None and raw.fileno() >= 0:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.writer.transport.abort()


@dataclass(slots=True)
class _Flow:
    """A connection through the relay: its ends, when each box last saw traffic, and which box forgot it.

    `spoke` is when bytes last passed: segments soon after are acknowledgements, not probes.
    """

    number: int
    ends: dict[Side, _End]
    seen: list[float] = field(default_factory=list)
    spoke: float = 0.0
    forgotten: Timer | None = None

    def across(self, side: Side) -> _End:
        """The end opposite to a side."""
        return self.ends[Side.RECEIVER if side is Side.SENDER else Side.SENDER]


class Relay:
    """Listens on a free loopback port and forwards to `target`; `async with` ends every connection through it."""

    def __init__(self, hop: int, target: int, boxes: Sequence[Timer], journal: Journal) -> None:
        self.hop, self.port = hop, 0
        self._target, self._boxes, self._journal = target, tuple(boxes), journal
        self._flows: list[_Flow] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._severed = False

    async def __aenter__(self) -> Self:
        """Begin to listen; `port` is known from here on."""
        self._server = await asyncio.start_server(self._accepted, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        if SEES_PROBES and any(box.counts_probes for box in self._boxes):
            self._keep(asyncio.create_task(self._watch_segments()))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and end every flow."""
        assert self._server is not None  # noqa: S101 - entered
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for flow in self._flows:
            for end in flow.ends.values():
                end.writer.transport.abort()

    def sever(self) -> None:
        """From now on let nothing through, either way and without a word, as a network does that is gone."""
        self._severed = True

    def cut(self) -> None:
        """Reset every connection, as happens to those of a process that is gone."""
        for flow in self._flows:
            if any(not end.writer.is_closing() for end in flow.ends.values()):
                self._journal.add(Event(_now(), self.hop, flow.number, None, What.CUT))
            for end in flow.ends.values():
                end.abort()

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - start_server runs this in a task
        self._keep(task)
        try:
            away = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            writer.transport.abort()
            return
        sender = _End(Side.SENDER, reader, writer, Reader(client=True))
        receiver = _End(Side.RECEIVER, *away, Reader(client=False))
        flow = _Flow(
            len(self._flows), {Side.SENDER: sender, Side.RECEIVER: receiver}, [_now()] * len(self._boxes)
        )
        self._flows.append(flow)
        self._note(flow, Side.SENDER, What.OPENED)
        self._keep(asyncio.create_task(self._pump(flow, receiver)))
        await self._pump(flow, sender)

    async def _pump(self, flow: _Flow, end: _End) -> None:
        """Forward what one end sends until it stops, then end the other as it ended."""
        while True:
            try:
                data = await end.reader.read(_READ)
            except OSError:
                data = b""
            if not self._passes(flow, end.side):
                if not data:
                    self._note(flow, end.side, What.CLOSED)
                    return
                continue
            if not data:
                break
            for frame in end.frames.feed(data):
                if frame.kind in _NOTED:
                    self._note(flow, end.side, _NOTED[frame.kind], frame.text, frame.code)
            flow.across(end.side).writer.write(data)
            flow.spoke = _now()
        self._close(flow, end)

    def _close(self, flow: _Flow, end: _End) -> None:
        if not flow.across(end.side).writer.is_closing():
            self._note(flow, end.side, What.CLOSED)
        end.writer.close()
        flow.across(end.side).writer.close()

    def _passes(self, flow: _Flow, side: Side, *, probe: bool = False) -> bool:
        """A packet arrives: whether every box lets it through. Those that count it start their timers anew."""
        if self._severed:
            self._note(flow, side, What.LOST, "by the network")
            return False
        now = _now()
        self._forget(flow, now)
        if flow.forgotten is not None:
            self._refuse(flow, side, flow.forgotten)
            return False
        for index, box in enumerate(self._boxes):
            if box.counts_probes or not probe:
                flow.seen[index] = now
        return True

    def _forget(self, flow: _Flow, now: float) -> None:
        if flow.forgotten is not None:
            return
        late = [(seen + box.idle, box) for seen, box in zip(flow.seen, self._boxes, strict=True)]
        for at, box in sorted(late, key=lambda one: one[0])[:1]:
            if at < now:
                flow.forgotten = box
                self._journal.add(Event(at, self.hop, flow.number, None, What.FORGOT, box.name))

    def _refuse(self, flow: _Flow, side: Side, box: Timer) -> None:
        if not box.resets:
            self._note(flow, side, What.LOST, box.name)
        elif not flow.ends[side].writer.is_closing():
            self._note(flow, side, What.REFUSED, box.name)
            for end in flow.ends.values():
                end.abort()

    async def _watch_segments(self) -> None:
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            for flow in self._flows:
                for end in flow.ends.values():
                    if not end.writer.is_closing() and end.counted() and flow.forgotten is None:
                        self._probed(flow, end.side)

    def _probed(self, flow: _Flow, side: Side) -> None:
        if self._passes(flow, side, probe=True) and _now() - flow.spoke > _ACKNOWLEDGES_SECONDS:
            self._note(flow, side, What.PROBE)

    def _note(self, flow: _Flow, side: Side, what: What, text: str = "", code: int = 0) -> None:
        self._journal.add(Event(_now(), self.hop, flow.number, side, what, text, code))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _segments(writer: asyncio.StreamWriter) -> int:
    """How many TCP segments the kernel has received on a connection; 0 when it is closed."""
    raw = writer.get_extra_info("socket")
    if raw is None or raw.fileno() < 0:
        return 0
    info = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SEGMENTS_IN + 4)
    (count,) = struct.unpack_from("I", info, _SEGMENTS_IN)
    return int(count)
