"""Upstream Python libraries in environments of their own, and small programs that ask them.

They bring dozens of packages with versions of their own, so none of them enters the environment of the tests: each
is installed once, by pip, into the cache folder.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.support.cache import cache_folder, one_at_a_time, say_on_stderr
from e2e.support.errors import Failed, Unavailable
from e2e.support.process import run

PROGRAMS = Path(__file__).parents[1] / "libraries"
INSTALL_SECONDS = 900
ASK_SECONDS = 120
QUIET = {"ZENML_ANALYTICS_OPT_IN": "false", "PYTHONWARNINGS": "ignore::FutureWarning"}


@dataclass(frozen=True, slots=True)
class Library:
    """What is installed, and the program below `libraries/` that asks it."""

    name: str
    requirements: tuple[str, ...]
    program: str


ZENML = Library("zenml", ("zenml==0.98.0", "kubernetes==30.1.0"), "zenml_reads.py")
KFP = Library("kfp", ("kfp==2.17.0",), "kfp_compiles.py")


def ask(library: Library, question: Any, folder: Path) -> Any:
    """The library's answer, JSON for JSON; `folder` is where it may leave files.

    Raises `Unavailable` where it cannot be installed, `Failed` with its own words where it refuses.
    """
    python = _python(library)
    env = {**QUIET, "ZENML_CONFIG_PATH": str(folder / "zenml"), "HOME": str(folder)}
    said = run([str(python), str(PROGRAMS / library.program)], folder=folder, seconds=ASK_SECONDS,
               text=json.dumps(question), env=env)  # fmt: skip
    return json.loads(said.splitlines()[-1])


def _python(library: Library) -> Path:
    target = cache_folder() / "libraries" / library.name / _key(library)
    python = target / "bin" / "python"
    if not (target / "ready").exists():
        with one_at_a_time(library.name, say_on_stderr):
            if not (target / "ready").exists():
                _install(library, target, python)
    return python


def _key(library: Library) -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    return hashlib.sha256(f"{library.requirements} {version} {sys.platform}".encode()).hexdigest()[:16]


def _install(library: Library, target: Path, python: Path) -> None:
    start = time.monotonic()
    shutil.rmtree(target, ignore_errors=True)  # an install that was broken off
    target.parent.mkdir(parents=True, exist_ok=True)
    say_on_stderr(f"installing {' and '.join(library.requirements)}; this happens once")
    try:
        run([sys.executable, "-m", "venv", str(target)], folder=target.parent, seconds=INSTALL_SECONDS)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, *library.requirements], folder=target.parent, seconds=INSTALL_SECONDS)
    except Failed as failed:
        raise Unavailable(
            f"pip could not install {library.name}: {failed.message.splitlines()[-1]}"
        ) from None
    (target / "ready").touch()
    say_on_stderr(f"{library.name} is ready after {time.monotonic() - start:.0f} s")
