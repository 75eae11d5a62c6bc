"""Facts: values that know where they come from, from the spec to the last emitted leaf."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from backstay.core.route import Route, show

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


class OriginKind(StrEnum):
    """The sorts of places a value can come from."""

    SPEC = "spec"  # a leaf of the cluster's spec or of one of its profiles; `ref` is its route
    DEFAULT = "default"  # the spec's own default for a leaf that nobody wrote; `ref` is its route
    PRESET = "preset"  # a documented default of a named preset; `ref` is the preset's name
    VERSION = "version"  # a fact about an upstream version; `ref` is e.g. `pipelines 2.5`
    CONSTRAINT = "constraint"  # solved; `ref` is the id of the derivation
    FIXED = "fixed"  # the emitter's own words: names and shapes that the upstream API prescribes


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where a value comes from: its kind, what exactly, and (for people) why."""

    kind: OriginKind
    ref: str
    note: str = ""

    def __hash__(self) -> int:
        """Of the reference alone: origins are put into sets for every output leaf, and it tells most of them apart."""
        return hash(self.ref)


@dataclass(frozen=True, slots=True)
class Fact(Generic[T_co]):
    """A value and its origins, most decisive first."""

    value: T_co
    origins: tuple[Origin, ...]

    @property
    def is_stated(self) -> bool:
        """Whether somebody wrote it into a spec or a profile."""
        return bool(self.origins) and self.origins[0].kind is OriginKind.SPEC

    def to(self, turn: Callable[[T_co], U]) -> "Fact[U]":
        """The same origins for another spelling of the value."""
        return Fact(turn(self.value), self.origins)


def from_spec(value: T, *route: str | int) -> Fact[T]:
    """A fact that the spec states at `route`."""
    return Fact(value, (Origin(OriginKind.SPEC, show(route)),))


def from_route(value: T, route: Route) -> Fact[T]:
    """As `from_spec`, for a route at hand."""
    return Fact(value, (Origin(OriginKind.SPEC, show(route)),))


def from_preset(value: T, preset: str, note: str = "") -> Fact[T]:
    """A documented default of a preset."""
    return Fact(value, (Origin(OriginKind.PRESET, preset, note),))


def from_version(value: T, version: str, note: str = "") -> Fact[T]:
    """A fact about an upstream version, such as `pipelines 2.5`."""
    return Fact(value, (Origin(OriginKind.VERSION, version, note),))


def join(value: T, *parts: Fact[object]) -> Fact[T]:
    """A value made of several facts: it carries all their origins, each once, in order."""
    return Fact(value, tuple(dict.fromkeys(o for part in parts for o in part.origins)))
