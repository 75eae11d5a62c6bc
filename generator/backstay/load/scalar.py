"""What a plain scalar means by YAML 1.2's core schema (YAML 1.2.2, 10.3.2)."""

import re
from typing import Final

MAX_DIGITS: Final = 300  # more than the largest double has; Python itself refuses to read 4,300

_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0o(?P<octal>[0-7]+)\Z|0x(?P<hex>[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")


def resolve(text: str) -> bool | int | float | str | None:
    """The value of an unquoted scalar; ValueError, with a message, for a number that cannot be told."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    integer = _INTEGER.match(text)
    if integer is not None:
        return _integer(text, integer)
    if _FLOAT.match(text):
        return finite(text)
    if _NO_NUMBER.match(text):
        raise ValueError(f"`{text}` is no finite number")
    return text


def _integer(text: str, found: re.Match[str]) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    if found["octal"]:
        return int(found["octal"], 8)
    return int(found["hex"], 16) if found["hex"] else int(text)


def finite(text: str) -> float:
    """The double that a decimal number means; ValueError when there is none as large."""
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError(f"`{text[:40]}` is larger than any number")
    return number
