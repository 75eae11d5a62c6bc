"""Repairs of hand-written manifests: the object of a finding is looked for where the finding points."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.fix.choice import Level, chosen
from backstay.fix.wanted import Part, Refused, Repair, Wanted, repair, replacements
from backstay.load.document import decode, read_bytes
from backstay.load.edit.apply import Group
from backstay.load.objects import MAX_BYTES, Read, scan_objects

_GONE = "its object is not found in the file any more"


@dataclass(frozen=True, slots=True)
class _File:
    text: str
    read: list[Read]


def repair_objects(findings: Iterable[Diagnostic], level: Level) -> Repair:
    """The repairs of findings about objects in files below the current folder, or wherever their places say."""
    files: dict[str, _File | None] = {}
    wanted: list[Wanted] = []
    refused: list[Refused] = []
    for finding, _ in chosen(findings, level):
        told = wanted_of(finding, files)
        if told is None:
            refused.append(Refused(finding, _GONE))
        else:
            wanted.append(told)
    texts = {name: file.text for name, file in files.items() if file is not None}
    return repair(wanted, refused, texts)


def wanted_of(finding: Diagnostic, files: dict[str, _File | None]) -> Wanted | None:
    """A finding's repair as changes of the part of its file; `files` are those that were read before."""
    name = finding.place.file
    if finding.object is None or not name:
        return None
    if name not in files:
        files[name] = _read(name)
    file = files[name]
    for _, source in file.read if file and finding.fix else ():
        lines = source.chunk.before, source.chunk.before + source.chunk.text.count("\n") + 1
        if lines[0] < finding.place.line <= lines[1] and source.place(finding.place.route) == finding.place:
            assert finding.fix is not None  # noqa: S101 - asked above
            part = Part(name, source.chunk.text, source.chunk.before)
            return Wanted(finding, part, Group(source.index, finding.fix.edits, source.base))
    return None


class Replacements:
    """Findings' repairs as text; each file is read once."""

    def __init__(self) -> None:
        self._files: dict[str, _File | None] = {}

    def __call__(self, finding: Diagnostic) -> list[tuple[Place, Place, str]]:
        """The repair of one finding: from, to, what to put there; none where it cannot be made."""
        wanted = wanted_of(finding, self._files) if finding.fix else None
        return replacements(wanted) if wanted else []


def _read(name: str) -> _File | None:
    try:
        text = decode(read_bytes(Path(name), name, MAX_BYTES), name)
        return _File(text, [one for part in scan_objects(text, name) for one in part.read])
    except BadInput:
        return None
