"""Findings onto a stream, in the format asked for."""

import linecache
import os
import shutil
from collections.abc import Callable, Sequence
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
) -> None:
    """Print findings in order, each once; waived ones are counted in text and told in other formats.

    `quiet`: the sum only. `replacements`: a finding's repair as text, for SARIF.
    """
    ordered = in_order(list(found))
    if form == "json":
        from backstay.report.jsontext import to_json

        stream.write(to_json(ordered))
    elif form == "github":
        from backstay.report.github import to_github

        stream.write(to_github(ordered))
    elif form == "sarif":
        from backstay.pipeline import rules_by_id
        from backstay.report.sarif import to_sarif

        stream.write(to_sarif(ordered, rules_by_id(), __version__, replacements))
    elif form == "junit":
        from backstay.report.junit import to_junit

        stream.write(to_junit(ordered))
    elif ordered:
        from backstay.pipeline import rules_by_id
        from backstay.report.text import summary, to_text

        told = [one for one in ordered if one.waived is None]
        if not quiet:
            stream.write(to_text(told, rules_by_id(), _line_of, paint_for(stream), _width(stream)))
        stream.write(("\n" if told and not quiet else "") + f"{summary(ordered)}\n")


def paint_for(stream: TextIO) -> Callable[[str, str], str]:
    """How texts get their colours on a stream: not at all where no person looks at it."""
    return _painted if stream.isatty() and "NO_COLOR" not in os.environ else _plain


def _width(stream: TextIO) -> int:
    """How wide lines may be: as the terminal, and without end where no person looks at it."""
    return shutil.get_terminal_size().columns if stream.isatty() else 0


def _line_of(file: str, line: int) -> str | None:
    return linecache.getline(file, line).rstrip("\r\n") or None


def _painted(text: str, colour: str) -> str:
    return click.style(text, bold=True) if colour == "bold" else click.style(text, fg=colour, bold=True)


def _plain(text: str, _colour: str) -> str:
    return text
