"""Findings onto a stream, in the format asked for."""

import linecache
import os
from collections.abc import Callable, Sequence
from typing import TextIO

import click

from backstay.core.diagnostic import Diagnostic, in_order

FORMATS = ("text", "json", "github")


def show_findings(found: Sequence[Diagnostic], form: str, stream: TextIO) -> None:
    """Print findings in order, each once."""
    ordered = in_order(list(found))
    if form == "json":
        from backstay.report.jsontext import to_json

        stream.write(to_json(ordered))
    elif form == "github":
        from backstay.report.github import to_github

        stream.write(to_github(ordered))
    elif ordered:
        from backstay.pipeline import rules_by_id
        from backstay.report.text import summary, to_text

        stream.write(to_text(ordered, rules_by_id(), _line_of, paint_for(stream)))
        stream.write(f"\n{summary(ordered)}\n")


def paint_for(stream: TextIO) -> Callable[[str, str], str]:
    """How texts get their colours on a stream: not at all where no person looks at it."""
    return _painted if stream.isatty() and "NO_COLOR" not in os.environ else _plain


def _line_of(file: str, line: int) -> str | None:
    return linecache.getline(file, line).rstrip("\r\n") or None


def _painted(text: str, colour: str) -> str:
    return click.style(text, bold=True) if colour == "bold" else click.style(text, fg=colour, bold=True)


def _plain(text: str, _colour: str) -> str:
    return text
