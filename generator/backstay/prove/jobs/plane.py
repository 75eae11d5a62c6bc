"""A whole control plane on the loopback: the API server and its store, every controller that a job meets, KWOK's nodes.

Everything lives in one temporary folder, listens on ports that were free a moment ago, and ends with the block. A
program that ends before that ends the proof with its last words.
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, TypeVar

from backstay.core.failure import CannotTell
from backstay.prove.children import Child, child
from backstay.prove.jobs import commands, configs
from backstay.prove.jobs.client import Client, Struct, client
from backstay.prove.jobs.commands import Site
from backstay.prove.jobs.components import Components
from backstay.prove.jobs.keys import make_keys
from backstay.prove.jobs.nodes import stages
from backstay.prove.jobs.pace import Pace
from backstay.prove.together import together

_READY_SECONDS = 180
_SERVERS = (
    "etcd", "etcd-peer", "kube-apiserver", "jobset", "jobset-health", "kueue", "kueue-health",
    "trainer", "trainer-health", "training-operator", "training-operator-health",
)  # fmt: skip
_OPERATORS = ("jobset", "kueue", "trainer", "training-operator")
_ENV = {"GOMAXPROCS": "2"}
Tell = Callable[[str], None]
Probe = Callable[[], Awaitable[bool]]
T = TypeVar("T")


@dataclass
class Plane:
    """A running control plane: what speaks to it, and the processes that keep its nodes alive."""

    site: Site
    client: Client
    pace: Pace
    components: Components
    _stack: AsyncExitStack
    _keepers: dict[str, Child] = field(default_factory=dict)
    _died: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    _guards: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def keep(self, group: str) -> None:
        """Start what keeps the nodes of a group alive."""
        command = commands.kwok(
            self.components.programs["kwok"], self.site, group, self.site.folder / "stages"
        )
        self._keepers[group] = await self.start(f"kwok of {group}", command)

    async def fail(self, group: str) -> None:
        """The nodes of a group fall silent, all at once; their pods stay as they are."""
        self._guards.pop(f"kwok of {group}").cancel()
        await self._keepers.pop(group).end()

    async def start(self, name: str, command: list[str]) -> Child:
        """Run a program until the end of the block; its own end before that ends `guarded` work."""
        running = await self._stack.enter_async_context(child(name, command, _env(self.site), talks=False))
        self._guards[name] = asyncio.create_task(self._guard(running))
        return running

    async def guarded(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of some work; `CannotTell` with the last words of a program that ended meanwhile."""
        task = asyncio.create_task(work)
        either: list[asyncio.Future[Any]] = [task, self._died]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._died.result()
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def dismiss(self) -> None:
        """From here on programs may end."""
        for guard in self._guards.values():
            guard.cancel()
        if not self._died.cancel() and not self._died.cancelled():
            self._died.exception()  # told, or of no more interest

    async def _guard(self, running: Child) -> None:
        why = await running.ended()
        if not self._died.done():
            self._died.set_exception(
                CannotTell(why, "see what it says; --components may hold another version")
            )


@asynccontextmanager
async def control_plane(
    components: Components, pace: Pace, kueue: Mapping[str, Any], tell: Tell
) -> AsyncIterator[Plane]:
    """A control plane that is ready for jobs; `kueue` is the emitted configuration of Kueue, empty for its defaults.

    Raises `CannotTell` when a program does not start or does not become ready.
    """
    with TemporaryDirectory(prefix="backstay-prove-", ignore_cleanup_errors=True) as folder:
        site = _site(Path(folder))
        token = secrets.token_hex(16)
        _write(site, token, kueue)
        async with AsyncExitStack() as stack:
            speaking = await stack.enter_async_context(client(site.url, site.keys.folder / "ca.crt", token))
            plane = Plane(site, speaking, pace, components, stack)
            stack.callback(plane.dismiss)
            await plane.guarded(_start(plane, tell))
            yield plane


async def _start(plane: Plane, tell: Tell) -> None:
    programs, site, since = plane.components.programs, plane.site, monotonic()
    await plane.start("etcd", commands.etcd(programs["etcd"], site))
    await plane.start("kube-apiserver", commands.apiserver(programs["kube-apiserver"], site, plane.pace))
    await until(lambda: plane.client.answers("/readyz"), "kube-apiserver")
    await until(lambda: plane.client.answers("/api/v1/namespaces/default"), "the default namespace")
    tell(f"kube-apiserver is ready after {monotonic() - since:.0f} s")
    name = "kube-controller-manager"
    await plane.start(name, commands.controller_manager(programs[name], site, plane.pace))
    await plane.start("kube-scheduler", commands.scheduler(programs["kube-scheduler"], site))
    await _install(plane)
    await _operators(plane)
    tell(f"the controllers of jobs are ready after {monotonic() - since:.0f} s")


async def _install(plane: Plane) -> None:
    crds = list(configs.definitions(plane.components, plane.site))
    for crd in crds:  # one after another: each costs the server up to a second of both cores
        await plane.client.apply(crd)
    await together(until(_served(plane.client, crd), str(crd["metadata"]["name"])) for crd in crds)
    for obj in configs.first_objects(plane.components, plane.site):
        await plane.client.apply(obj)


async def _operators(plane: Plane) -> None:
    programs, site = plane.components.programs, plane.site
    await plane.start("jobset", commands.jobset(programs["jobset"], site))
    await plane.start("kueue", commands.kueue(programs["kueue"], site))
    for name in ("trainer", "training-operator"):
        await plane.start(name, commands.operator(programs[name], site, name))
    await together(until(_ready(site.ports[f"{name}-health"]), name) for name in _OPERATORS)


async def until(probe: Probe, what: str, seconds: float = _READY_SECONDS) -> None:
    """Return once a probe is true; `CannotTell` that names `what` after `seconds`."""
    give_up = monotonic() + seconds
    while not await probe():
        if monotonic() > give_up:
            raise CannotTell(
                f"{what} was not ready within {seconds:.0f} s", "try again on a less busy machine"
            )
        await asyncio.sleep(0.1)


def _served(speaking: Client, crd: Struct) -> Probe:
    async def established() -> bool:
        stored = await speaking.read(crd)
        conditions = (stored or {}).get("status", {}).get("conditions") or []
        return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)

    return established


def _ready(port: int) -> Probe:
    async def ready() -> bool:
        import httpx

        try:
            async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
                return (await http.get(f"http://127.0.0.1:{port}/readyz")).is_success
        except httpx.HTTPError:
            return False

    return ready


def _site(folder: Path) -> Site:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in _SERVERS]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        ports = {name: each.getsockname()[1] for name, each in zip(_SERVERS, sockets, strict=True)}
    return Site(folder, make_keys(folder / "keys"), ports)


def _write(site: Site, token: str, kueue: Mapping[str, Any]) -> None:
    """Every file that a program reads; the folder is ours alone."""
    site.tokens.write_text(f"{token},proof,proof,system:masters\n")
    site.kubeconfig.write_text(configs.kubeconfig(site, token))
    (site.folder / "jobset.json").write_text(configs.jobset_config(site))
    (site.folder / "kueue.json").write_text(configs.kueue_config(site, kueue))
    (site.folder / "stages").write_text(stages())


def _env(site: Site) -> dict[str, str]:
    """No more than the programs need: nothing of the caller's clusters reaches them."""
    return {**_ENV, "KUBECONFIG": str(site.kubeconfig), "HOME": str(site.folder), "TMPDIR": str(site.folder)}
