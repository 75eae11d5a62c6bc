"""A report for people: what was promised, what was seen, at which line of the spec."""

from collections.abc import Iterable, Iterator

from backstay.prove import report
from backstay.prove.jobs.words import Report, WorkloadProof
from backstay.prove.report import finding_lines
from backstay.prove.words import clean


def to_text(reports: Iterable[Report]) -> str:
    """A block a cluster, with its workloads and their claims."""
    return report.to_text(reports, _cluster)


def _cluster(found: Report) -> Iterator[str]:
    yield clean(found.cluster)
    for workload in found.workloads:
        yield from _workload(workload)
    if not found.workloads:
        yield "  no workloads are declared"
    for note in found.notes:
        yield f"  note: {clean(note)}"


def _workload(proof: WorkloadProof) -> Iterator[str]:
    yield f"  {clean(proof.name)} ({proof.kind})"
    for finding in proof.findings:
        yield from finding_lines(finding)
    for note in proof.notes:
        yield f"    note: {clean(note)}"
