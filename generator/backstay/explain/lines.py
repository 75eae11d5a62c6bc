"""Lines that both directions print: sources with their spec lines, limits, wrapped prose."""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator

from backstay.core.fact import OriginKind
from backstay.explain.numbers import Limit, Number
from backstay.explain.sources import Source
from backstay.explain.subject import Said
from backstay.explain.words import limit, shown

WIDTH = 100
_COLUMN = 58
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
Paint = Callable[[str, str], str]
"""A text in a style (`bold`), or as it is."""


def page(lines: Iterable[str]) -> str:
    """Lines as a text. Control characters become escapes, but for our own colours: specs must not drive a terminal."""
    parts = _COLOUR.split("\n".join(lines) + "\n")
    return "".join(part if at % 2 else _printable(part) for at, part in enumerate(parts))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def prose(text: str, indent: str = "") -> str:
    """A paragraph, wrapped."""
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False,
                         break_on_hyphens=False)  # fmt: skip


def columns(left: str, right: str, indent: str = "") -> str:
    """Two columns; the right one moves where the left is long."""
    return f"{indent}{left}".ljust(_COLUMN + len(indent)) + f"  {right}"


def source_lines(one: Source, indent: str) -> Iterator[str]:
    """A source: what it says and where, and below it whom it overrides or what chose it."""
    if one.kind in {OriginKind.SPEC, OriginKind.DEFAULT}:
        yield from _spec_lines(one, indent)
        return
    yield prose(f"{one.title}: {one.note}" if one.note else one.title, indent)
    if one.said:
        yield from said_lines(one.said[0].place.path, one.said, f"{indent}  ")


def _spec_lines(one: Source, indent: str) -> Iterator[str]:
    if one.said:
        yield from said_lines(one.title, one.said, indent)
    else:
        yield columns(
            f"{one.title}: {one.value}" if one.value else one.title, "the spec's own default", indent
        )


def said_lines(title: str, said: tuple[Said, ...], indent: str) -> Iterator[str]:
    """The word that counts, then those that it overrides."""
    yield columns(f"{title}: {shown(said[0].value)}", where(said[0]), indent)
    for lost in said[1:]:
        yield columns(f"  in place of {shown(lost.value)}", where(lost), indent)


def where(said: Said) -> str:
    """`file:line:column`, and whether that is a profile."""
    return f"{said.place} (profile)" if said.profile else str(said.place)


def limit_lines(one: Limit, told: Number, indent: str, mark: str = "") -> Iterator[str]:
    """A limit in words, with the rule that judges it and the facts that it is made of."""
    head = limit(one.bound, told.derivation.unit)
    if one.bound.soft:
        head += ", where that fits" if one.holds else ", given up: it does not fit"
    elif not one.holds:
        head += ", which the number breaks"
    rule = f"{one.bound.rule} {one.rule_name}".strip()
    yield columns(f"{mark.ljust(2)}{head}", rule, indent).rstrip()
    yield prose(one.bound.words, f"{indent}  ")
    for source in one.sources:
        yield from source_lines(source, f"{indent}    ")
