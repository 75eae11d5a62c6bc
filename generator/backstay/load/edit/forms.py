"""Plain values as YAML text at an indentation, in the manner of what stands there already."""

import json
import re
from typing import Final

from backstay.text.scalar import one_line, scalar

_FLOW_UNSAFE = re.compile(r"[,\[\]{}]")
_STEP: Final = 2
"""Blanks by which a level of what is written anew stands further in."""


def value_lines(value: object, indent: int) -> str:
    """A value behind `key:`: ` scalar`, or a line break and its lines at `indent`."""
    if isinstance(value, dict) and value:
        return "".join(_line(indent) + entry(key, below, indent) for key, below in value.items())
    if isinstance(value, list) and value:
        return "".join(_line(indent) + item(below, indent) for below in value)
    return f" {scalar(value, _line(indent))}"


def _line(indent: int) -> str:
    return "\n" + " " * indent


def entry(key: str, value: object, indent: int) -> str:
    """`key: value`, whose first line is to stand at `indent`."""
    return f"{one_line(key)}:{value_lines(value, indent + _STEP)}"


def item(value: object, indent: int) -> str:
    """`- value`, whose dash is to stand at `indent`."""
    if isinstance(value, dict | list) and value:
        return f"- {value_lines(value, indent + _STEP).lstrip()}"
    return f"-{value_lines(value, indent + _STEP)}"


def flow(value: object, *, quoted: bool) -> str:
    """A value on one line between brackets; `quoted`: as JSON has it."""
    if quoted:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(
                f"{flow(key, quoted=False)}: {flow(below, quoted=False)}" for key, below in value.items()
            )
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(flow(below, quoted=False) for below in value) + "]"
    text = one_line(value) if isinstance(value, str) else scalar(value, "")
    return (
        json.dumps(value, ensure_ascii=False)
        if isinstance(value, str) and _FLOW_UNSAFE.search(text)
        else text
    )


def like(value: object, style: str, pad: str) -> str:
    """A scalar in the style of the one that it comes in place of, where that is possible; `pad` is for block texts."""
    if isinstance(value, str) and "\n" not in value and value.isprintable():
        if style == "'":
            return "'" + value.replace("'", "''") + "'"
        if style == '"':
            return json.dumps(value, ensure_ascii=False)
    return scalar(value, pad)
