"""The texts of an audit: each is read more than once, so that nobody has to keep what was read."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from backstay.core.place import Place
from backstay.core.route import Route
from backstay.load.chunk import Chunk, Source
from backstay.load.document import read_bytes
from backstay.load.objects import MAX_BYTES


class Text(Protocol):
    """Something to read objects from: a file, a stream."""

    def __hash__(self) -> int:
        """As something that keeps texts apart has it."""

    @property
    def shown(self) -> str:
        """The name to print."""

    def read(self) -> bytes:
        """All of it; BadInput where it cannot be read."""

    def part(self, start: int, end: int) -> bytes:
        """Some bytes of it, as they were read before; nothing where they are no longer there."""


@dataclass(frozen=True, slots=True)
class FileText:
    """A file. Only a regular one is opened, and never more than `MAX_BYTES` of it are read."""

    path: Path
    shown: str

    def read(self) -> bytes:
        """All of it; BadInput where it cannot be read."""
        return read_bytes(self.path, self.shown, MAX_BYTES)

    def part(self, start: int, end: int) -> bytes:
        """Some bytes of it."""
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                return file.read(end - start)
        except OSError:  # it was there a moment ago
            return b""


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """What came by stdin, or out of another program."""

    content: bytes
    shown: str

    def read(self) -> bytes:
        """All of it."""
        return self.content

    def part(self, start: int, end: int) -> bytes:
        """Some bytes of it."""
        return self.content[start:end]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an object stands in a text: finds its fields there by reading that part of the text again.

    It holds no text and no positions: of many objects, few are ever pointed at.
    """

    text: Text
    start: int
    end: int
    before: int
    index: int
    base: Route

    @staticmethod
    def of(source: Source, text: Text) -> "Standing":
        """The place of an object that was just read from a text."""
        chunk = source.chunk
        return Standing(text, chunk.start, chunk.end, chunk.before, source.index, source.base)

    def __call__(self, route: Route) -> Place:
        """File, line and column of a field."""
        chunk = _chunk(self.text, self.start, self.end, self.before)
        return Source(chunk, self.index, self.base).place(route)


@lru_cache(maxsize=16)
def _chunk(text: Text, start: int, end: int, before: int) -> Chunk:
    """A part of a text with its positions: findings come one after the other, and many about one object."""
    return Chunk(text.part(start, end), text.shown, before)
