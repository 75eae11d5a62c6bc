"""Exit codes, and what a person sees when a command cannot give a result."""

import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from hashlib import sha256

import click

from backstay.core.failure import BadInput, CannotTell


class Exit(IntEnum):
    """What a command's exit code means."""

    CLEAN = 0
    FINDINGS = 1
    BAD_CALL = 2
    CANNOT_TELL = 3
    INTERRUPTED = 130


def guarded(work: Callable[[], int], *, debug: bool) -> int:
    """Run a command; whatever goes wrong becomes words and a code, never a traceback (unless `debug`)."""
    try:
        return work()
    except BadInput as bad:
        from backstay.cli.printing import show_findings

        show_findings(bad.found, "text", sys.stderr)
        return Exit.BAD_CALL
    except CannotTell as unknown:
        click.echo(
            f"cannot tell: {unknown.message}" + (f"\nhelp: {unknown.help}" if unknown.help else ""), err=True
        )
        return Exit.CANNOT_TELL
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; nothing was left half-written", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader went away: point stdout elsewhere, or the interpreter complains while it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.CLEAN
    except Exception as error:  # noqa: BLE001 - the last line of defence
        return _internal(error, debug=debug)


def _internal(error: Exception, *, debug: bool) -> int:
    """An error of ours: an id to report it by, made of where it happened, never of what was in the input."""
    frames = traceback.extract_tb(error.__traceback__)
    places = "\n".join(f"{os.path.basename(f.filename)}:{f.lineno}:{f.name}" for f in frames)  # noqa: PTH119 - a name
    number = sha256(f"{type(error).__name__}\n{places}".encode()).hexdigest()[:12]
    click.echo(f"internal error {number} ({type(error).__name__}): this is a fault of backstay's", err=True)
    if debug:
        traceback.print_exception(error)
    else:
        click.echo("help: report the id; `backstay --debug ...` shows the details", err=True)
    return Exit.CANNOT_TELL
