"""Exit codes, and what a person sees when a command cannot give a result."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from types import FrameType

import click

from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.failure import BadInput, CannotTell
from backstay.core.fault import RULE_CRASHED, fault_id


class Exit(IntEnum):
    """What a command's exit code means."""

    CLEAN = 0
    FINDINGS = 1
    BAD_CALL = 2
    CANNOT_TELL = 3
    INTERRUPTED = 130  # as a shell counts a program that SIGINT ended
    NO_READER = 141  # and one that SIGPIPE ended: what was not read may have been a finding


def verdict(found: Iterable[Diagnostic], *, strict: bool = False) -> Exit:
    """What findings make of a run: errors (`strict`: warnings too) count; a rule that failed alone leaves it open."""
    counted = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    bad = {one.rule for one in found if one.severity in counted and one.waived is None}
    if bad - {RULE_CRASHED.id}:
        return Exit.FINDINGS
    return Exit.CANNOT_TELL if bad else Exit.CLEAN


def guarded(work: Callable[[], int], *, debug: bool) -> int:
    """Run a command; whatever goes wrong becomes words and a code, never a traceback (unless `debug`)."""
    with _interrupts() as noted:
        try:
            code = work()
            sys.stdout.flush()
        except (KeyboardInterrupt, click.Abort):
            return _interrupted()
        except Exception as error:  # noqa: BLE001 - the last line of defence
            return _interrupted() if noted else _told(error, debug=debug)
    return code


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Note every Ctrl-C: libraries wrap the KeyboardInterrupt in errors of their own when it hits them at work."""
    noted: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        noted.append(number)
        raise KeyboardInterrupt

    # Somebody else handles or, as `nohup` does, ignores it on purpose; or it is not for this thread to say.
    own = signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    if own or threading.current_thread() is not threading.main_thread():
        yield noted
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupted() -> int:
    click.echo("interrupted; nothing was left half-written", err=True)
    return Exit.INTERRUPTED


def _told(error: Exception, *, debug: bool) -> int:
    """What went wrong in words, and its code."""
    if debug and not isinstance(error, BadInput | CannotTell | BrokenPipeError):
        traceback.print_exception(error)
    match error:
        case BadInput():
            from backstay.cli.printing import show_findings

            show_findings(error.found, "text", sys.stderr)
            return Exit.BAD_CALL
        case CannotTell():
            advice = f"\nhelp: {error.help}" if error.help else ""
            click.echo(f"cannot tell: {error.message}{advice}", err=True)
        case BrokenPipeError():
            _discard_output()
            return Exit.NO_READER
        case OSError():
            _discard_output()
            click.echo(f"cannot tell: {_refusal(error)}", err=True)
        case _:
            advice = "" if debug else "\nhelp: report the id; `backstay --debug ...` shows the details"
            click.echo(f"{_internal(error)}: this is a fault of backstay's{advice}", err=True)
    return Exit.CANNOT_TELL


def _discard_output() -> None:
    """Point stdout elsewhere, or the interpreter complains about what it cannot write when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _refusal(error: OSError) -> str:
    """What the operating system refused, in its words: a full disk behind stdout, a file that went away."""
    reason = (error.strerror or type(error).__name__).lower()
    where = ascii(error.filename)[1:-1] if isinstance(error.filename, str) else "the output"
    return f"{where}: {reason}"


def _internal(error: Exception) -> str:
    """An error of ours, in words."""
    return f"internal error {fault_id(error)} ({type(error).__name__})"
