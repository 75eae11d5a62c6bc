"""A report for people: what was promised, what was seen, at which line of the spec."""

from collections.abc import Iterable, Iterator

from backstay.prove import report
from backstay.prove.mesh.words import CallProof, Report
from backstay.prove.report import finding_lines
from backstay.prove.words import clean


def to_text(reports: Iterable[Report]) -> str:
    """A block a cluster, with its calls and their claims."""
    return report.to_text(reports, _cluster)


def _cluster(found: Report) -> Iterator[str]:
    yield clean(found.cluster)
    for call in found.calls:
        yield from _call(call)
    if not found.calls:
        yield "  no calls are declared"


def _call(call: CallProof) -> Iterator[str]:
    yield f"  {clean(call.name)}"
    for finding in call.findings:
        yield from finding_lines(finding)
    if not call.findings:
        yield "    nothing is promised about this call"
    for note in (*call.stand_ins, *call.notes):
        yield f"    note: {clean(note)}"
