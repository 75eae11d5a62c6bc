"""The trials of silence: a call that is silent, and a peer that stops answering. Each has a chain of its own."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from backstay.core.failure import CannotTell
from backstay.core.units import show_duration
from backstay.model.hop import Pinger, Side
from backstay.prove.mesh.chain import Chain, chain
from backstay.prove.mesh.journal import Journal, What
from backstay.prove.mesh.peers import Peer, Told
from backstay.prove.mesh.setting import Setting

ANSWER_SECONDS = 5.0
"""How long an answer may take that normally takes milliseconds."""

_OPEN_SECONDS = 20.0
_LOOK_SECONDS = 0.005
_SOME_PINGS = 6
_PAST_A_BOX = 1.5
_CONNECTS = 4


class NotMade(CannotTell):
    """Nothing died, and yet no call came about: at a lesser pace, or on a machine that is less busy, it may."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A call that was silent: when it was opened and when somebody spoke again, in seconds, and what it said then.

    `silence` is what was waited for at last, in the spec's milliseconds; `told` None: no answer in time.
    """

    journal: Journal
    opened: float
    spoke: float
    silence: int
    told: Told | None


@dataclass(frozen=True, slots=True)
class Dead:
    """A peer that was stopped: when, and when the other end closed the connection; None: not in time."""

    journal: Journal
    stopped: float
    closed: float | None
    waited: float


async def be_silent(setting: Setting, scale: int, starts: asyncio.Semaphore) -> Silent:
    """Open the call, say nothing for as long as the spec allows, speak, and see whether there is an answer."""
    async with chain(setting, scale, starts, timed=_is_stream(setting)) as running:
        return await running.watched(_silence(running, setting, scale))


async def stop_peer(
    setting: Setting, scale: int, side: Side, starts: asyncio.Semaphore, *, severed: bool = False
) -> Dead:
    """Stop the process that `side` pings, right after it answered a ping, and wait until `side` notices.

    `severed`: the process goes on, and the network between the two is gone.
    """
    async with chain(setting, scale, starts, timed=_is_stream(setting)) as running:
        return await running.watched(_stopped(running, setting, scale, side, severed=severed))


def _is_stream(setting: Setting) -> bool:
    """Whether the silence is part of a request, and so of the time that the request may take."""
    return not setting.call.idles_between_calls


def stretches(setting: Setting) -> list[int]:
    """The silences to try, in the spec's milliseconds.

    Between unary calls the longest is not the hardest: by then a proxy's idle timer may have closed the connection
    in an orderly way. So a silence just longer than each box allows comes first.
    """
    call = setting.call
    if call.silence is None:
        return [_SOME_PINGS * max((pinger.longest_gap for pinger in setting.pingers), default=0)]
    longest = call.silence.value
    if not call.idles_between_calls:
        return [longest]
    past = {int(box.idle.value * _PAST_A_BOX) for box in setting.boxes}
    return [*sorted(each for each in past if each < longest), longest]


async def open_call(running: Chain, setting: Setting, stream: str) -> float:
    """Open a call of a kind of stream; when it was open. `NotMade` when it cannot be."""
    await running.client.ask("open", stream=stream)
    hears = running.server if stream == "client" else running.client
    told = await hears.hear(_OPEN_SECONDS)
    if told is None or told.event not in {"answer", "got"}:
        why = (
            f"{told.text('code')}: {told.text('details')}" if told else f"nothing within {_OPEN_SECONDS:.0f}s"
        )
        raise NotMade(
            f"the call {setting.call.client.name} -> {setting.call.service.name} cannot be opened: {why}"
        )
    return asyncio.get_running_loop().time()


async def connected(running: Chain, setting: Setting) -> None:
    """Have every connection on the way opened: at first that may take longer than what ends a call allows."""
    for _ in range(_CONNECTS):
        with suppress(CannotTell):
            await open_call(running, setting, "none")
            return
    await open_call(running, setting, "none")


async def _silence(running: Chain, setting: Setting, scale: int) -> Silent:
    opened = await open_call(running, setting, setting.call.stream)
    speaker = running.server if setting.call.stream == "server" else running.client
    spoke, told = opened, None
    for stretch in stretches(setting):
        running.phase(f"silent for {show_duration(stretch)}")
        told = await running.client.hear(stretch / 1000 / scale)
        if told is None:
            spoke = running.phase("speaks again")
            told = await _spoken(speaker, running.client)
        else:
            spoke = asyncio.get_running_loop().time()
        if told is None or told.event == "failed":
            break
    return Silent(running.journal, opened, spoke, stretch, told)


async def _spoken(speaker: Peer, client: Peer) -> Told | None:
    await speaker.ask("speak")
    return await client.hear(ANSWER_SECONDS)


async def _stopped(running: Chain, setting: Setting, scale: int, side: Side, *, severed: bool) -> Dead:
    opened = await open_call(running, setting, setting.call.stream)
    pingers = [pinger for pinger in setting.pingers if pinger.side is side]
    await _answered(running.journal, setting, side, opened, _gap(pingers, scale))
    stopped = running.phase("the network is gone" if severed else "the peer stops answering")
    if severed:
        running.relays[setting.hop.index].sever()
    else:
        running.end(setting.hop, Side.RECEIVER if side is Side.SENDER else Side.SENDER).freeze()
    within = setting.call.detect.value if setting.call.detect else 0
    waited = 1.5 * within / 1000 / scale + ANSWER_SECONDS
    closed = await _seen(running.journal, setting, side, What.CLOSED, stopped, waited)
    return Dead(running.journal, stopped, closed, waited)


def _gap(pingers: Sequence[Pinger], scale: int) -> float:
    """How long to wait for a ping: what the slowest may take, and some more."""
    return max((pinger.longest_gap for pinger in pingers), default=0) / 1000 / scale + 1.0


async def _answered(journal: Journal, setting: Setting, side: Side, opened: float, seconds: float) -> None:
    """Wait for an answered ping, so that the next one is as far away as it can be; not for long when there is none."""
    pinged = await _seen(journal, setting, side, What.PING, opened, seconds)
    if pinged is not None:
        other = Side.RECEIVER if side is Side.SENDER else Side.SENDER
        await _seen(journal, setting, other, What.PONG, pinged, seconds)


async def _seen(
    journal: Journal, setting: Setting, side: Side, what: What, since: float, seconds: float
) -> float | None:
    """Wait for an event on the network's hop; when it was, or None."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        found = next(journal.find(what, hop=setting.hop.index, side=side, since=since), None)
        if found is not None:
            return found.at
        if loop.time() > until:
            return None
        await asyncio.sleep(_LOOK_SECONDS)
