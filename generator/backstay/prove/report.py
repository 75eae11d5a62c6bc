"""How every proof's findings are printed and written: one form for people, one for programs."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from backstay.core.place import Place
from backstay.prove.words import Verdict, clean, place_json

_WIDTH = max(len(verdict) for verdict in Verdict)


class Claimed(Protocol):
    """A promise of the spec."""

    @property
    def kind(self) -> str:
        """Its sort, as JSON reports have it."""

    @property
    def words(self) -> str:
        """The promise."""

    @property
    def place(self) -> Place:
        """Where the spec makes it."""

    @property
    def limit(self) -> int | None:
        """What the measured value may be."""


class Found(Protocol):
    """A promise with what was measured."""

    @property
    def claim(self) -> Claimed:
        """The promise."""

    @property
    def verdict(self) -> Verdict:
        """What became of it."""

    @property
    def measured(self) -> str:
        """What was seen, in words."""

    @property
    def value(self) -> int | None:
        """What was measured, in the unit of the limit."""

    @property
    def scale(self) -> int:
        """How many times faster than in the spec time passed."""


def count(findings: Iterable[Found], verdict: Verdict) -> int:
    """How many claims ended with a verdict."""
    return sum(finding.verdict is verdict for finding in findings)


class Counted(Protocol):
    """A report about one cluster."""

    def count(self, verdict: Verdict) -> int:
        """How many of its claims ended with a verdict."""


R = TypeVar("R", bound=Counted)
VERSION = 1


def to_text(reports: Iterable[R], lines: Callable[[R], Iterable[str]]) -> str:
    """A block a cluster."""
    return "\n".join("\n".join(lines(report)) + "\n" for report in reports)


def to_json(reports: Iterable[R], form: Callable[[R], dict[str, object]]) -> str:
    """`{"version": 1, "clusters": [...], "summary": {...}}`, ending in a newline."""
    known = list(reports)
    counts = {verdict.value: sum(report.count(verdict) for report in known) for verdict in Verdict}
    value = {"version": VERSION, "clusters": [form(report) for report in known], "summary": counts}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def summary(reports: Sequence[Counted]) -> str:
    """`12 proved, 0 disproved, 3 not tried`."""
    return ", ".join(f"{sum(report.count(verdict) for report in reports)} {verdict}" for verdict in Verdict)


def finding_lines(finding: Found) -> Iterator[str]:
    """A finding for people: the promise, what was measured, the line of the spec."""
    claim = finding.claim
    pad = " " * (_WIDTH + 6)
    path = f" ({claim.place.path})" if claim.place.file and claim.place.route else ""
    faster = f", time {finding.scale}x" if finding.scale > 1 else ""
    yield f"    {finding.verdict:{_WIDTH}}  {clean(claim.words)}"
    yield f"{pad}{clean(finding.measured)}{faster}"
    yield f"{pad}{clean(str(claim.place))}{clean(path)}"


def finding_json(finding: Found) -> dict[str, object]:
    """A finding for programs: part of a versioned contract."""
    claim = finding.claim
    return {
        "claim": str(claim.kind),
        "words": claim.words,
        "place": place_json(claim.place),
        "limit": claim.limit,
        "verdict": finding.verdict.value,
        "measured": finding.measured,
        "value": finding.value,
        "scale": finding.scale,
    }
