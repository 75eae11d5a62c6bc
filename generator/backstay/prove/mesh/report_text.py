"""A report for people: what was promised, what was seen, at which line of the spec."""

from collections.abc import Iterable, Iterator, Sequence

from backstay.prove.mesh.words import CallProof, Report
from backstay.prove.report import finding_lines
from backstay.prove.words import Verdict, clean


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
        yield from finding_lines(finding)
    if not call.findings:
        yield "    nothing is promised about this call"
    for note in (*call.stand_ins, *call.notes):
        yield f"    note: {clean(note)}"
