"""Kustomize as it is at hand: `kustomize`, or the one in kubectl. Nothing is fetched, no plug-in runs."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

_SECONDS: Final = 60
_MAX_BYTES: Final = 2**28
_TOOLS: Final = (("kustomize", "build"), ("kubectl", "kustomize"))


class NotBuilt(Exception):  # noqa: N818 - it names what happened
    """A kustomization that could not be built; the reason in words."""


def tool() -> tuple[str, str] | None:
    """The command that builds; None when there is none on PATH."""
    return next((command for command in _TOOLS if shutil.which(command[0])), None)


def build(command: tuple[str, str], folder: Path) -> bytes:
    """What a kustomization builds to, as one YAML stream; NotBuilt with kustomize's own last words."""
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(  # noqa: S603 - a folder that cannot be taken for an option
                [*command, os.path.abspath(folder)],  # noqa: PTH100 - no link is to be resolved
                stdout=output, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=_environment(),
                timeout=_SECONDS, check=False,
            )  # fmt: skip
        except OSError as failed:
            raise NotBuilt(f"{command[0]} does not start: {(failed.strerror or '').lower()}") from failed
        except subprocess.TimeoutExpired as late:
            raise NotBuilt(f"{command[0]} gave no answer within {_SECONDS} s") from late
        if done.returncode:
            raise NotBuilt(_words(done.stderr))
        if output.tell() > _MAX_BYTES:
            raise NotBuilt(f"it builds to more than {_MAX_BYTES} bytes")
        output.seek(0)
        return output.read()


def _words(stderr: bytes) -> str:
    """The last line of what kustomize says: it wraps the cause in everything that it was doing."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("Error: ").removeprefix("error: ") if lines else "it fails without a word"


def _environment() -> dict[str, str]:
    """No questions and no network: a Git remote that is asked for after all goes nowhere."""
    return {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "none"}
