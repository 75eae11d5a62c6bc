"""Findings onto a stream, in the format asked for."""

import linecache
import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TextIO

import click

from backstay import __version__
from backstay.core.diagnostic import Diagnostic, in_order
from backstay.core.place import Place

FORMATS = ("text", "json", "sarif", "github", "junit")


def show_findings(
    found: Sequence[Diagnostic],
    form: str,
    stream: TextIO,
    *,
    quiet: bool = False,
    replacements: Callable[[Diagnostic], Sequence[tuple[Place, Place, str]]] = lambda _finding: (),
    fixing: str = "backstay check",
) -> None:
    """Print findings in order, each once; waived ones are counted in text and told in other formats.

    `quiet`: the sum only. `replacements`: a finding's repair as text, for SARIF. `fixing`: the command that repairs them.
    """
    ordered = in_order(list(found))
    if form == "json":
        from backstay.report.jsontext import to_json

        stream.write(to_json(ordered))
    elif form == "github":
        from backstay.report.github import to_github

        stream.write(to_github(ordered))
    elif form == "sarif":
        from backstay.report.sarif import to_sarif
        from backstay.rules import rules_by_id

        stream.write(to_sarif(ordered, rules_by_id(), __version__, replacements))
    elif form == "junit":
        from backstay.report.junit import to_junit

        stream.write(to_junit(ordered))
    elif ordered:
        _show_text(ordered, stream, fixing, quiet=quiet)


def _show_text(ordered: Sequence[Diagnostic], stream: TextIO, fixing: str, *, quiet: bool) -> None:
    from backstay.report.text import Page, hints, summary, to_text
    from backstay.rules import rules_by_id

    page = Page(_line_of, paint_for(stream), width_of(stream), fixing)
    told = [one for one in ordered if one.waived is None]
    if told and not quiet:
        stream.write(to_text(told, rules_by_id(), page) + "\n")
    stream.write(f"{summary(ordered)}\n")
    if stream.isatty() and not quiet:
        stream.write(hints(ordered, page))


def paint_for(stream: TextIO) -> Callable[[str, str], str]:
    """How texts get their colours on a stream: as asked for, else not at all where no person looks at it.

    `--color` comes before NO_COLOR (no-color.org), that before FORCE_COLOR (force-color.org), both where they are not
    empty; a terminal that calls itself dumb gets none.
    """
    return _painted if _coloured(stream) else _plain


def _coloured(stream: TextIO) -> bool:
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


_COLOR = {"always": True, "never": False, "auto": None}
_chosen: ContextVar[bool | None] = ContextVar("color", default=None)
"""What `--color` says in this run; also for what is told when the command is over."""


def _choose_color(context: click.Context, _option: click.Parameter, when: str | None) -> None:
    if when is not None or context.parent is None:
        _chosen.set(None if when is None else _COLOR[when])


color_option = click.option(
    "--color", type=click.Choice(tuple(_COLOR)), expose_value=False, callback=_choose_color,
    help="When to print colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR say otherwise.",
)  # fmt: skip
"""`--color`, before a command's name or behind it."""


def width_of(stream: TextIO) -> int:
    """How wide lines may be: as the terminal that the stream goes to, and without end where no person looks at it."""
    if not stream.isatty():
        return 0
    stated = os.environ.get("COLUMNS", "")
    return int(stated) if stated.isdecimal() and int(stated) else _terminal(stream)


def _terminal(stream: TextIO) -> int:
    """The columns of a terminal; 0 where it does not know, such as one behind a serial line."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except OSError:
        return 0


def _line_of(file: str, line: int) -> str | None:
    return linecache.getline(file, line).rstrip("\r\n") or None


def _painted(text: str, colour: str) -> str:
    return click.style(text, bold=True) if colour == "bold" else click.style(text, fg=colour, bold=True)


def _plain(text: str, _colour: str) -> str:
    return text
