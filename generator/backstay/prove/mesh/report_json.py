"""A report for programs: version 1 of a contract."""

import json
from collections.abc import Iterable

from backstay.prove.mesh.words import CallProof, Report
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
    return {"cluster": report.cluster, "calls": [_call(call) for call in report.calls]}


def _call(call: CallProof) -> dict[str, object]:
    return {
        "call": call.name,
        "index": call.index,
        "hops": [{"sender": sender, "receiver": receiver} for sender, receiver in call.hops],
        "claims": [finding_json(finding) for finding in call.findings],
        "standIns": list(call.stand_ins),
        "notes": list(call.notes),
    }
