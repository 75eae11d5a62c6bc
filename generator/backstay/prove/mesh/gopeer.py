"""The Go peer: grpc-go at the ends of calls whose runtime is Go, built once where there is a Go toolchain.

The module lies in `prove/peers/go` with its requirements pinned; `go build` fetches them on first use. The program is
kept in the user's cache folder under a hash of everything that decides its bytes.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from backstay.core.failure import CannotTell
from backstay.model.network import Call, Runtime
from backstay.prove.children import child

_SOURCES = Path(__file__).parents[1] / "peers" / "go"
_ENVIRONMENT = {
    "CGO_ENABLED": "0",  # the same program whether or not the machine has a C compiler
    "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false",
    "GOTOOLCHAIN": "local",  # never swap the toolchain for one that was not asked for
    "GOWORK": "off",
}


@dataclass(frozen=True, slots=True)
class GoPeer:
    """The program; None with the reason why there is none."""

    program: Path | None = None
    missing: str = "nobody looked for a Go toolchain"

    def plays(self, runtime: Runtime) -> Path | None:
        """The program, where it is the right one for a runtime."""
        return self.program if runtime is Runtime.GO else None


def wanted(calls: Iterable[Call]) -> bool:
    """Whether an end of some call is grpc-go."""
    return any(
        Runtime.GO in {call.client.runtime, call.service.runtime}
        for call in calls
        if call.service.protocol.pings
    )


async def go_peer(tell: Callable[[str], None]) -> GoPeer:
    """The Go peer, built if it has to be; `tell` gets a line before that."""
    go = shutil.which("go")
    if go is None:
        return GoPeer(None, "there is no Go toolchain on PATH")
    try:
        version = await _run([go, "env", "GOVERSION"])
        target = _cache() / f"go-peer-{_key(version)}" / "peer"
        if not target.exists():
            tell("building the Go peer, which later proofs find in the cache")
            await _build(go, target)
    except (CannotTell, OSError) as failed:
        return GoPeer(None, f"the Go peer cannot be built: {str(failed).splitlines()[-1]}")
    return GoPeer(target)


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "backstay"


def _key(version: str) -> str:
    digest = hashlib.sha256(f"{version} {sys.platform} {os.uname().machine} {_ENVIRONMENT}".encode())
    for path in sorted(_SOURCES.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


async def _build(go: str, target: Path) -> None:
    """Build beside the target and move it there when it is complete, so that nobody runs half a program."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        await _run([go, "-C", str(_SOURCES), "build", "-ldflags", "-s -w", "-o", str(staged), "."])
        staged.replace(target)
    finally:
        staged.unlink(missing_ok=True)


async def _run(command: list[str]) -> str:
    """What a `go` command prints; `CannotTell` with its last words when it fails."""
    async with child("go", command, {**os.environ, **_ENVIRONMENT}) as running:
        said = b"".join([line async for line in running.lines()])
        if await running.status():
            raise CannotTell(running.last_words or "go said nothing")
    return said.decode().strip()
