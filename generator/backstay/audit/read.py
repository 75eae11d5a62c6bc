"""Text to items: documents that are objects, those that are not, and those that cannot be read."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from backstay.audit.rules import TEMPLATE
from backstay.audit.shapes import identity
from backstay.audit.tree import File
from backstay.check.context import Item
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.load.document import read_bytes
from backstay.load.objects import MAX_BYTES, Object, Part, Source, scan_objects
from backstay.load.rules import NOT_A_MAPPING

_TEMPLATE = re.compile(r"\{\{|\{%-? ")


@dataclass
class Reading:
    """What was read so far. `others` are files with documents that are no objects; `refused`: some file is broken."""

    found: list[Diagnostic] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    refused: bool = False


def read_files(files: Iterable[File], reading: Reading, is_patch: Callable[[File], bool]) -> Iterator[Item]:
    """The objects of files, one after the other."""
    for file in files:
        try:
            text = read_bytes(file.path, file.shown, MAX_BYTES)
        except BadInput as failed:
            _refuse(reading, failed.found)
            continue
        yield from read_text(text, file.shown, reading, partial=is_patch(file))


def read_text(text: bytes, shown: str, reading: Reading, *, partial: bool = False) -> Iterator[Item]:
    """The objects of a stream. A template that is no YAML yet is said once and hides nothing else."""
    told = False
    try:
        for part in scan_objects(text, shown):
            wrong = [one for one in part.found if one.rule != NOT_A_MAPPING.id]
            if wrong and _TEMPLATE.search(part.text):
                told = told or _tell_template(part, shown, reading)
                continue
            if wrong:
                _refuse(reading, wrong)
            if len(wrong) != len(part.found):
                _count_other(reading, shown)
            yield from _items(part, shown, reading, partial=partial)
    except BadInput as failed:
        _refuse(reading, failed.found)


def _items(part: Part, shown: str, reading: Reading, *, partial: bool) -> Iterator[Item]:
    for value, source in part.read:
        item = item_of(value, source, shown, partial=partial)
        if item is None:
            _count_other(reading, shown)
        else:
            yield item


def item_of(value: Object, source: Source, shown: str, *, partial: bool) -> Item | None:
    """An object as rules see it; None for a document that is none."""
    ref = identity(value, shown)
    return None if ref is None else Item(ref, value, partial, shown, source.place)


def _refuse(reading: Reading, found: list[Diagnostic]) -> None:
    reading.found += found
    reading.refused = True


def _count_other(reading: Reading, shown: str) -> None:
    reading.others[shown] = reading.others.get(shown, 0) + 1


def _tell_template(part: Part, shown: str, reading: Reading) -> bool:
    first = part.found[0].place
    reading.found.append(
        TEMPLATE.report(
            "a template that is not rendered yet, so no YAML",
            at=Place(shown, first.line, first.column),
            help="render it and audit the result: `helm template CHART | backstay audit -`",
        )
    )
    return True
