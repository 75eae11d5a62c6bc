"""Findings for people: what, where (with the line itself), why it matters, what to do."""

import textwrap
from collections.abc import Callable, Iterable, Mapping

from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.place import Place
from backstay.core.rule import Rule

LineOf = Callable[[str, int], str | None]
"""The text of a line of a file, counted from 1; None when it cannot be had."""
Paint = Callable[[str, str], str]
"""A text in a colour (`red`, `yellow`, `blue`, `bold`), or as it is."""

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_HIDDEN = frozenset({"SEC001"})
_WIDTH = 160
_LEAST_WIDTH = 40
_INDENT = 10


def to_text(
    found: Iterable[Diagnostic], rules: Mapping[str, Rule], line_of: LineOf, paint: Paint, width: int = 0
) -> str:
    """All findings, a block each, a blank line between; sentences wrapped at `width` columns, 0 for not at all."""
    return "\n".join(_block(finding, rules, line_of, paint, width) for finding in found)


def summary(found: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning, 1 waived`; `no findings`."""
    counts = dict.fromkeys(Severity, 0)
    waived = 0
    for finding in found:
        if finding.waived is None:
            counts[finding.severity] += 1
        else:
            waived += 1
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    parts = [f"{n} {words[s]}{'' if n == 1 else 's'}" for s, n in counts.items() if n]
    parts += [f"{waived} waived"] if waived else []
    return ", ".join(parts) or "no findings"


def _block(finding: Diagnostic, rules: Mapping[str, Rule], line_of: LineOf, paint: Paint, width: int) -> str:
    head = paint(f"{finding.severity.value}[{finding.rule}]", _COLOURS[finding.severity])
    lines = [f"{head} {paint(finding.name, 'bold')}: {_clean(finding.message)}"]
    if finding.place.file or finding.place.route:
        lines += _excerpt(finding, line_of, paint)
    if finding.object is not None:
        field = f", field {finding.field}" if finding.field else ""
        lines.append(f"  = object: {_clean(str(finding.object))}{_clean(field)}")
    lines += [f"  = see: {one.place}: {_clean(one.message)}" for one in finding.related]
    why = rules[finding.rule].why if finding.rule in rules else ""
    lines += _wrapped("  = why: ", why, width) if why else []
    lines += _wrapped(f"  = {paint('help', 'bold')}: ", _clean(finding.help), width) if finding.help else []
    return "\n".join(lines) + "\n"


def _wrapped(start: str, text: str, width: int) -> list[str]:
    """A sentence behind its start, later lines under its first word."""
    if width < _LEAST_WIDTH:
        return [start + text]
    first, *rest = textwrap.wrap(text, width - _INDENT, break_long_words=False, break_on_hyphens=False) or [
        ""
    ]
    return [start + first, *(" " * _INDENT + line for line in rest)]


def _excerpt(finding: Diagnostic, line_of: LineOf, paint: Paint) -> list[str]:
    place = finding.place
    path = f" ({place.path})" if place.file and place.route else ""
    lines = [f"  --> {_clean(str(place))}{_clean(path)}"]
    text = line_of(place.file, place.line) if place.line else None
    if text is None:
        return lines
    if finding.rule in _HIDDEN:
        text = text[: place.column - 1] + "(hidden)"
    return lines + _marked(place, text, paint)


def _marked(place: Place, text: str, paint: Paint) -> list[str]:
    """The line, cut so that its place can be seen, and a caret under it."""
    start = max(0, place.column - _WIDTH // 2) if len(text) > _WIDTH else 0
    shown = _clean(text[start : start + _WIDTH].expandtabs(1))
    number = str(place.line)
    pad = " " * len(number)
    caret = " " * (place.column - 1 - start) + paint("^", "red")
    return [f" {pad} |", f" {number} | {shown}", f" {pad} | {caret}"]


def _clean(text: str) -> str:
    """Control characters as escapes: a hostile file must not drive the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)
