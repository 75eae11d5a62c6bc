"""Which releases a CustomResourceDefinition can be of, by its fields and the versions that it serves.

The schemas at hand tell which fields came and went with which release. A definition that has exactly the telling
fields of some releases is of one of these; one that matches none (a vendor's own) is at least as new as its newest
field. Annotations of generators say nothing about the product, so they are not read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from backstay.check.schemas import shelf
from backstay.check.schemas.definitions import Version, says_nothing
from backstay.check.schemas.sound import Unfit
from backstay.check.schemas.structural import strict
from backstay.check.schemas.walk import Schema
from backstay.upstream.versions import order

Fields = frozenset[str]
_DEEPEST: Final = (
    8  # names below the root: deeper ones are Kubernetes' own pod fields, which follow its releases
)


@dataclass(frozen=True, slots=True)
class Releases:
    """The lines of a product that something can be of; `at_hand` are all that could be told apart, oldest first."""

    product: str
    lines: frozenset[str]
    at_hand: tuple[str, ...]

    @property
    def only(self) -> str | None:
        """The one line that it is of; None where several are left, or where it may be beyond what is at hand."""
        inner = self.lines - {self.at_hand[0], self.at_hand[-1]}
        return next(iter(self.lines)) if len(self.lines) == 1 and inner else None

    def __str__(self) -> str:
        """In words: `1.24 to 1.26`, `1.31 or newer`."""
        first, last = min(self.lines, key=order), max(self.lines, key=order)
        words = first if first == last else f"{first} to {last}"
        if last == self.at_hand[-1]:
            words = f"{first} or newer"
        return f"{last} or older" if first == self.at_hand[0] else words

    def narrowed(self, other: "Releases") -> "Releases":
        """What both can be of."""
        return Releases(self.product, self.lines & other.lines, self.at_hand)


def releases(versions: list[Version]) -> Releases | None:
    """The releases that one definition can be of; None where it does not tell. Its versions come together."""
    group, kind = versions[0].api_version.rpartition("/")[0], versions[0].kind
    known = [(name, one) for name, one in shelf.entries(kind) if name.rpartition("/")[0] == group]
    if not known:
        return None
    entry = known[0][1]
    at_hand = tuple(sorted(entry.lines, key=order))
    lines = frozenset(at_hand)
    served = {one.api_version: one for one in versions if one.served}
    for api_version, one in known:
        serving = frozenset(line for line in at_hand if one.file(line) is not None)
        fit = _by_fields(served[api_version], one) & serving if api_version in served else lines - serving
        lines = lines & fit or lines
    return Releases(entry.product, lines, at_hand) if lines < frozenset(at_hand) else None


def _by_fields(version: Version, entry: shelf.Entry) -> frozenset[str]:
    by_line = {line: fields_of(file) for line in entry.lines if (file := entry.file(line)) is not None}
    telling = frozenset().union(*by_line.values()) - frozenset.intersection(*by_line.values())
    try:
        schema = strict(version.structural())
    except Unfit:
        return frozenset(entry.lines)
    if not telling or says_nothing(schema):
        return frozenset(entry.lines)
    own = frozenset(_fields(schema, {}, "", 0)) & telling
    exact = frozenset(line for line, there in by_line.items() if there & telling == own)
    return exact or _at_least(own, by_line)


def _at_least(own: Fields, by_line: Mapping[str, Fields]) -> frozenset[str]:
    """The lines from the one on that brought the newest of some fields."""
    newest = max((min((line for line, there in by_line.items() if one in there), key=order) for one in own),
                 key=order, default=None)  # fmt: skip
    return frozenset(line for line in by_line if newest is None or order(line) >= order(newest))


@cache
def fields_of(file: str) -> Fields:
    """The fields that a schema at hand names."""
    schema = shelf.read(file)
    return frozenset(_fields(schema, schema.get("$defs", {}), "", 0))


def _fields(schema: Schema, defs: Mapping[str, Schema], way: str, depth: int) -> Iterator[str]:
    schema = defs.get(str(schema.get("$ref")).rpartition("/")[2], {}) if "$ref" in schema else schema
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _fields(schema[key], defs, f"{way}[]", depth)
    for name, below in schema.get("properties", {}).items() if depth < _DEEPEST else ():
        here = f"{way}.{name}"
        if here not in {".metadata", ".status"}:
            yield here
            yield from _fields(below, defs, here, depth + 1)
