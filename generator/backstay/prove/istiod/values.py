"""Reading a patch value as istiod does: user's JSON in, the same value in one settled form out.

The settled form is protobuf's JSON with the fields' own (snake case) names, and without what protobuf cannot tell
from unset. Fields that the message does not have are left out and reported: istiod reads values non-strictly, so a
misspelt field is lost without an error (pilot/pkg/model/envoyfilter.go; only the webhook warns).
"""

from dataclasses import dataclass, field
from difflib import get_close_matches

from backstay.core.manifest import Plain
from backstay.prove.istiod.fields import Field, Fields, Shape, fields_of, is_registered, message_of
from backstay.prove.istiod.scalars import is_zero, read_duration, read_scalar
from backstay.prove.istiod.shape import Struct, camel
from backstay.prove.istiod.words import Refused

_AS_IT_IS = frozenset({"google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"})
_WRAPPED = {"Bool": "bool", "String": "string", "Bytes": "bytes", "Double": "double", "Float": "float",
            "Int32": "int32", "Int64": "int64", "UInt32": "uint32", "UInt64": "uint64"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """A value in its settled form, and what was lost on the way: unknown fields, and types without a field table."""

    value: Struct
    unknown: tuple[str, ...]
    opaque: tuple[str, ...]


def read_value(value: Plain, message: str) -> Reading:
    """Read a value as the message; `Refused` when istiod's parser would fail, naming the field."""
    reader = _Reader()
    settled = reader.message(value, message, "")
    return Reading(settled, tuple(reader.unknown), tuple(reader.opaque))


@dataclass(slots=True)
class _Reader:
    """One pass over a value; remembers what it could not place."""

    unknown: list[str] = field(default_factory=list)
    opaque: list[str] = field(default_factory=list)

    def message(self, value: Plain, message: str, at: str) -> Struct:
        """The settled form of a message at the route `at`."""
        if not isinstance(value, dict):
            raise Refused(f"{at or 'the value'} is not an object")
        fields = fields_of(message)
        if fields is None:
            self.opaque.append(message)
            return value
        names = {camel(name): name for name in fields}
        return self._known(value, fields, names, message, at)

    def _known(self, value: Struct, fields: Fields, names: dict[str, str], message: str, at: str) -> Struct:
        settled: Struct = {}
        groups: dict[str, str] = {}
        for key, item in value.items():
            name, spot = names.get(key, key), f"{at}.{key}" if at else key
            if name not in fields:
                self._miss(spot, key, fields, message)
            elif item is not None:
                self._alone(fields[name].oneof, name, groups, spot)
                self._put(settled, name, self._field(item, fields[name], spot), fields[name])
        return settled

    def _miss(self, spot: str, key: str, fields: Fields, message: str) -> None:
        near = get_close_matches(key, fields, n=1)
        hint = f"; the nearest field is `{near[0]}`" if near else ""
        self.unknown.append(f"`{spot}` is not a field of {message}{hint}")

    @staticmethod
    def _alone(oneof: str, name: str, groups: dict[str, str], spot: str) -> None:
        if oneof and groups.setdefault(oneof, name) != name:
            raise Refused(f"{spot} and {groups[oneof]} exclude each other")

    @staticmethod
    def _put(settled: Struct, name: str, item: Plain, spec: Field) -> None:
        """Keep what protobuf can tell from unset: a plain zero and an empty list cannot be."""
        empty = item in ([], {}) if spec.shape is not Shape.ONE else not _tells(item, spec)
        if not empty:
            settled[name] = item

    def _field(self, item: Plain, spec: Field, at: str) -> Plain:
        if spec.shape is Shape.LIST:
            return [self._single(each, spec, f"{at}[{index}]") for index, each in enumerate(_list(item, at))]
        if spec.shape is Shape.MAP:
            return {key: self._single(each, spec, f"{at}.{key}") for key, each in _dict(item, at).items()}
        return self._single(item, spec, at)

    def _single(self, item: Plain, spec: Field, at: str) -> Plain:
        if spec.kind == "google.protobuf.Any":
            return self._any(item, at)
        if spec.kind in _AS_IT_IS:
            return item
        if spec.is_message and not spec.kind.startswith("google.protobuf."):
            return self.message(item, spec.kind, at)
        return _leaf(item, spec, at)

    def _any(self, item: Plain, at: str) -> Struct:
        """An `Any` in JSON: the message's fields beside `@type`, which has to be one istiod can resolve."""
        value = _dict(item, at)
        url = value.get("@type")
        if not isinstance(url, str):
            raise Refused(f"{at} has no `@type`")
        if not is_registered(url):
            raise Refused(f"{at} has a type istiod does not know: {url}")
        inner: Struct = {key: each for key, each in value.items() if key != "@type"}
        return {"@type": url, **self.message(inner, message_of(url), at)}


def _leaf(item: Plain, spec: Field, at: str) -> Plain:
    """A scalar, a wrapped scalar, a duration or a timestamp; an empty message stays what it is."""
    try:
        if spec.kind == "google.protobuf.Duration":
            return read_duration(item)
        if spec.wrapped:
            return read_scalar(item, _WRAPPED[spec.wrapped])
        return item if spec.is_message else read_scalar(item, spec.kind)
    except Refused as why:
        raise Refused(f"{at}: {why}") from None


def _tells(item: Plain, spec: Field) -> bool:
    return spec.is_message or spec.present or not is_zero(item, spec.kind)


def _list(item: Plain, at: str) -> list[Plain]:
    if not isinstance(item, list):
        raise Refused(f"{at} is not a list")
    return item


def _dict(item: Plain, at: str) -> Struct:
    if not isinstance(item, dict):
        raise Refused(f"{at} is not an object")
    return item
