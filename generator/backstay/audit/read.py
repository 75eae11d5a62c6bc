"""Text to items: documents that are objects, those that are not, and those that cannot be read."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from backstay.audit.rules import TEMPLATE
from backstay.audit.shapes import identity
from backstay.audit.texts import Standing, Text
from backstay.check.context import Item
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.load.chunk import ANYTHING, UNPLACED, Source
from backstay.load.objects import Object, Part, scan_objects
from backstay.load.rules import NOT_A_MAPPING

_TEMPLATE = re.compile(r"\{\{|\{%-? ")


@dataclass
class Reading:
    """What was read so far. `others` are files with documents that are no objects; `refused`: some file is broken."""

    found: list[Diagnostic] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    refused: bool = False

    def copy(self) -> "Reading":
        """The same so far, to be gone on with."""
        return Reading([*self.found], {**self.others}, self.refused)


@dataclass(frozen=True, slots=True)
class Holding:
    """A text of a tree and what is read of it: whether its objects are patches, which kinds (None: all), from where they are."""

    text: Text
    partial: bool = False
    only: frozenset[str] | None = None
    placed: Callable[[Item], Item] = lambda item: item

    def items(self, reading: Reading, worth: re.Pattern[bytes] = ANYTHING) -> Iterator[Item]:
        """Its objects, each time anew; parts of the text in which nothing matches `worth` are passed over."""
        for item in read_text(self.text, reading, partial=self.partial, worth=worth):
            if self.only is None or item.ref.kind in self.only:
                yield self.placed(item)


@dataclass(frozen=True, slots=True)
class AtHand:
    """Objects that stand in no text."""

    objects: Sequence[Item]

    def items(self, _reading: Reading) -> Iterator[Item]:
        """All of them."""
        return iter(self.objects)


def read_text(
    text: Text, reading: Reading, *, partial: bool = False, worth: re.Pattern[bytes] = ANYTHING
) -> Iterator[Item]:
    """The objects of a text; parts in which nothing matches `worth` are passed over.

    A template that is no YAML yet is said once and hides nothing else.
    """
    told = False
    try:
        for part in scan_objects(text.read(), text.shown, worth):
            wrong = [one for one in part.found if one.rule != NOT_A_MAPPING.id]
            if wrong and _TEMPLATE.search(part.chunk.text):
                told = told or _tell_template(part, text.shown, reading)
                continue
            if wrong:
                _refuse(reading, wrong)
            if len(wrong) != len(part.found):
                _count_other(reading, text.shown)
            yield from _items(part, text, reading, partial=partial)
    except BadInput as failed:
        _refuse(reading, failed.found)


def _items(part: Part, text: Text, reading: Reading, *, partial: bool) -> Iterator[Item]:
    for value, source in part.read:
        item = _item(value, source, text, partial=partial)
        if item is None:
            _count_other(reading, text.shown)
        else:
            yield item


def _item(value: Object, source: Source, text: Text, *, partial: bool) -> Item | None:
    """An object as rules see it; None for a document that is none."""
    ref = identity(value, text.shown)
    if ref is None:
        return None
    takes = _nowhere if source.index == UNPLACED else _anywhere
    return Item(ref, value, partial, text.shown, Standing.of(source, text), takes)


def _anywhere(_route: Route) -> bool:
    return True


def _nowhere(_route: Route) -> bool:
    """An object that stands within a line that holds others."""
    return False


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
