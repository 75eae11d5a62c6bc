"""Findings as SARIF 2.1.0, for code review.

Each result has a fingerprint that survives edits elsewhere in the file: it is made of the rule, the place by its route, the
object, the field and the words, never of line numbers. Waived findings are there, suppressed, with their reason.
Source: OASIS SARIF 2.1.0 (section 3.27 results, 3.35 suppressions, 3.55 fixes).
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import quote

from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.place import Place
from backstay.core.rule import Rule

Form = dict[str, object]
Replacements = Callable[[Diagnostic], Sequence[tuple[Place, Place, str]]]
"""A finding's repair as text: from, to (exclusive), what to put there."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "backstay/v1"


def no_replacements(_finding: Diagnostic) -> Sequence[tuple[Place, Place, str]]:
    """For findings whose repairs nobody works out."""
    return ()


def to_sarif(
    found: Sequence[Diagnostic],
    rules: Mapping[str, Rule],
    version: str,
    replacements: Replacements = no_replacements,
) -> str:
    """One run with all findings; rules that found something are described."""
    ids = sorted({finding.rule for finding in found})
    driver = {
        "name": "backstay", "version": version,
        "rules": [_rule(id_, rules.get(id_)) for id_ in ids],
    }  # fmt: skip
    seen: Counter[str] = Counter()
    results = [_result(finding, ids.index(finding.rule), seen, replacements(finding)) for finding in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(id_: str, rule: Rule | None) -> Form:
    if rule is None:
        return {"id": id_}
    described: Form = {"id": id_, "name": rule.name, "shortDescription": {"text": rule.name.replace("-", " ")},
                       "defaultConfiguration": {"level": _LEVELS[rule.severity]}}  # fmt: skip
    if rule.why:
        described |= {"fullDescription": {"text": rule.why}, "help": {"text": rule.doc.strip() or rule.why}}
    return described


def _result(
    finding: Diagnostic, index: int, seen: Counter[str], replaced: Sequence[tuple[Place, Place, str]]
) -> Form:
    result: Form = {
        "ruleId": finding.rule, "ruleIndex": index, "level": _LEVELS[finding.severity], "message": {"text": _words(finding)},
        "locations": _locations(finding), "partialFingerprints": {FINGERPRINT: _fingerprint(finding, seen)},
    }  # fmt: skip
    related = [
        _location(one.place) | {"id": i, "message": {"text": one.message}}
        for i, one in enumerate(finding.related)
        if one.place.file
    ]
    if related:
        result["relatedLocations"] = related
    if finding.waived is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.waived}]
    if finding.fix is not None and replaced:
        result["fixes"] = [_fix(finding.fix.title, replaced)]
    return result


def _words(finding: Diagnostic) -> str:
    about = (
        f" ({finding.object}{f', field {finding.field}' if finding.field else ''})" if finding.object else ""
    )
    return f"{finding.message}{about}" + (f". To do: {finding.help}" if finding.help else "")


def _locations(finding: Diagnostic) -> list[Form]:
    if not finding.place.file:
        return []
    location = _location(finding.place)
    names = [str(finding.object)] if finding.object else []
    if finding.field or finding.place.path:
        names.append(finding.field or finding.place.path)
    return [location | ({"logicalLocations": [{"fullyQualifiedName": "/".join(names)}]} if names else {})]


def _location(place: Place) -> Form:
    physical: Form = {"artifactLocation": _artifact(place.file)}
    if place.line:
        physical["region"] = {"startLine": place.line, "startColumn": max(place.column, 1)}
    return {"physicalLocation": physical}


def _artifact(file: str) -> Form:
    """A relative path is relative to the repository; an absolute one says so."""
    path = PurePosixPath(file)
    uri = quote(str(path))
    return {"uri": f"file://{uri}"} if path.is_absolute() else {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _fingerprint(finding: Diagnostic, seen: Counter[str]) -> str:
    """Stable while the finding is the same; the same finding twice in one file is counted."""
    parts = (
        finding.rule,
        finding.place.file,
        finding.place.path,
        str(finding.object),
        finding.field or "",
        finding.message,
    )
    digest = sha256("\0".join(parts).encode()).hexdigest()[:32]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _fix(title: str, replaced: Iterable[tuple[Place, Place, str]]) -> Form:
    by_file: dict[str, list[Form]] = {}
    for start, end, text in replaced:
        region = {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        }
        by_file.setdefault(start.file, []).append(
            {"deletedRegion": region, "insertedContent": {"text": text}}
        )
    changes = [{"artifactLocation": _artifact(file), "replacements": some} for file, some in by_file.items()]
    return {"description": {"text": title}, "artifactChanges": changes}
