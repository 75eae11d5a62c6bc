"""Kubernetes objects out of manifests: several documents, `kind: List` flattened, JSON as well as YAML.

Made for big inputs, such as the snapshot of a whole cluster: a stream is cut into its documents, and the list
that `kubectl get -o yaml` prints into its items, so that each is read by the fastest reader that can be trusted
with it, and has its positions composed alone and only when a finding asks for them.
"""

import json
import re
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

MAX_BYTES: Final = 2**29  # of a file; some hundred thousand objects
MAX_COMPOSED: Final = 2**22  # characters; the places in a document beyond are that of its beginning
_DOCUMENT = re.compile(r"\n(?=---(?:[ \t\n]|\Z))")
_ITEMS = re.compile(r"(?:^|\n)items: *\n(?=- )")
_ITEM = re.compile(r"\n(?=- )")
_AFTER_ITEMS = re.compile(r"\n(?=[^ \n#-])")


@dataclass
class Chunk:
    """A part of a stream, with the lines of the stream before it; `text` holds whole documents."""

    text: str
    shown: str
    before: int

    @cached_property
    def composed(self) -> list[Composed]:
        """The documents in it with their positions, as far as they can be read; none for a very large one."""
        from backstay.load.compose import placed  # only when asked for: ruamel takes 30 ms to import

        few = len(self.text) <= MAX_COMPOSED
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
    found: list[Diagnostic] = []
    read = [each for chunk in _chunks(decode(text, shown), shown) for each in _read(chunk, found)]
    if found:
        raise BadInput(found)
    return read


@dataclass(frozen=True, slots=True)
class Part:
    """What became of a part of a stream, mostly one document: its text, its objects, and what is wrong with it."""

    text: str
    read: list[Read]
    found: list[Diagnostic]


def scan_objects(text: str | bytes, shown: str) -> Iterator[Part]:
    """A stream part by part, each judged for itself, so that one that cannot be read hides no other.

    BadInput only where the stream is no text at all.
    """
    for chunk in _chunks(decode(text, shown), shown):
        found: list[Diagnostic] = []
        read = _read(chunk, found)
        yield Part(chunk.text, read, found)


def _chunks(text: str, shown: str) -> Iterator[Chunk]:
    """The documents of a stream, each with its `---` line; all in one where directives stand between them."""
    text = text.replace("\r\n", "\n")
    if text.startswith("%") or "\n%" in text or "\r" in text:
        yield Chunk(text, shown, 0)
    else:
        yield from _cut(_DOCUMENT, Chunk(text, shown, 0))


def _cut(where: re.Pattern[str], whole: Chunk) -> Iterator[Chunk]:
    """Parts of a chunk, cut behind the line ends that match."""
    before, begin = whole.before, 0
    for end in [*(found.end() for found in where.finditer(whole.text)), len(whole.text)]:
        part = whole.text[begin:end]
        yield Chunk(part, whole.shown, before)
        before, begin = before + part.count("\n"), end


def _read(chunk: Chunk, found: list[Diagnostic]) -> list[Read]:
    """The objects of a chunk; its findings go to `found`."""
    begin = _ITEMS.search(chunk.text)
    if begin is None:
        return _whole(chunk, found)
    apart: list[Diagnostic] = []
    read = _list(chunk, begin, apart)
    if read is not None and not apart:
        return read
    return _whole(
        chunk, found
    )  # sound as one, with an anchor in one item for another, or else the better place


def _list(chunk: Chunk, begin: re.Match[str], found: list[Diagnostic]) -> list[Read] | None:
    """The objects of a list whose items stand at the beginning of their lines; None when it is no such list."""
    after = _AFTER_ITEMS.search(chunk.text, begin.end())
    end = after.end() if after else len(chunk.text)
    frame = _values(
        Chunk(f"{chunk.text[: begin.start()]}\nitems: []\n{chunk.text[end:]}", chunk.shown, 0), found
    )
    if len(frame) != 1 or not isinstance(frame[0], dict) or not _is_list(frame[0]):
        return None
    items = Chunk(
        chunk.text[begin.end() : end], chunk.shown, chunk.before + chunk.text.count("\n", 0, begin.end())
    )
    read: list[Read] = []
    for part in _cut(_ITEM, items):
        for value in _values(part, found):
            item = value[0] if isinstance(value, list) else value
            read += _item(frame[0], item, Source(part, 0, (0,)), found)
    return read


def _whole(chunk: Chunk, found: list[Diagnostic]) -> list[Read]:
    read: list[Read] = []
    for index, value in enumerate(_values(chunk, found)):
        if value is not None:
            read += _item({}, value, Source(chunk, index), found)
    return read


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
    try:
        return [_json(chunk.text) if chunk.text[:1] in {"{", "["} else clean_value(chunk.text)]
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
