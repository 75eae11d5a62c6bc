"""Texts in the columns of a terminal: how wide they are, wrapped, and cut round a place.

A character takes one column, two where Unicode says wide (East Asian scripts, most emoji), none where it goes on top of
the one before. Source: Unicode Standard Annex #11, wcwidth of terminals.
"""

import re
import unicodedata
from collections.abc import Iterator

_PAINT = re.compile(r"\x1b\[[0-9;]*m")
_WORD = re.compile(r"(?:`[^`]*`|\S)+")
_LEAST = 20
"""Columns below which nothing is cut or wrapped any more: a text in slivers helps nobody."""
_CUT = "…"


def width(text: str) -> int:
    """How many columns a text takes; colours take none."""
    return len(text) if text.isascii() and "\x1b" not in text else sum(map(_cells, _PAINT.sub("", text)))


def wrapped(start: str, text: str, limit: int, indent: int) -> list[str]:
    """A sentence behind its start, later lines indented, none wider than `limit` (0: one line) where blanks allow it."""
    room = limit - indent
    if limit <= 0 or room < _LEAST:
        return [start + text]
    lines, line, taken = [], start, width(start)
    for word in _words(text, room):
        wide = width(word)
        if taken + wide > limit and line.strip() and line != start:
            lines.append(line.rstrip())
            line, taken = " " * indent, indent
        line, taken = f"{line}{word} ", taken + wide + 1
    return [*lines, line.rstrip()]


def _words(text: str, room: int) -> Iterator[str]:
    """What may stand on lines of their own: words, and what is quoted to be copied, where that fits a line."""
    for word in _WORD.findall(text):
        yield from [word] if width(word) <= room else word.split()


def cut(text: str, mark: int, limit: int) -> tuple[str, int]:
    """A line in `limit` columns so that character number `mark` can be seen, and the column of that, from 0."""
    if width(text) <= limit or limit < _LEAST:
        return text, width(text[:mark])
    start = _start(text, mark, limit)
    end = _forward(text, start, limit - (len(_CUT) if start else 0))
    shown = text[start:end]
    left, right = _CUT if start else "", _CUT if end < len(text) else ""
    return left + shown + right, len(left) + width(text[start:mark])


def _start(text: str, mark: int, limit: int) -> int:
    """The first character to show: of the whole line if the mark is in its front, else so that no room is left empty."""
    if width(text[:mark]) <= limit * 2 // 3:
        return 0
    return min(_back(text, mark, limit // 2), _back(text, len(text), limit - len(_CUT)))


def _back(text: str, at: int, room: int) -> int:
    """The character that `room` columns before a character begin with."""
    while at > 0 and room >= _cells(text[at - 1]):
        at -= 1
        room -= _cells(text[at])
    return at


def _forward(text: str, at: int, room: int) -> int:
    """The character behind the last one that fits, with a column left for the sign of a cut."""
    if width(text[at:]) <= room:
        return len(text)
    room -= len(_CUT)
    while room >= _cells(text[at]):
        room -= _cells(text[at])
        at += 1
    return at


def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
