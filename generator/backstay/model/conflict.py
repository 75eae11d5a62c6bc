"""Conflicts: stated lines that cannot all hold, and the smallest change after which they can."""

from dataclasses import dataclass

from backstay.core.place import Place
from backstay.core.route import Route


@dataclass(frozen=True, slots=True)
class Demand:
    """One line of a conflict: where it stands, what it demands in words, and whether it pins an upstream knob."""

    place: Place
    words: str
    pinned: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A line to write: its route in the spec, and the new value as the spec spells it."""

    route: Route
    value: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A minimal set of lines that exclude each other: without any one of them the others can hold.

    `changes` are the lines of the smallest edit that have to do with this conflict; none where only facts that
    nobody can change are left. `because` are the constraints between the lines, in words; `rules` the rules that
    judge these constraints on their own; `numbers` the ids of the derivations that the lines leave no value for.
    """

    demands: tuple[Demand, ...]
    changes: tuple[Change, ...]
    because: tuple[str, ...]
    rules: frozenset[str]
    numbers: frozenset[str]
