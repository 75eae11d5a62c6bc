"""A report for people: what was promised, what was seen, at which line of the spec."""

from collections.abc import Iterable, Iterator, Sequence

from backstay.prove.mesh.words import CallProof, Finding, Report
from backstay.prove.words import Verdict, clean

_WIDTH = max(len(verdict) for verdict in Verdict)


def to_text(reports: Iterable[Report]) -> str:
    """A block a cluster, with its calls and their claims."""
    return "\n".join("\n".join(_cluster(report)) + "\n" for report in reports)


def summary(reports: Sequence[Report]) -> str:
    """`12 proved, 0 disproved, 3 not tried`."""
    return ", ".join(f"{sum(report.count(verdict) for report in reports)} {verdict}" for verdict in Verdict)


def _cluster(report: Report) -> Iterator[str]:
    yield clean(report.cluster)
    for call in report.calls:
        yield from _call(call)
    if not report.calls:
        yield "  no calls are declared"


def _call(call: CallProof) -> Iterator[str]:
    yield f"  {clean(call.name)}"
    for finding in call.findings:
        yield from _finding(finding)
    if not call.findings:
        yield "    nothing is promised about this call"
    for note in (*call.stand_ins, *call.notes):
        yield f"    note: {clean(note)}"


def _finding(finding: Finding) -> Iterator[str]:
    claim = finding.claim
    pad = " " * (_WIDTH + 6)
    path = f" ({claim.place.path})" if claim.place.file and claim.place.route else ""
    faster = f", time {finding.scale}x" if finding.scale > 1 else ""
    yield f"    {finding.verdict:{_WIDTH}}  {clean(claim.words)}"
    yield f"{pad}{clean(finding.measured)}{faster}"
    yield f"{pad}{clean(str(claim.place))}{clean(path)}"
