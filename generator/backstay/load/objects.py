"""Kubernetes objects out of manifests: several documents, `kind: List` flattened, JSON as well as YAML.

Made for big inputs, such as the snapshot of a whole cluster: a stream is cut into its documents, and the list
that `kubectl get -o yaml` prints into its items, so that each is read by the fastest reader that can be trusted
with it, and has its positions composed alone and only when a finding asks for them.
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.manifest import Plain
from backstay.core.place import Place
from backstay.load import rules
from backstay.load.chunk import ANYTHING, MAX_COMPOSED, UNPLACED, Chunk, Source
from backstay.load.clean import clean_value
from backstay.load.document import decode, read_bytes
from backstay.load.jsonlist import JsonList, json_list, read_json
from backstay.text.yaml import MAX_BRACKETS, brackets_at_once

Object = dict[str, Plain]

_MARK: Final = "\ufeff".encode()
MAX_BYTES: Final = 2**29  # of a file; some hundred thousand objects
MAX_DOCUMENT: Final = 2**25  # bytes; an API server takes no object of a twentieth of it
LONG_JSON: Final = 2**20  # bytes, from which on a list is taken apart
_WINDOW: Final = 2**20
_DOCUMENT = re.compile(rb"\n(?=---(?:[ \t\r\n]|\Z))")
_ITEMS = re.compile(rb"(?:\A|\n)items: *\r?\n(?=(?P<indent> *)- )")


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
    long = _of_json(chunk, worth)
    if long is not None:
        yield from long
        return
    begin = _ITEMS.search(chunk.content, max(chunk.start - 1, 0), chunk.end)
    frame = _frame(chunk, begin) if begin else None
    if begin is None or frame is None:
        yield _whole(chunk)
        return
    yield from _of_list(chunk, _items(chunk, begin), frame, worth)


def _of_list(chunk: Chunk, items: Iterable[Chunk], frame: Object, worth: re.Pattern[bytes]) -> Iterator[Part]:
    """The items of a list one by one; all as one from an item on that cannot be read alone."""
    done = 0
    for part in items:
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


def _items(chunk: Chunk, begin: re.Match[bytes]) -> Iterator[Chunk]:
    """The items of a list."""
    item, _ = _ends(begin["indent"])
    lines = chunk.before + chunk.content.count(b"\n", chunk.start, begin.end())
    every = Chunk(chunk.content, chunk.shown, lines, begin.end(), _end_of_items(chunk, begin))
    return every.cut(item)


def _end_of_items(chunk: Chunk, begin: re.Match[bytes]) -> int:
    _, after = _ends(begin["indent"])
    found = after.search(chunk.content, begin.end(), chunk.end)
    return found.end() if found else chunk.end


@cache
def _ends(indent: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """The line ends before items that are indented so, and those before what comes behind all of them."""
    return re.compile(rb"\n(?=%b- )" % indent), re.compile(rb"\n(?!%b[ -]| *(?:#|\r?\n|\Z))" % indent)


def _frame(chunk: Chunk, begin: re.Match[bytes]) -> Object | None:
    """What a list says around its items; None when it is no such list."""
    head = chunk.content[chunk.start : max(begin.start(), chunk.start)]
    tail = chunk.content[_end_of_items(chunk, begin) : chunk.end]
    found: list[Diagnostic] = []
    values = _values(Chunk(head + b"\nitems: []\n" + tail, chunk.shown), found)
    sound = len(values) == 1 and not found and isinstance(values[0], dict) and _is_list(values[0])
    return values[0] if sound and isinstance(values[0], dict) else None


def _of_json(chunk: Chunk, worth: re.Pattern[bytes]) -> Iterator[Part] | None:
    """The items of a long list in JSON one by one; None for whatever is none."""
    if chunk.end - chunk.start < LONG_JSON or chunk.content[chunk.start : chunk.start + 1] != b"{":
        return None
    text = chunk.content[chunk.start : chunk.end].decode("utf-8", "surrogatepass")
    try:
        found = json_list(text)
    except ValueError:
        return None
    return _of_spans(chunk, text, found, worth) if _is_list({**found.frame}) else None


def _of_spans(chunk: Chunk, text: str, found: JsonList, worth: re.Pattern[bytes]) -> Iterator[Part]:
    before, reached, offset, behind = chunk.before, 0, chunk.start, 0
    for begin, end in found.spans:
        gap = text[behind:begin]
        alone = "\n" in gap and not gap[gap.rfind("\n") + 1 :].strip(" ")
        start = behind + gap.rfind("\n") + 1 if alone else begin
        before += text.count("\n", reached, start)
        offset += len(text[reached:start].encode("utf-8", "surrogatepass"))
        behind = end
        reached = start
        size = len(text[start:end].encode("utf-8", "surrogatepass"))
        part = Chunk(chunk.content, chunk.shown, before, offset, offset + size)
        if not part.has(worth):
            continue
        read, wrong = list[Read](), list[Diagnostic]()
        try:
            value = _json(text[begin:end])
        except ValueError:
            value = None
        read += _item(found.frame, value, Source(part, 0 if alone else UNPLACED), wrong)
        yield Part(part, read, wrong)


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
    if chunk.end - chunk.start > MAX_DOCUMENT:
        found.append(_too_much(chunk))
        return []
    text = chunk.text
    try:
        return [_json(text) if text[:1] in {"{", "["} else clean_value(text)]
    except ValueError:
        if chunk.end - chunk.start > MAX_COMPOSED:
            found.append(_too_much(chunk))
            return []
        composed, problems = chunk.read()
        found += [_moved(problem, chunk.before) for problem in problems]
        return [document.value for document in composed]


def _too_much(chunk: Chunk) -> Diagnostic:
    """The finding about a document that is too large to be read by the reader that it takes."""
    size = f"{(chunk.end - chunk.start) >> 20} MiB"
    return rules.TOO_LARGE.report(
        f"a document of {size}, which is no list of objects that can be read one by one",
        at=Place(chunk.shown, chunk.before + 1, 1),
        help="split it, or write it as `kubectl get -o yaml` does: `items:` at the beginning of a line, and no anchors",
    )


def _json(text: str) -> Plain:
    """The value of a JSON text; ValueError for anything on which JSON readers disagree, or that is too deep."""
    if brackets_at_once(text) > MAX_BRACKETS:
        raise ValueError("too deep")
    return read_json(text)


def _moved(problem: Diagnostic, lines: int) -> Diagnostic:
    """A finding in a chunk as one in the stream."""

    def move(place: Place) -> Place:
        return replace(place, line=place.line + lines)

    related = tuple(replace(other, place=move(other.place)) for other in problem.related)
    return replace(problem, place=move(problem.place), related=related)
