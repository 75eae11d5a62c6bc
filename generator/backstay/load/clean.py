"""The fast way to a text's values, for texts in which no YAML reader could see anything else.

A text is clean when it has no tag, anchor, alias, merge key, directive, document marker, invisible character or
number that YAML libraries disagree about. Then ryaml's value is the value. Everything else goes the way of
`compose`, which is about ten times slower and knows what to say.
"""

import re
from typing import Final

import ryaml

from backstay.core.manifest import Plain
from backstay.text.yaml import MAX_BRACKETS, brackets_at_once

MAX_DEPTH: Final = 100  # levels of mappings and lists; a spec has ten, the deepest CRD schemas about forty

_NODE_PROPERTY = re.compile(r"(?:^|[\[{,:?-])\s*(?:!|&[\w-])", re.MULTILINE)
# ryaml reads 08 as text, 0b1 and -0x1 as integers, 1e400 as text; numbers beyond 64 bits are an error
_LEADING_ZERO = re.compile(r"0(?<![\w.:]0)(?<![\w.][-+]0)[0-9bB_xo]")
_LONG_NUMBER = re.compile(r"[0-9](?:[0-9]{17}|\.?[eE][-+]?[0-9]{3})|x[0-9a-fA-F]{15}")
_NO_NUMBER = re.compile(r"\.(?:inf|nan)\b", re.IGNORECASE)


def is_clean(text: str) -> bool:
    """Whether ryaml may be trusted with the text; only a first `---` line counts as harmless."""
    return (
        text.replace("\n", "").isprintable()
        and "<<" not in text
        and not _has_marker(text)
        and not (("&" in text or "!" in text) and _NODE_PROPERTY.search(text))
        and not _LEADING_ZERO.search(text)
        and not _LONG_NUMBER.search(text)
        and not _NO_NUMBER.search(text)
        and brackets_at_once(text) <= MAX_BRACKETS
    )


def clean_value(text: str) -> Plain:
    """The value of a clean text; ValueError when it is not clean after all, or no YAML."""
    if not is_clean(text):
        raise ValueError("not clean")
    value = ryaml.loads(text)
    if not _is_plain(value, MAX_DEPTH):
        raise ValueError("not plain")
    return value  # type: ignore[no-any-return]  # _is_plain has just looked


def _has_marker(text: str) -> bool:
    rest = text.removeprefix("---\n")
    return "\n---" in rest or "\n..." in rest or "\n%" in rest or rest.startswith(("---", "...", "%"))


def _is_plain(value: object, levels: int) -> bool:
    """Whether all keys are texts and no level is too deep."""
    if type(value) is dict:
        return levels > 0 and all(
            type(key) is str and (type(below) not in _NESTS or _is_plain(below, levels - 1))
            for key, below in value.items()
        )
    if type(value) is list:
        return levels > 0 and all(
            type(below) not in _NESTS or _is_plain(below, levels - 1) for below in value
        )
    return True


_NESTS = frozenset({dict, list})
