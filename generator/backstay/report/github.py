"""Findings as GitHub workflow commands: annotations in the diff view."""

from collections.abc import Iterable

from backstay.core.diagnostic import Diagnostic, Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def to_github(found: Iterable[Diagnostic]) -> str:
    """A `::error file=...` line a finding that nobody waived (docs.github.com, workflow commands)."""
    return "".join(_line(finding) for finding in found if finding.waived is None)


def _line(finding: Diagnostic) -> str:
    place = finding.place
    facts = {"file": place.file, "line": str(place.line or ""), "col": str(place.column or ""),
             "title": f"{finding.rule} {finding.name}"}  # fmt: skip
    properties = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in facts.items() if value)
    words = finding.message + (f"\n{finding.help}" if finding.help else "")
    return f"::{_LEVELS[finding.severity]} {properties}::{_escaped(words, '')}\n"


def _escaped(text: str, more: str) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    for char in more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text
