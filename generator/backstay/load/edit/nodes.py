"""A text as nodes with the characters that they take up, aliases kept apart from what they stand for.

Made from the parser's events, for texts that were read before: what is wrong with a text is not told here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from backstay.core.fix import Edit
from backstay.core.route import Route
from backstay.load.events import events
from backstay.load.scalar import resolve

_PROPERTIES = re.compile(r"(?:[&!][^\s]*[ \t]+)*")
_BLOCK: Final = ("|", ">")


class Kind(StrEnum):
    """What a node is."""

    SCALAR = "scalar"
    MAPPING = "mapping"
    SEQUENCE = "sequence"
    ALIAS = "alias"


@dataclass(slots=True)
class Node:
    """A node: its characters from `start`, behind anchor and tag, to `end`, behind the last that says something.

    `style` is a scalar's quote or block sign, or empty; `flow` is for brackets. An empty value has no characters.
    """

    kind: Kind
    start: int
    end: int
    style: str = ""
    flow: bool = False
    text: str = ""
    keys: "list[Node]" = field(default_factory=list)
    values: "list[Node]" = field(default_factory=list)

    @property
    def block(self) -> bool:
        """Whether it is a mapping or list by indentation."""
        return self.kind in {Kind.MAPPING, Kind.SEQUENCE} and not self.flow

    @property
    def name(self) -> str:
        """A key's text, as readers that want texts spell it."""
        if self.style:
            return self.text
        value = resolve(self.text)
        return str(value).lower() if isinstance(value, bool) else self.text if value is None else str(value)

    def index(self, step: str | int) -> int | None:
        """Where the entry of a key, or the item of an index, is among its own; None when it is not."""
        if isinstance(step, int):
            return step if self.kind is Kind.SEQUENCE and step < len(self.values) else None
        found = (i for i, key in enumerate(self.keys) if self.kind is Kind.MAPPING and key.name == step)
        return next(found, None)


def roots(text: str) -> list[Node]:
    """The root of every document of a text. MarkedYAMLError or ValueError where the text is no YAML."""
    stream = events(text)
    found: list[Node] = []
    for event in stream:
        if isinstance(event, StreamEndEvent):
            break
        if isinstance(event, DocumentStartEvent):
            found.append(_node(next(stream), stream, text))
    return found


def path(root: Node, route: Route) -> list[Node]:
    """The nodes from the root on along a route, as far as there are any of their own."""
    nodes = [root]
    for step in route:
        index = nodes[-1].index(step)
        if index is None:
            break
        nodes.append(nodes[-1].values[index])
    return nodes


def scalars(node: Node) -> Iterator[Node]:
    """Every scalar below a node, keys too, in the order of the text."""
    if node.kind is Kind.SCALAR:
        yield node
    for index, value in enumerate(node.values):
        if node.keys:
            yield from scalars(node.keys[index])
        yield from scalars(value)


def comments(text: str) -> list[tuple[int, str]]:
    """Every comment of a text, and where it begins. Raises as `roots`."""
    covered = [(one.start, one.end) for root in roots(text) for one in scalars(root) if one.end > one.start]
    found: list[tuple[int, str]] = []
    for sign in re.finditer(r"(?:(?<=\s)|\A)#[^\n]*", text, re.MULTILINE):
        inside = any(start <= sign.start() < end for start, end in covered)
        if not inside or _behind_block_sign(text, sign.start(), covered):
            found.append((sign.start(), sign[0].rstrip()))
    return found


def _behind_block_sign(text: str, at: int, covered: list[tuple[int, int]]) -> bool:
    """Whether a comment stands on the line that opens a block text: `key: |  # why`."""
    return any(
        text[start] in _BLOCK and start < at < end and "\n" not in text[start:at] for start, end in covered
    )


def _node(event: Event, stream: Iterator[Event], text: str) -> Node:
    if isinstance(event, AliasEvent):
        return Node(Kind.ALIAS, event.start_mark.index, event.end_mark.index)
    if isinstance(event, ScalarEvent):
        return _scalar(event, text)
    if isinstance(event, SequenceStartEvent):
        return _sequence(event, stream, text)
    return _mapping(event, stream, text)


def _scalar(event: ScalarEvent, text: str) -> Node:
    start, end = event.start_mark.index, event.end_mark.index
    start = _PROPERTIES.match(text, start, end).end() if end > start else start  # type: ignore[union-attr]
    style = event.style or ""
    if style in _BLOCK and "+" not in text[start:end].partition("\n")[0]:
        end = start + len(text[start:end].rstrip(" \n"))
    elif style in _BLOCK:
        end = start + len(text[start:end].removesuffix("\n"))
    return Node(Kind.SCALAR, start, end, style=style, text=event.value)


def _sequence(start: SequenceStartEvent, stream: Iterator[Event], text: str) -> Node:
    node = Node(Kind.SEQUENCE, start.start_mark.index, start.end_mark.index, flow=bool(start.flow_style))
    node.start = start.end_mark.index - 1 if node.flow else node.start
    while not isinstance(event := next(stream), SequenceEndEvent):
        node.values.append(_node(event, stream, text))
    _finish(node, event)
    return node


def _mapping(start: Event, stream: Iterator[Event], text: str) -> Node:
    flow = isinstance(start, MappingStartEvent) and bool(start.flow_style)
    node = Node(Kind.MAPPING, start.start_mark.index, start.end_mark.index, flow=flow)
    node.start = start.end_mark.index - 1 if flow else node.start
    while not isinstance(event := next(stream), MappingEndEvent):
        node.keys.append(_node(event, stream, text))
        value = _node(next(stream), stream, text)
        if value.kind is Kind.SCALAR and not value.style and not value.text:
            value.start = value.end = _behind_colon(text, node.keys[-1].end)
        node.values.append(value)
    _finish(node, event)
    if node.block and node.keys:
        node.start = node.keys[0].start
    return node


def _finish(node: Node, event: Event) -> None:
    """A node by brackets ends with them, one by indentation with what it holds."""
    node.end = event.end_mark.index if node.flow else max((one.end for one in node.values), default=node.end)


def _behind_colon(text: str, at: int) -> int:
    found = re.compile(r"\s*:").match(text, at)
    return found.end() if found else at


def extent(text: str, root: Node, change: Edit) -> tuple[int, int] | None:
    """The characters of what an edit takes away, or of what it replaces, with the rest of the last line."""
    nodes = path(root, change.route)
    if len(nodes) <= len(change.route):
        return None
    here = nodes[-1]
    line = text.find("\n", here.end)
    line = len(text) if line < 0 else line
    if change.value is not None or len(nodes) == 1:
        return here.start, line if here.block else here.end
    parent = nodes[-2]
    index = next(i for i, one in enumerate(parent.values) if one is here)
    before = parent.values[index - 1].end if index else parent.start
    return parent.keys[index].start if parent.keys else before, here.end if parent.flow else line
