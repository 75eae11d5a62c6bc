"""A relay on real sockets: what passes, what is noted, and what a flow gets that a box has forgotten."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from backstay.model.hop import Side
from backstay.prove.mesh.box import Timer
from backstay.prove.mesh.frames import PREFACE
from backstay.prove.mesh.journal import Journal, What
from backstay.prove.mesh.relay import SEES_PROBES, Relay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PING = b"\0\0\x08\x06\0\0\0\0\0" + b"12345678"
IDLE = 0.5
RESETS = Timer("fw", IDLE, resets=True, counts_probes=False)
DROPS = Timer("fw", IDLE, resets=False, counts_probes=False)


class Talk:
    """Both ends of a connection through a relay."""

    def __init__(self, client: tuple, server: tuple, journal: Journal) -> None:
        self.client_in, self.client_out = client
        self.server_in, self.server_out = server
        self.journal = journal

    async def says(self, data: bytes = b"x") -> bytes | None:
        """What the server gets of what the client says; None when nothing comes."""
        self.client_out.write(data)
        try:
            async with asyncio.timeout(0.3):
                return await self.server_in.read(1000)
        except TimeoutError:
            return None

    def noted(self) -> list[What]:
        """What the relay noted."""
        return [event.what for event in self.journal.events]


@asynccontextmanager
async def talk(*boxes: Timer) -> AsyncIterator[Talk]:
    """A client and a server with a relay between them."""
    journal, arrived = Journal(), asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda *ends: arrived.set_result(ends), "127.0.0.1", 0)
    async with server, Relay(0, server.sockets[0].getsockname()[1], boxes, journal) as relay:
        client = await asyncio.open_connection("127.0.0.1", relay.port)
        ends = await arrived
        yield Talk(client, ends, journal)
        for _, writer in (client, ends):
            writer.transport.abort()


def run(scene, *boxes: Timer):
    """Play a scene; what it returns."""

    async def play():
        async with talk(*boxes) as talking:
            return await scene(talking)

    return asyncio.run(play())


def test_bytes_pass_and_frames_are_noted():
    """By whom they were sent."""

    async def scene(talking):
        assert await talking.says(PREFACE + PING) == PREFACE + PING
        talking.server_out.write(PING[:4] + b"\1" + PING[5:])
        await talking.client_in.readexactly(len(PING))
        return [(event.what, event.side) for event in talking.journal.events]

    assert run(scene) == [(What.OPENED, Side.SENDER), (What.PING, Side.SENDER), (What.PONG, Side.RECEIVER)]


def test_an_end_that_closes_is_noted_and_ends_the_other():
    """So that it can be told who gave up."""

    async def scene(talking):
        talking.server_out.close()
        assert await talking.client_in.read() == b""
        return [(event.what, event.side) for event in talking.journal.events]

    assert run(scene)[1:] == [(What.CLOSED, Side.RECEIVER)]


def test_a_forgotten_flow_is_reset_at_the_next_packet():
    """At both ends."""

    async def scene(talking):
        await asyncio.sleep(IDLE * 2)
        talking.client_out.write(b"x")
        with pytest.raises(ConnectionResetError):
            await talking.client_in.read()
        with pytest.raises(ConnectionResetError):
            await talking.server_in.read()
        return talking.noted()

    assert run(scene, RESETS)[1:3] == [What.FORGOT, What.REFUSED]


def test_a_forgotten_flow_is_dropped_without_a_word():
    """Neither end learns of it, and nothing passes any more."""

    async def scene(talking):
        await asyncio.sleep(IDLE * 2)
        assert await talking.says() is None
        assert await talking.says() is None
        return talking.noted()

    assert run(scene, DROPS) == [What.OPENED, What.FORGOT, What.LOST, What.LOST]


def test_a_box_names_itself_and_the_moment():
    """The one that forgets first, when it forgot and not when that came to light."""
    slow = Timer("slow", IDLE * 10, resets=True, counts_probes=False)

    async def scene(talking):
        await asyncio.sleep(IDLE * 2)
        await talking.says()
        opened, forgot = talking.journal.events[:2]
        return forgot.text, forgot.at - opened.at

    name, after = run(scene, slow, DROPS)
    assert name == "fw"
    assert after == pytest.approx(IDLE, abs=0.05)


def test_traffic_keeps_a_flow():
    """Three idle times, a byte each half."""

    async def scene(talking):
        for _ in range(6):
            await asyncio.sleep(IDLE / 2)
            assert await talking.says() == b"x"
        return talking.noted()

    assert What.FORGOT not in run(scene, RESETS)


@pytest.mark.skipif(not SEES_PROBES, reason="only Linux tells of segments without bytes")
@pytest.mark.parametrize(("counts", "passes"), [(True, b"x"), (False, None)])
def test_tcp_keepalive_keeps_a_flow_where_the_box_counts_it(counts, passes):
    """Real probes of the kernel, each second."""
    box = Timer("fw", 1.6, resets=False, counts_probes=counts)

    async def scene(talking):
        raw = talking.client_out.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        await asyncio.sleep(2.5)
        return await talking.says()

    assert run(scene, box) == passes


def test_nobody_to_forward_to_is_a_refusal():
    """As from a port that nobody listens on."""

    async def play():
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            async with Relay(0, nobody.getsockname()[1], (), Journal()) as relay:
                reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
                try:
                    return await reader.read()
                except ConnectionResetError:
                    return b""
                finally:
                    writer.transport.abort()

    assert asyncio.run(play()) == b""
