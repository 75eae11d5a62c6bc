"""Conflicts: stated lines that cannot all hold, and the smallest change after which they can."""

from dataclasses import dataclass

from backstay.core.fact import Fact, OriginKind
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


IN_OWN_WORDS = frozenset({"MSH027", "MSH036"})
"""Rules that tell conflicts of their constraint themselves: they know more to say, or that it is advice only."""


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

    @property
    def is_mutual(self) -> bool:
        """Whether several lines exclude each other, and no single rule tells it.

        One line alone, or one pin, is told by the rule of its constraint.
        """
        pins = sum(demand.pinned for demand in self.demands)
        return len(self.demands) > 1 and (pins != 1 or "" in self.rules) and not self.rules <= IN_OWN_WORDS

    def is_told_by(self, rule: str, fact: Fact[int]) -> bool:
        """Whether a rule that tells its own conflicts tells this one, at the line that states a number."""
        lines = {origin.ref for origin in fact.origins if origin.kind is OriginKind.SPEC}
        return self.rules == {rule} and any(demand.place.path in lines for demand in self.demands)

    def is_about(self, fact: Fact[int]) -> bool:
        """Whether a number is one that the lines leave no value for, or a pin among them."""
        pins = {demand.place.path for demand in self.demands if demand.pinned}
        return any(
            origin.ref in (self.numbers if origin.kind is OriginKind.CONSTRAINT else pins)
            for origin in fact.origins[:2]
        )
