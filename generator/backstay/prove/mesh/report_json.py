"""A report for programs: version 1 of a contract."""

from collections.abc import Iterable

from backstay.prove import report
from backstay.prove.mesh.words import CallProof, Report
from backstay.prove.report import finding_json


def to_json(reports: Iterable[Report]) -> str:
    """`{"version": 1, "clusters": [...], "summary": {...}}`, ending in a newline."""
    return report.to_json(reports, _cluster)


def _cluster(found: Report) -> dict[str, object]:
    return {"cluster": found.cluster, "calls": [_call(call) for call in found.calls]}


def _call(call: CallProof) -> dict[str, object]:
    return {
        "call": call.name,
        "index": call.index,
        "hops": [{"sender": sender, "receiver": receiver} for sender, receiver in call.hops],
        "claims": [finding_json(finding) for finding in call.findings],
        "standIns": list(call.stand_ins),
        "notes": list(call.notes),
    }
