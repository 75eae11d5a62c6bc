"""A report for people: what was promised, what was seen, at which line of the spec."""

from collections.abc import Iterable, Iterator, Sequence

from backstay.prove.jobs.words import Report, WorkloadProof
from backstay.prove.report import finding_lines
from backstay.prove.words import Verdict, clean


def to_text(reports: Iterable[Report]) -> str:
    """A block a cluster, with its workloads and their claims."""
    return "\n".join("\n".join(_cluster(report)) + "\n" for report in reports)


def summary(reports: Sequence[Report]) -> str:
    """`12 proved, 0 disproved, 3 not tried`."""
    return ", ".join(f"{sum(report.count(verdict) for report in reports)} {verdict}" for verdict in Verdict)


def _cluster(report: Report) -> Iterator[str]:
    yield clean(report.cluster)
    for workload in report.workloads:
        yield from _workload(workload)
    if not report.workloads:
        yield "  no workloads are declared"
    for note in report.notes:
        yield f"  note: {clean(note)}"


def _workload(proof: WorkloadProof) -> Iterator[str]:
    yield f"  {clean(proof.name)} ({proof.kind})"
    for finding in proof.findings:
        yield from finding_lines(finding)
    for note in proof.notes:
        yield f"    note: {clean(note)}"
