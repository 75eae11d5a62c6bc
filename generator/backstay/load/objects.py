"""Kubernetes objects out of manifests: several documents, `kind: List` flattened, JSON as well as YAML.

Made for big inputs, such as the snapshot of a whole cluster: a stream is cut into its documents, and the list
that `kubectl get -o yaml` prints into its items, so that each is read by the fastest reader that can be trusted
with it, and has its positions composed alone and only when a finding asks for them.
"""

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.manifest import Plain
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.load import rules
from backstay.load.clean import clean_value
from backstay.load.document import decode, read_bytes
from backstay.load.scalar import finite
from backstay.load.spot import Composed, closest
from backstay.text.yaml import MAX_BRACKETS, brackets_at_once

Object = dict[str, Plain]

ANYTHING: Final = re.compile(b"")
_MARK: Final = "\ufeff".encode()
MAX_BYTES: Final = 2**29  # of a file; some hundred thousand objects
MAX_COMPOSED: Final = 2**22  # bytes; the places in a document beyond are that of its beginning
_WINDOW: Final = 2**20
_DOCUMENT = re.compile(rb"\n(?=---(?:[ \t\r\n]|\Z))")
_ITEMS = re.compile(rb"(?:\A|\n)items: *\r?\n(?=- )")
_ITEM = re.compile(rb"\n(?=- )")
_AFTER_ITEMS = re.compile(rb"\n(?=[^ \r\n#-])")


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


Read = tuple[Object, Source]


def load_objects(path: Path, shown: str) -> list[Read]:
    """The objects of a file that is printed as `shown`; as `read_objects`."""
    return read_objects(read_bytes(path, shown, MAX_BYTES), shown)


def read_objects(text: str | bytes, shown: str) -> list[Read]:
    """Every object of a stream with its source, in order; none for a stream that says nothing.

    Keys that are numbers or truth values are spelled as text, as Kubernetes does. BadInput with every finding.
    """
    parts = list(scan_objects(text, shown))
    found = [one for part in parts for one in part.found]
    if found:
        raise BadInput(found)
    return [one for part in parts for one in part.read]


@dataclass(frozen=True, slots=True)
class Part:
    """What became of a part of a stream, a document or an item of a list: its objects, and what is wrong with it."""

    chunk: Chunk
    read: list[Read]
    found: list[Diagnostic]


def scan_objects(text: str | bytes, shown: str, worth: re.Pattern[bytes] = ANYTHING) -> Iterator[Part]:
    """A stream part by part, each judged for itself, so that one that cannot be read hides no other.

    Parts in which nothing matches `worth` are passed over unread. Nothing is kept of a part that was taken.
    BadInput only where the stream is no text at all.
    """
    for chunk in _chunks(_content(text, shown), shown):
        if chunk.has(worth):
            yield from _parts(chunk, worth)


def _content(text: str | bytes, shown: str) -> bytes:
    """A stream as UTF-8; BadInput where it is something else."""
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    if not text.isascii() and not _is_utf8(text):
        decode(text, shown)
    return text


def _is_utf8(text: bytes) -> bool:
    """Whether it can be decoded, by windows: a text of hundreds of megabytes would take four times as much at once."""
    decoder = getincrementaldecoder("utf-8")()
    try:
        for begin in range(0, len(text), _WINDOW):
            decoder.decode(text[begin : begin + _WINDOW])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(content: bytes, shown: str) -> Iterator[Chunk]:
    """The documents of a stream, each with its `---` line; all in one where directives stand between them."""
    whole = Chunk(content, shown, start=len(_MARK) if content.startswith(_MARK) else 0)
    odd_ends = content.count(b"\r") != content.count(b"\r\n")
    if odd_ends or content.startswith(b"%", whole.start) or b"\n%" in content:
        yield whole
    else:
        yield from whole.cut(_DOCUMENT)


def _parts(chunk: Chunk, worth: re.Pattern[bytes]) -> Iterator[Part]:
    """The objects of a chunk: item by item where it is a list whose items stand at the beginning of their lines."""
    begin = _ITEMS.search(chunk.content, max(chunk.start - 1, 0), chunk.end)
    frame = _frame(chunk, begin) if begin else None
    if begin is None or frame is None:
        yield _whole(chunk)
        return
    done = 0
    for part in _items(chunk, begin.end()).cut(_ITEM):
        if not part.has(worth):
            continue
        read = _read_item(part, frame)
        if read.found and chunk.end - chunk.start <= MAX_COMPOSED:
            # sound as one, with an anchor in one item for another, or else the better place
            whole = _whole(chunk)
            yield Part(chunk, whole.read[done:], whole.found)
            return
        done += len(read.read)
        yield read


def _items(chunk: Chunk, begin: int) -> Chunk:
    """The items of a list."""
    lines = chunk.before + chunk.content.count(b"\n", chunk.start, begin)
    return Chunk(chunk.content, chunk.shown, lines, begin, _end_of_items(chunk, begin))


def _end_of_items(chunk: Chunk, begin: int) -> int:
    after = _AFTER_ITEMS.search(chunk.content, begin, chunk.end)
    return after.end() if after else chunk.end


def _frame(chunk: Chunk, begin: re.Match[bytes]) -> Object | None:
    """What a list says around its items; None when it is no such list."""
    head, tail = (
        chunk.content[chunk.start : max(begin.start(), chunk.start)],
        chunk.content[_end_of_items(chunk, begin.end()) : chunk.end],
    )
    found: list[Diagnostic] = []
    values = _values(Chunk(head + b"\nitems: []\n" + tail, chunk.shown), found)
    sound = len(values) == 1 and not found and isinstance(values[0], dict) and _is_list(values[0])
    return values[0] if sound and isinstance(values[0], dict) else None


def _read_item(part: Chunk, frame: Object) -> Part:
    """The objects of an item of a list."""
    read: list[Read] = []
    found: list[Diagnostic] = []
    for value in _values(part, found):
        item = value[0] if isinstance(value, list) else value
        read += _item(frame, item, Source(part, 0, (0,)), found)
    return Part(part, read, found)


def _whole(chunk: Chunk) -> Part:
    """The objects of a chunk that is read as one."""
    read: list[Read] = []
    found: list[Diagnostic] = []
    for index, value in enumerate(_values(chunk, found)):
        if value is not None:
            read += _item({}, value, Source(chunk, index), found)
    return Part(chunk, read, found)


def _item(frame: Object, item: Plain, source: Source, found: list[Diagnostic]) -> list[Read]:
    """The objects of an item of a list `frame`: one, or several if it is a list itself."""
    if not isinstance(item, dict):
        message = "no mapping, so no object"
        found.append(
            rules.NOT_A_MAPPING.report(message, at=source.place(()), help="write lines of `key: value`")
        )
        return []
    if (
        "kind" not in item and frame.get("kind", "List") != "List"
    ):  # as the API server lists objects of one kind
        item = {
            "apiVersion": frame.get("apiVersion"),
            "kind": str(frame["kind"]).removesuffix("List"),
            **item,
        }
    items = item.get("items")
    if not isinstance(items, list) or not _is_list(item):
        return [(item, source)]
    return [
        each
        for index, below in enumerate(items)
        for each in _item(
            item, below, Source(source.chunk, source.index, (*source.base, "items", index)), found
        )
    ]


def _is_list(value: Object) -> bool:
    """Whether a mapping is a list of objects: an object whose kind only sounds so has a name."""
    metadata = value.get("metadata")
    named = isinstance(metadata, dict) and "name" in metadata
    return str(value.get("kind")).endswith("List") and isinstance(value.get("items"), list) and not named


def _values(chunk: Chunk, found: list[Diagnostic]) -> list[Plain]:
    """The documents of a chunk by the fastest reader that will do."""
    text = chunk.text
    try:
        return [_json(text) if text[:1] in {"{", "["} else clean_value(text)]
    except ValueError:
        composed, problems = chunk.read()
        found += [_moved(problem, chunk.before) for problem in problems]
        return [document.value for document in composed]


def _json(text: str) -> Plain:
    """The value of a JSON text; ValueError for anything on which JSON readers disagree, or that is too deep."""
    if brackets_at_once(text) > MAX_BRACKETS:
        raise ValueError("too deep")
    value: Plain = json.loads(
        text, object_pairs_hook=_no_duplicates, parse_float=finite, parse_constant=finite
    )
    return value


def _no_duplicates(pairs: list[tuple[str, Plain]]) -> Object:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate key")
    return value


def _moved(problem: Diagnostic, lines: int) -> Diagnostic:
    """A finding in a chunk as one in the stream."""

    def move(place: Place) -> Place:
        return replace(place, line=place.line + lines)

    related = tuple(replace(other, place=move(other.place)) for other in problem.related)
    return replace(problem, place=move(problem.place), related=related)
