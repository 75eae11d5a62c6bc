"""YAML texts to plain values, fast and bounded: no positions, no files, no diagnostics.

Reads by YAML 1.2's core schema (`on` and `12:30` are text, `0o14` is 12). A value is made of dicts with text
keys, lists and scalars. The parser beneath is libyaml by way of serde-yaml, which neither bounds what aliases
expand to nor the time that open brackets take (each one is looked at for every token), so both are bounded
here before it sees the text.
"""

import re
from typing import Final

import ryaml

from backstay.core.manifest import Plain

MAX_CHARACTERS: Final = 4 * 2**20  # four times the largest object that a Kubernetes API server takes
MAX_EXPANDED: Final = 2**20  # characters, once every alias is written out
MAX_BRACKETS: Final = 100  # open at one time; serde-yaml itself stops at 128 levels of any kind

_ANCHOR = re.compile(r"""(?:^|[\s\[\]{},:"'\ufeff])&[\w-]""")
_ALIAS = re.compile(r"""(?:^|[\s\[\]{},:"'\ufeff])\*[\w-]""")
_ONLY_BRACKETS = bytes(0x5B if byte in b"[{" else 0x5D for byte in range(256))
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def parse(text: str) -> Plain:
    """The value of a text with at most one document, merge keys resolved; an empty text is None.

    Raises ValueError, with a message for people, when the text is no YAML or exceeds a bound.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"more than {MAX_CHARACTERS} characters")
    if brackets_at_once(text) > MAX_BRACKETS:
        raise ValueError(f"more than {MAX_BRACKETS} brackets open at one place")
    if expanded(text) > MAX_EXPANDED:
        raise ValueError("its aliases may expand to more than can be read")
    return _plain(ryaml.loads(text))


def brackets_at_once(text: str) -> int:
    """At least as many flow brackets as are ever open at one place; quotes and comments count as well."""
    opens = text.count("[") + text.count("{")
    if opens <= MAX_BRACKETS:
        return opens
    left = text.encode("utf-8", "surrogatepass").translate(_ONLY_BRACKETS, _NO_BRACKETS)
    for peeled in range(MAX_BRACKETS + 1):
        inner = left.replace(b"[]", b"")
        if len(inner) == len(left):
            return peeled + left.count(b"[")
        left = inner
    return MAX_BRACKETS + 1


def expanded(text: str) -> int:
    """At least as many characters as the text has once every alias is written out.

    Aliases multiply what they repeat, and k of them multiply it most when each level of anchors repeats the
    one below three times: by 3^(k/3).
    """
    if "&" not in text or "*" not in text or _ANCHOR.search(text) is None:
        return len(text)
    aliases = sum(1 for _ in _ALIAS.finditer(text))
    return int(len(text) * 3.0 ** min(aliases / 3, 100.0))


def _plain(value: object) -> Plain:
    """The same value with text keys and merge keys resolved; ValueError where that cannot be."""
    if isinstance(value, dict):
        own = {_key(key): _plain(below) for key, below in value.items()}
        return {**_merged(own.pop("<<")), **own} if "<<" in own else own
    if isinstance(value, list):
        return [_plain(below) for below in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise AssertionError(f"ryaml made a {type(value).__name__}")


def _key(key: object) -> str:
    """A key as Kubernetes' readers spell it, which turn YAML into JSON first."""
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int | float):
        return str(key)
    raise ValueError("a key is not a text")


def _merged(value: Plain) -> dict[str, Plain]:
    """What a merge key brings in: one mapping, or several of which the first wins."""
    sources = value if isinstance(value, list) else [value]
    whole: dict[str, Plain] = {}
    for source in reversed(sources):
        if not isinstance(source, dict):
            raise ValueError("a merge key takes mappings only")  # noqa: TRY004 - the text is at fault
        whole.update(source)
    return whole
