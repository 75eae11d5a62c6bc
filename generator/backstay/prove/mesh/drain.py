"""The trial of a server's pod that has to go while calls are in flight: kubelet's part, and pilot-agent's, are played here.

The word to go starts everything at once: the sidecar's drain, and the application's preStop hook, after which the
application gets SIGTERM and finishes what it has begun. What is still there at the end of the grace period is killed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from backstay.prove.children import Child
from backstay.prove.mesh import admin
from backstay.prove.mesh.chain import Chain, chain
from backstay.prove.mesh.ending import Ending, Sidecar, ending
from backstay.prove.mesh.ends import IN_TIME_PERCENT, deadline, tries
from backstay.prove.mesh.journal import Journal
from backstay.prove.mesh.peers import Told
from backstay.prove.mesh.setting import Setting
from backstay.prove.mesh.trials import ANSWER_SECONDS, NotMade, connected

CALLS, LATE = 8, 4
"""Calls in flight when the word comes: the last takes as long as any may, the others evenly less. And calls that begin
when the application's preStop hook is about to end, for callers that have not heard yet: all as long as any may."""

_OPEN_SECONDS = 20.0
_LOOK_MS = 1_000  # agent.go looks once a second whether connections are left
_FINEST_SECONDS = 0.02
_ALMOST = 0.8


@dataclass(frozen=True, slots=True)
class Drained:
    """What became of the calls: how many were answered, and those that were not, each with when, in seconds after the word."""

    journal: Journal
    ending: Ending
    answered: int
    cut: Sequence[tuple[float, Told | None]]


async def drain(setting: Setting, scale: int, longest: int, starts: asyncio.Semaphore) -> Drained:
    """Make calls of up to `longest` (the spec's milliseconds), tell the server's pod to go, and see who gets an answer."""
    async with chain(setting, scale, starts) as running:
        whole = max(1, takes(setting, longest) // scale)
        await running.watched(_occupied(running, setting, whole))
        doomed = [running.server.child, *([running.sidecar[0]] if running.sidecar else [])]
        return await running.watched(_drained(running, setting, scale, whole), doomed)


def takes(setting: Setting, longest: int) -> int:
    """How long the longest call of a trial takes: a bit less than what would end it whatever the pod does.

    That is its deadline, and what its route gives a single try.
    """
    within = deadline(setting.call)
    ends = [*tries(setting), *([] if within is None else [within.value])]
    return min([longest, *(end * IN_TIME_PERCENT // 100 for end in ends)])


async def _occupied(running: Chain, setting: Setting, whole: int) -> None:
    """Have calls in flight, the longest of which takes so many milliseconds."""
    await connected(running, setting)
    await _begin(running, [max(1, whole * number // CALLS) for number in range(1, CALLS + 1)])


async def _drained(running: Chain, setting: Setting, scale: int, whole: int) -> Drained:
    ends = ending(setting)
    told = running.phase("the pod is told to go")
    pod = asyncio.create_task(_go(running, ends, scale))
    hook = ends.pre_stop / 1000 / scale
    try:
        calls = CALLS + await _late(running, _ALMOST * hook, [whole] * LATE if hook else [])
        found = [await _ended(running, told, hook + whole / 1000) for _ in range(calls)]
        await pod
    finally:
        pod.cancel()
        await asyncio.wait([pod])
    cut = [(at, one) for at, one in found if one is None or one.event != "answer"]
    return Drained(running.journal, ends, len(found) - len(cut), cut)


async def _begin(running: Chain, milliseconds: Sequence[int]) -> None:
    """Make calls that take so long, and wait until the server has them."""
    running.phase(f"{len(milliseconds)} calls begin")
    await running.client.ask("hold", milliseconds=[*milliseconds])
    for _ in milliseconds:
        await _begun(running)


async def _late(running: Chain, after: float, milliseconds: Sequence[int]) -> int:
    """Make the late calls, and wait for none; how many."""
    await asyncio.sleep(after)
    if milliseconds:
        running.phase(f"{len(milliseconds)} more calls begin")
        await running.client.ask("hold", milliseconds=[*milliseconds])
    return len(milliseconds)


async def _begun(running: Chain) -> None:
    told = await running.server.hear(_OPEN_SECONDS)
    while told is not None and told.event != "holds":
        told = await running.server.hear(_OPEN_SECONDS)
    if told is None:
        failed = next((one.text("details") for one in running.client.heard() if one.event == "failed"), "")
        raise NotMade(f"{running.client.child.name} cannot make {CALLS} calls: {failed or 'no answer'}")


async def _ended(running: Chain, since: float, longest: float) -> tuple[float, Told | None]:
    """How the next call ended, and when."""
    clock = asyncio.get_running_loop().time
    told = await running.client.hear(max(0.0, since + longest + ANSWER_SECONDS - clock()))
    return clock() - since, told


async def _go(running: Chain, ends: Ending, scale: int) -> None:
    """The end of the pod, as long as it takes."""
    try:
        async with asyncio.timeout(ends.grace / 1000 / scale):
            await asyncio.gather(
                _application(running.server.child, ends, scale), _proxy(running, ends, scale)
            )
    except TimeoutError:
        running.phase("the grace period is over")
        await running.server.child.end()
        if running.sidecar is not None:
            await running.sidecar[0].end()


async def _application(app: Child, ends: Ending, scale: int) -> None:
    await asyncio.sleep(ends.pre_stop / 1000 / scale)
    app.tell_to_go()
    await app.ended()


async def _proxy(running: Chain, ends: Ending, scale: int) -> None:
    if running.sidecar is None:
        return
    proxy, port = running.sidecar
    native = ends.sidecar is Sidecar.NATIVE
    await admin.drain(port, skip_exit=native)
    await (_native(proxy, running.server.child) if native else _classic(proxy, port, ends, scale))
    running.phase("the sidecar is gone")


async def _classic(proxy: Child, port: int, ends: Ending, scale: int) -> None:
    if ends.minimum is None:
        await asyncio.sleep(ends.drain / 1000 / scale)
    else:
        await asyncio.sleep(ends.minimum / 1000 / scale)
        look = max(_FINEST_SECONDS, _LOOK_MS / 1000 / scale)
        while await admin.connections(port):  # noqa: ASYNC110 - as agent.go does: another process tells no events
            await asyncio.sleep(look)
    await proxy.end()


async def _native(proxy: Child, app: Child) -> None:
    await app.ended()
    proxy.tell_to_go()
    await proxy.ended()
