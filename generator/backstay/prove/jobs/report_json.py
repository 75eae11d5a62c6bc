"""A report for programs: version 1 of a contract."""

import json
from collections.abc import Iterable

from backstay.prove.jobs.words import Report, WorkloadProof
from backstay.prove.report import finding_json
from backstay.prove.words import Verdict

VERSION = 1


def to_json(reports: Iterable[Report]) -> str:
    """`{"version": 1, "clusters": [...], "summary": {...}}`, ending in a newline."""
    known = list(reports)
    counts = {verdict.value: sum(report.count(verdict) for report in known) for verdict in Verdict}
    value = {"version": VERSION, "clusters": [_cluster(report) for report in known], "summary": counts}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _cluster(report: Report) -> dict[str, object]:
    workloads = [_workload(workload) for workload in report.workloads]
    return {"cluster": report.cluster, "workloads": workloads, "notes": list(report.notes)}


def _workload(proof: WorkloadProof) -> dict[str, object]:
    return {
        "workload": proof.name,
        "kind": proof.kind,
        "claims": [finding_json(finding) for finding in proof.findings],
        "notes": list(proof.notes),
    }
