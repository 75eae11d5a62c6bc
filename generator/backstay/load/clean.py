"""The fast way to a text's values, for texts in which ryaml sees what YAML 1.2 means.

A text is clean when it has no tag, anchor, alias, merge key, directive, document marker, invisible character or
number that ryaml reads differently. Everything else goes the way of `compose`, which takes about six times as
long and knows what to say. The tests hold both ways against each other.
"""

import re
from typing import Final

import ryaml

from backstay.core.manifest import Plain
from backstay.text.yaml import MAX_BRACKETS, brackets_at_once

MAX_DEPTH: Final = 100  # levels of mappings and lists; a spec has ten, the deepest CRD schemas about forty

_PROPERTY = re.compile(r"!!|!<|&[\w-]")
_BEFORE_NODE: Final = "[{,:?-"
# ryaml reads 08 and 1e400 as text, and 0b1 and -0x1 as integers. Each expression begins with the rare character
# it looks for and looks back from there: that is ten times as fast as trying the beginning of every scalar.
_LEADING_ZERO = re.compile(
    r"""0(?:(?<=[\s\[{,]0)|(?<=["'\]}]:0)|(?<=[\s\[{,][-+]0)|(?<=["'\]}]:[-+]0)|(?<=\A0)|(?<=\A[-+]0))"""
    r"(?:[0-9][0-9.eE+-]*|[bB][01]+|[xX][0-9a-fA-F]+|[oO][0-7]+)(?=[\s,\]}:]|\Z)"
)
_EXPONENT = re.compile(
    r"[eE][-+]?[0-9]{3}[0-9]*(?=[\s,\]}:]|\Z)"
)  # to its end: 52e556b3-57af is half of a uid
_MANTISSA = re.compile(r"""(?:\A|[\s\[{,]|["'\]}]:)[-+]?[0-9.]+\Z""")
_HEADER = re.compile(r"[|>][-+0-9]*#")  # libyaml takes it for the header of a block text, with a comment
_NO_NUMBER = re.compile(r"\.(?:inf|nan)\b", re.IGNORECASE)
_LONG: Final = 300  # characters; a number with 309 digits is larger than any double
_LONG_LINE = re.compile(rf"[0-9.]{{{_LONG}}}|(?:[-?:] +){{{MAX_DEPTH}}}")
_NESTS: Final = (dict, list)
_TEXT: Final = frozenset({str})


def is_clean(text: str) -> bool:
    """Whether ryaml may be trusted with the text, but for local tags; may err to the safe side."""
    return (
        text.replace("\n", "").isprintable()
        and "<<" not in text
        and not _has_marker(text)
        and not _has_property(text)
        and not _has_odd_number(text)
        and not _has_odd_line(text)
        and not ("#" in text and _HEADER.search(text))
        and brackets_at_once(text) <= MAX_BRACKETS
    )


def clean_value(text: str) -> Plain:
    """The mapping or list that a clean text says, or None; ValueError when it is not clean, or says anything else."""
    if not is_clean(text):
        raise ValueError("not clean")
    value = ryaml.loads(text)
    if value is None:
        return None
    if not isinstance(value, _NESTS) or not _is_plain(value, tags="!" in text):
        raise ValueError("no mapping or list, a key that is not text, a tag, or too many levels")
    return value


def _has_marker(text: str) -> bool:
    """Directives and document markers, but for one at the very beginning."""
    rest = text.removeprefix("---\n")
    return "\n---" in rest or "\n..." in rest or "\n%" in rest or rest.startswith(("---", "...", "%"))


def _has_property(text: str) -> bool:
    """A core tag or an anchor where a node may begin; an alias without an anchor is refused by ryaml itself."""
    return ("!!" in text or "!<" in text or "&" in text) and any(
        _begins_node(text, found.start()) for found in _PROPERTY.finditer(text)
    )


def _begins_node(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at].rstrip()
    return not line or line[-1] in _BEFORE_NODE


def _has_odd_number(text: str) -> bool:
    if _LEADING_ZERO.search(text) or _NO_NUMBER.search(text):
        return True
    return any(
        _MANTISSA.search(text, max(0, found.start() - _LONG), found.start())
        for found in _EXPONENT.finditer(text)
    )


def _has_odd_line(text: str) -> bool:
    """A number too long, or so many lists in lists that ryaml takes hundreds of megabytes before it refuses them."""
    return max(map(len, text.split("\n"))) > _LONG and _LONG_LINE.search(text) is not None


def _is_plain(value: object, *, tags: bool) -> bool:
    """Whether all keys are texts and no level is too deep; level by level, as this is on the way of every spec.

    `tags`: look for local tags as well; ryaml makes `{"!name": value}` of `!name value`.
    """
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[object] = []
        for part in level:
            if isinstance(part, dict):
                if not _TEXT.issuperset(map(type, part)) or (tags and any(key[:1] == "!" for key in part)):
                    return False
                below += part.values()
            elif isinstance(part, list):
                below += part
        if not below:
            return True
        level = below
    return False
