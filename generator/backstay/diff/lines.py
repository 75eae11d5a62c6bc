"""Values as lines for people: what was and what is to be, with `-` and `+` before them."""

import json
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Final

from backstay.diff.change import Change, Kind

_MOST: Final = 400  # lines of a value that are compared or shown


def value_lines(change: Change) -> list[str]:
    """The value there behind `- `, the planned one behind `+ `; of long ones only what differs and a line around."""
    was = _lines(change.actual) if change.kind in (Kind.CHANGED, Kind.EXTRA_FIELD) else []
    wanted = _lines(change.planned) if change.kind in (Kind.CHANGED, Kind.MISSING_FIELD) else []
    if len(was) > 1 and len(wanted) > 1:
        return list(_differing(was, wanted))
    return [*(f"- {line}" for line in was), *(f"+ {line}" for line in wanted)]


def one_line(value: object, most: int) -> str:
    """A value on one line of at most `most` characters."""
    text = visible(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def visible(text: str) -> str:
    """Control characters as escapes: what a cluster says must not drive the terminal."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def _lines(value: object) -> list[str]:
    if isinstance(value, str) and "\n" in value:
        lines = value.split("\n")[:-1] if value.endswith("\n") else value.split("\n")
    else:
        lines = json.dumps(value, ensure_ascii=False, indent=2).split("\n")
    shown = [visible(line) for line in lines[:_MOST]]
    return [*shown, f"({len(lines) - _MOST} more lines)"] if len(lines) > _MOST else shown


def _differing(was: Sequence[str], wanted: Sequence[str]) -> Iterator[str]:
    """The lines that differ; two texts whose shown lines are equal differ in blanks or further down."""
    found = list(unified_diff(was, wanted, n=1, lineterm=""))[2:]
    if not found:
        yield "(the lines shown are equal)"
    for line in found:
        yield "..." if line.startswith("@@") else f"{line[0]} {line[1:]}"
