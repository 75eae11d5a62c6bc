"""The fields of Envoy's messages: what protobuf knows and a plain dict does not.

Merging as protobuf does needs to know which fields are maps, which exclude each other and which cannot be told from
unset when zero; reading a value as istiod does needs to know which fields exist at all. `fields.json` beside this
module has that for every message that an EnvoyFilter value can be, and for the extensions of a stock Istio proxy:
one line a message, a field as `[list|map] KIND [in ONEOF|optional]`. It is printed by `tests/e2e/toolbox/envoyproto`
from github.com/envoyproxy/go-control-plane, the definitions istiod is built with, at the release named there.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

# Istio and Envoy register these too; which fields they have is not in the table
_REGISTERED = re.compile(
    r"(envoy\.(config|data|extensions|type)\.[\w.]+\.v3(alpha)?|(istio|io\.istio|google\.protobuf)[\w.]*)\.\w+\Z"
)
_WRAPPER = re.compile(r"google\.protobuf\.(\w+)Value\Z")


class Shape(StrEnum):
    """How many values a field holds."""

    ONE = "one"
    LIST = "list"
    MAP = "map"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message.

    `kind` is a message's full name, a protobuf scalar (`bool`, `uint32`) or `enum:NAME_OF_ZERO`; `oneof` names the
    group of which only one member can be set. `present` is whether a zero value differs from none at all.
    """

    kind: str
    shape: Shape
    oneof: str
    present: bool

    @property
    def is_message(self) -> bool:
        """Whether the value is a message and not a scalar."""
        return "." in self.kind

    @property
    def wrapped(self) -> str:
        """The scalar inside a wrapper message, `UInt32` or `Bool`; empty when it is not a wrapper."""
        found = _WRAPPER.match(self.kind)
        return found[1] if found else ""


Fields = Mapping[str, Field]


@cache
def fields_of(message: str) -> Fields | None:
    """The fields of the message by their own names; None when the table does not have it."""
    rows = _table().get(message)
    return None if rows is None else MappingProxyType({name: _field(row) for name, row in rows.items()})


def message_of(type_url: str) -> str:
    """The message's full name in a type URL: what stands after the last slash."""
    return type_url.rpartition("/")[2]


def is_registered(type_url: str) -> bool:
    """Whether istiod can resolve the type: names of the withdrawn v2 API are among those it cannot."""
    message = message_of(type_url)
    return message in _table() or _REGISTERED.match(message) is not None


@cache
def _table() -> dict[str, dict[str, str]]:
    text = files(__package__).joinpath("fields.json").read_text("utf-8")
    table: dict[str, dict[str, str]] = json.loads(text)
    return table


def _field(row: str) -> Field:
    words = row.split(" ")
    shape = Shape(words.pop(0)) if words[0] in ("list", "map") else Shape.ONE
    oneof = words[2] if words[1:2] == ["in"] else ""
    return Field(words[0], shape, oneof, present=len(words) > 1)
