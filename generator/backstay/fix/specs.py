"""Repairs of specs: which document a change belongs into, and whether all clusters that share it want it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Change, Edit, Fix, Rename, changed
from backstay.fix.choice import Level, chosen
from backstay.fix.wanted import Part, Refused, Repair, Wanted, flat, repair
from backstay.load.document import Document
from backstay.load.edit.apply import Group
from backstay.load.profiles import Merged, remerged

_WHOLE = "run on the whole folder of specs"


@dataclass(frozen=True, slots=True)
class Judged:
    """A cluster's spec and what was found in it; `merged` None where it could not be read."""

    merged: Merged | None
    findings: Sequence[Diagnostic]


def repair_specs(clusters: Sequence[Judged], level: Level, *, whole: bool) -> Repair:
    """The repairs of some clusters; `whole`: these are all clusters that may extend the profiles at hand."""
    wanted: list[Wanted] = []
    refused: list[Refused] = []
    for one in clusters:
        for finding, fix in chosen(one.findings, level) if one.merged else ():
            told = _wanted(one.merged, finding, fix, clusters, whole=whole)
            (wanted if isinstance(told, Wanted) else refused).append(told)  # type: ignore[arg-type]
    texts = {one.part.file: _text(clusters, one.part.file) for one in wanted}
    return repair(wanted, refused, texts)


def wanted_of(merged: Merged, finding: Diagnostic) -> Wanted | None:
    """A finding's own repair as changes of one document, for those that only tell of it; None where there is none."""
    if finding.fix is None:
        return None
    told = _wanted(merged, finding, finding.fix, (Judged(merged, ()),), whole=True)
    return told if isinstance(told, Wanted) else None


def _text(clusters: Iterable[Judged], file: str) -> str:
    return next(
        document.text
        for one in clusters
        if one.merged
        for document in one.merged.documents
        if document.file == file
    )


def _wanted(
    merged: Merged | None, finding: Diagnostic, fix: Fix, clusters: Sequence[Judged], *, whole: bool
) -> Wanted | Refused:
    assert merged is not None  # noqa: S101 - findings with repairs come of specs that were read
    targets = [(merged.target(change.route), change) for change in fix.edits]
    document = targets[0][0][0]
    if any(other is not document for (other, _), _ in targets):
        return Refused(finding, "its lines stand in several files")
    own = tuple(_moved(change, route) for (_, route), change in targets)
    why = _harm(merged, document, own, fix, clusters, whole=whole)
    if why:
        return Refused(finding, why)
    return Wanted(finding, Part(document.file, flat(document.text)), Group(0, own))


def _moved(change: Change, route: tuple[str | int, ...]) -> Change:
    return Edit(route, change.value) if isinstance(change, Edit) else Rename(route, change.key)


def _harm(
    merged: Merged,
    document: Document,
    own: Sequence[Change],
    fix: Fix,
    clusters: Sequence[Judged],
    *,
    whole: bool,
) -> str | None:
    """Why a change of a document must not be made; None where it does what it should, for all that share it."""
    try:
        value = changed(document.value, own)
        if remerged(merged, document, value) != changed(merged.value, fix.edits):
            return "another file says the same below it"
    except KeyError:
        return "there is no place for it in the file"
    if document is merged.documents[-1]:
        return None
    return (
        _harm_of_others(document, value, fix, clusters) if whole else f"{document.file} is shared: {_WHOLE}"
    )


def _harm_of_others(document: Document, value: object, fix: Fix, clusters: Sequence[Judged]) -> str | None:
    for other in clusters:
        if other.merged is None:
            return f"{document.file} is shared, and a cluster cannot be read"
        if not _agrees(other, document, value, fix):
            return f"{other.merged.file} shares the line in {document.file} and does not need the repair"
    return None


def _agrees(other: Judged, document: Document, value: object, fix: Fix) -> bool:
    """Whether a cluster wants the same change of a profile, or sees nothing of it."""
    merged = other.merged
    assert merged is not None  # noqa: S101 - looked at before
    shared = next((one for one in merged.documents if one.file == document.file), None)
    if shared is None or any(one.fix is not None and one.fix.edits == fix.edits for one in other.findings):
        return True
    return remerged(merged, shared, value) == merged.value
