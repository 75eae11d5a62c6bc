"""Findings as JSON: version 1 of a contract, one object a finding."""

import json
from collections.abc import Iterable

from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.fix import Change, Edit, Fix
from backstay.core.place import Place
from backstay.core.route import show

VERSION = 1


def to_json(found: Iterable[Diagnostic]) -> str:
    """`{"version": 1, "diagnostics": [...]}`, ending in a newline."""
    return json.dumps({"version": VERSION, "diagnostics": [as_value(d) for d in found]}, indent=2) + "\n"


def as_value(finding: Diagnostic) -> dict[str, object]:
    """One finding in plain values; what it does not have is null."""
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "help": finding.help,
        "place": _place(finding.place),
        "related": [_related(one) for one in finding.related],
        "object": None if finding.object is None else {
            "apiVersion": finding.object.apiVersion, "kind": finding.object.kind,
            "namespace": finding.object.namespace, "name": finding.object.name,
        },
        "field": finding.field,
        "fix": None if finding.fix is None else _fix(finding.fix),
        "waived": finding.waived,
        "policy": finding.policy,
    }  # fmt: skip


def _place(place: Place) -> dict[str, object]:
    return {"file": place.file, "line": place.line, "column": place.column, "path": place.path}


def _related(related: Related) -> dict[str, object]:
    return {"message": related.message, "place": _place(related.place)}


def _fix(fix: Fix) -> dict[str, object]:
    return {"title": fix.title, "safe": fix.safe, "edits": [_change(edit) for edit in fix.edits]}


def _change(change: Change) -> dict[str, object]:
    if isinstance(change, Edit):
        return {"path": show(change.route), "value": change.value}
    return {"path": show(change.route), "rename": change.key}
