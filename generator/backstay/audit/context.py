"""`--context FILE`: what no manifest says, in the words of a spec's `network`, `termination` and `retries` sections."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from backstay.audit.rules import NOT_CONTEXT
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.load.document import Document, load_document
from backstay.load.fleet import show

SECTIONS: Final = ("network", "retries", "termination")


@dataclass(frozen=True, slots=True)
class Stated:
    """A context file: its document and its sections."""

    document: Document

    @property
    def sections(self) -> Mapping[str, object]:
        """The sections by name."""
        return self.document.value

    def located(self, found: Diagnostic) -> Diagnostic:
        """A finding whose symbolic places are lines of the file."""
        related = tuple(replace(one, place=self._located(one.place)) for one in found.related)
        return replace(found, place=self._located(found.place), related=related)

    def _located(self, place: Place) -> Place:
        if place.file or not place.route or place.route[0] not in SECTIONS:
            return place
        return self.document.key_place(place.route) if place.on_key else self.document.place(place.route)


def read_context(path: Path) -> Stated:
    """Read a context file; BadInput with every finding."""
    document = load_document(path, show(path))
    unknown = [key for key in document.value if key not in SECTIONS]
    if unknown:
        raise BadInput([
            NOT_CONTEXT.report(f"unknown key `{key}` in a context", at=document.key_place((key,)),
                               help=f"known here: {', '.join(SECTIONS)}, as in a spec")
            for key in unknown
        ])  # fmt: skip
    return Stated(document)
