"""Documents: what a file says, and where it says it."""

import codecs
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.manifest import Plain
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.load import rules
from backstay.load.clean import clean_value
from backstay.load.formats import READERS, spots
from backstay.load.spot import Composed, Spot, closest

MAX_BYTES: Final = 2**18  # of a spec: a hundred times the design's full example


@dataclass(slots=True)
class Document:
    """A spec file: the name to print, its text, its value, and on demand its positions."""

    file: str
    text: str
    value: dict[str, Plain]
    _positions: Spot | None = field(default=None, repr=False)

    @property
    def positions(self) -> Spot:
        """The position tree; composed when first asked for, as only diagnostics and `explain` do."""
        if self._positions is None:
            from backstay.load.compose import placed  # only when asked for: ruamel takes 30 ms to import

            read = placed(self.text, self.file)
            self._positions = read[0].spot if read else Spot((1, 1), (1, 1))
        return self._positions

    def place(self, route: Route) -> Place:
        """Where the value at the route stands, or its closest existing parent."""
        spot, _ = closest(self.positions, route)
        return Place(self.file, *spot.start, route)

    def key_place(self, route: Route) -> Place:
        """Where the key of that value stands; a list item and the document itself are their own keys."""
        spot, _ = closest(self.positions, route)
        return Place(self.file, *spot.key, route)


def load_document(path: Path, shown: str) -> Document:
    """Read a spec file that is printed as `shown`; BadInput with every finding in it."""
    content = read_bytes(path, shown, MAX_BYTES)
    reader = READERS.get(path.suffix)
    if reader is None:
        return read_document(content, shown)
    text = decode(content, shown)
    value, marks = reader(shown, text)
    return Document(shown, text, value, spots(marks))


def read_document(text: str | bytes, shown: str) -> Document:
    """The document of a text; BadInput with every finding in it."""
    text = decode(text, shown)
    if len(text) > MAX_BYTES:
        raise BadInput([too_large(shown, MAX_BYTES)])
    try:
        value = clean_value(text)
    except ValueError:
        value = None
    if isinstance(value, dict) and value:
        return Document(shown, text, value)
    return Document(shown, text, *_composed(text, shown))


def read_bytes(path: Path, shown: str, most: int) -> bytes:
    """The bytes of a regular file of at most `most` bytes; BadInput when that is not to be had.

    Opened without waiting: a pipe that nobody writes to must not hold the run up.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            known = os.fstat(file.fileno())
            if not stat.S_ISREG(known.st_mode):
                raise BadInput([unreadable(shown, "not a regular file")])
            content = file.read(
                min(known.st_size, most) + 1
            )  # never more than promised, and no buffer for it
    except OSError as failed:
        raise BadInput([unreadable(shown, (failed.strerror or str(failed)).lower())]) from failed
    if len(content) > most:
        raise BadInput([too_large(shown, most)])
    return content


def decode(text: str | bytes, shown: str) -> str:
    """UTF-8 text without its byte order mark; BadInput where the bytes are something else."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as failed:
            raise BadInput([_not_utf8(failed, shown)]) from failed
    return text.removeprefix("\ufeff")


def unreadable(shown: str, reason: str) -> Diagnostic:
    """The finding about a file that cannot be read."""
    return rules.UNREADABLE_FILE.report(
        f"cannot be read: {reason}", at=Place(shown), help="make it a readable file, or take it out"
    )


def too_large(shown: str, most: int) -> Diagnostic:
    """The finding about a file with more than `most` bytes."""
    return rules.TOO_LARGE.report(
        f"more than {most} bytes", at=Place(shown), help="split it, or check what it is"
    )


def _composed(text: str, shown: str) -> tuple[dict[str, Plain], Spot]:
    """Value and positions by the slow way; BadInput with every finding."""
    from backstay.load.compose import compose  # only when asked for: ruamel takes 30 ms to import

    read, found = compose(text, shown)
    found.extend(_misshapen(read, shown) if read or not found else ())
    value = read[0].value if read else None
    if found or not isinstance(value, dict):
        raise BadInput(found)
    return value, read[0].spot


def _misshapen(read: list[Composed], shown: str) -> Iterator[Diagnostic]:
    """What keeps these documents from being one mapping."""
    if len(read) > 1:
        at = Place(shown, *read[1].spot.start)
        yield rules.SEVERAL_DOCUMENTS.report(
            "a second document begins here", at=at, help="make it a file of its own"
        )
    if not read or read[0].value is None:
        at = Place(shown, 1, 1)
        yield rules.EMPTY_FILE.report(
            "the file says nothing", at=at, help="write a spec, or take the file out"
        )
    elif not isinstance(read[0].value, dict):
        at = Place(shown, *read[0].spot.start)
        yield rules.NOT_A_MAPPING.report(
            "no mapping of keys to values", at=at, help="write lines of `key: value`"
        )


def _not_utf8(failed: UnicodeDecodeError, shown: str) -> Diagnostic:
    content: bytes = failed.object
    before = content[: failed.start].decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return rules.NOT_UTF8.report(
        "UTF-16, not UTF-8" if utf16 else f"byte 0x{content[failed.start]:02x} is not UTF-8",
        at=Place(shown, line, column),
        help="save the file as UTF-8",
    )
