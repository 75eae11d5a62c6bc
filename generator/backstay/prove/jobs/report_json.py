"""A report for programs: version 1 of a contract."""

from collections.abc import Iterable

from backstay.prove import report
from backstay.prove.jobs.words import Report, WorkloadProof
from backstay.prove.report import finding_json


def to_json(reports: Iterable[Report]) -> str:
    """`{"version": 1, "clusters": [...], "summary": {...}}`, ending in a newline."""
    return report.to_json(reports, _cluster)


def _cluster(found: Report) -> dict[str, object]:
    workloads = [_workload(workload) for workload in found.workloads]
    return {"cluster": found.cluster, "workloads": workloads, "notes": list(found.notes)}


def _workload(proof: WorkloadProof) -> dict[str, object]:
    return {
        "workload": proof.name,
        "kind": proof.kind,
        "claims": [finding_json(finding) for finding in proof.findings],
        "notes": list(proof.notes),
    }
