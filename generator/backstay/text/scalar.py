"""Scalars as YAML text: one form each, the same value to every YAML 1.1 and 1.2 reader.

Readers disagree about plain scalars: YAML 1.1 (PyYAML, the Go library behind kubectl in part) turns `yes`,
`0b1`, `1_000`, `12:30` and `2020-01-01` into something else than text, YAML 1.2 does so with `0o7` and `1e3`.
So a text is written plain only when it has a shape that no resolver looks at, and in double quotes otherwise.
Sources: yaml.org/type (bool, int, float, null, merge, value, timestamp) and YAML 1.2.2, 10.3.2 (core schema).
"""

import json
import re
from functools import lru_cache

# Letters first, so no number, date or indicator; a colon or a space only between other characters, so neither
# `: ` nor ` #`. Options (`--port=80`), durations (`60s`) and sizes (`64Gi`) are let in by name for readability.
_BODY = r"[A-Za-z0-9_./@%=+~$(),;'-]"
_PLAIN = re.compile(rf"(?:(?:--)?[A-Za-z]|/){_BODY}*(?:[ :]{_BODY}+)*|[0-9]+(?:ms|[smh]|[KMGTP]i)")
_WORDS = frozenset(
    ("y", "yes", "n", "no", "true", "false", "on", "off", "null", "none", "nil", "nan", "inf", "infinity")
)

# What a text must not hold raw: controls, C1 with NEL, no-break space, soft hyphen, marks that nobody sees or
# that turn the direction of the line, LS and PS, the byte order mark, non-characters.
_HIDDEN = "\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
_ESCAPED = re.compile(f"[{_HIDDEN}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# A literal block reproduces its text only without these: hidden characters, blanks at a line's end, a tab in the
# indentation, a first line that starts with a space, no text at all, more than one newline at the end (the last
# would need `|+`, whose value changes as soon as an editor trims the file).
_NO_BLOCK = re.compile(f"[{_HIDDEN}]|[ \t](?:\n|\\Z)|(?:\\A|\n) *\t|\\A\n* |\\A\n*\\Z|\n\n\\Z")

_CACHED_LENGTH = 200
_CACHED_TEXTS = 8192


def scalar(value: object, pad: str) -> str:
    """The text of a scalar or an empty container; `pad` is a newline and the indentation for a literal block.

    Raises ValueError for what has no form that all readers share: nan, infinities, lone surrogates, other types.
    """
    if isinstance(value, str):
        return text_form(value, pad)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _float(value)
    if value in ({}, []):
        return "{}" if isinstance(value, dict) else "[]"
    raise ValueError(f"no YAML form for {type(value).__name__}")


def text_form(text: str, pad: str) -> str:
    """A text: plain, in double quotes, or as a literal block where that is exact."""
    if "\n" in text and not _NO_BLOCK.search(text) and not _SURROGATE.search(text):
        return _block(text, pad)
    return one_line(text) if len(text) < _CACHED_LENGTH else _one_line(text)


def _one_line(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if _SURROGATE.search(text):
        raise ValueError(f"no YAML form for a lone surrogate in {text!r}")
    return _ESCAPED.sub(_escape, json.dumps(text, ensure_ascii=False))


@lru_cache(maxsize=_CACHED_TEXTS)
def one_line(text: str) -> str:
    """A short text on one line: plain or in double quotes. The cache is bounded, so callers send short texts."""
    return _one_line(text)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _block(text: str, pad: str) -> str:
    lines = text.split("\n")
    end = "|" if lines[-1] == "" else "|-"
    if end == "|":
        lines.pop()
    return end + "".join(pad + line if line else "\n" for line in lines)


def _float(value: float) -> str:
    text = float.__repr__(value)
    if text in ("nan", "inf", "-inf"):
        raise ValueError(f"no YAML form for {text} that Kubernetes could read")
    mantissa, exponent, power = text.partition("e")
    # YAML 1.1 knows no float without a point: `1e+16` would be read as text.
    return text if "." in mantissa else f"{mantissa}.0{exponent}{power}"
