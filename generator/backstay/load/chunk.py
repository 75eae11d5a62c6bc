"""Parts of a stream of documents, and where objects stand in them: decoded and composed only when that is asked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.load.spot import Composed, closest

ANYTHING: Final = re.compile(b"")
MAX_COMPOSED: Final = 2**22  # bytes; the places in a document beyond are that of its beginning
UNPLACED: Final = 2**31
"""The document of a source that is placed at the line in which it begins, as it begins within one."""


@dataclass
class Chunk:
    """A part of a stream, with the number of lines before it; it holds whole documents.

    It is bytes `start` to `end` of `content`, which all chunks of a stream share: only what is looked at is decoded.
    """

    content: bytes
    shown: str
    before: int = 0
    start: int = 0
    end: int = -1

    def __post_init__(self) -> None:
        """All of the content, where nothing else is said."""
        self.end = len(self.content) if self.end < 0 else self.end

    @property
    def text(self) -> str:
        """What stands in it, with line ends as YAML has them."""
        found = self.content[self.start : self.end].decode("utf-8", "surrogatepass")
        return found.replace("\r\n", "\n") if "\r" in found else found

    def has(self, pattern: re.Pattern[bytes]) -> bool:
        """Whether something in it matches."""
        return pattern.search(self.content, self.start, self.end) is not None

    def cut(self, where: re.Pattern[bytes]) -> Iterator["Chunk"]:
        """Its parts, cut behind the line ends that match."""
        before, begin = self.before, self.start
        for found in where.finditer(self.content, self.start, self.end):
            yield Chunk(self.content, self.shown, before, begin, found.end())
            before += self.content.count(b"\n", begin, found.end())
            begin = found.end()
        yield Chunk(self.content, self.shown, before, begin, self.end)

    @cached_property
    def composed(self) -> list[Composed]:
        """The documents in it with their positions, as far as they can be read; none for a very large one."""
        from backstay.load.compose import placed  # only when asked for: ruamel takes 30 ms to import

        few = self.end - self.start <= MAX_COMPOSED
        return placed(self.text, self.shown, spell_keys=True) if few else []

    def read(self) -> tuple[list[Composed], list[Diagnostic]]:
        """The documents in it by the slow way, and the findings."""
        from backstay.load.compose import compose  # only when asked for: ruamel takes 30 ms to import

        return compose(self.text, self.shown, spell_keys=True)


@dataclass(frozen=True, slots=True)
class Source:
    """Where an object was read: at `base` of the `index`th document of a chunk."""

    chunk: Chunk
    index: int
    base: Route = ()

    @property
    def file(self) -> str:
        """The file, as it is printed."""
        return self.chunk.shown

    def place(self, route: Route) -> Place:
        """Where the value at a route of the object stands, or its closest existing parent."""
        return self._place(route, key=False)

    def key_place(self, route: Route) -> Place:
        """As `place`, for the key of the value."""
        return self._place(route, key=True)

    def _place(self, route: Route, *, key: bool) -> Place:
        documents = self.chunk.composed
        if self.index >= len(documents):
            return Place(self.file, self.chunk.before + 1, 1, route)
        spot, _ = closest(documents[self.index].spot, (*self.base, *route))
        line, column = spot.key if key else spot.start
        return Place(self.file, self.chunk.before + line, column, route)
