"""Derivations: why a solved number is what it is. `explain` prints them."""

from dataclasses import dataclass

from backstay.core.fact import Fact, Origin, OriginKind


@dataclass(frozen=True, slots=True)
class Bound:
    """One constraint on a number.

    `relation` is `<=`, `>=` or `=`; `limit` is in the number's own unit; `words` says what the limit is made of;
    `rule` is the checker rule that judges the same thing, empty for a `soft` bound: one that is wished for and
    given up where it does not fit; `origins` are the facts behind the limit.
    """

    id: str
    relation: str
    limit: int
    words: str
    rule: str
    origins: tuple[Origin, ...]
    soft: bool = False

    def allows(self, value: int) -> bool:
        """Whether a value keeps to it."""
        if self.relation == "=":
            return value == self.limit
        return value <= self.limit if self.relation == "<=" else value >= self.limit


@dataclass(frozen=True, slots=True)
class Derivation:
    """A solved number: its id, value, unit (`ms`, `bytes`, `retries`), every bound, and how it was chosen.

    `title` says what it is and reads well after "it is"; the id stands in where there is none.
    """

    id: str
    value: int
    unit: str
    bounds: tuple[Bound, ...]
    choice: str
    title: str = ""

    @property
    def name(self) -> str:
        """What it is, in words."""
        return self.title or self.id

    @property
    def fits(self) -> bool:
        """Whether it keeps to all bounds that are not mere wishes."""
        return all(bound.soft or bound.allows(self.value) for bound in self.bounds)

    @property
    def binding(self) -> tuple[Bound, ...]:
        """The bounds that decided the number.

        Those it stands on from above; else the tightest from above, as numbers are made as large as they may be;
        and where the bounds exclude each other, both sides.
        """
        kept = [b for b in self.bounds if not b.soft or b.allows(self.value)]
        floors = tuple(b for b in kept if b.relation == ">=" and b.limit == self.value)
        ceilings = [b for b in kept if b.relation != ">="]
        tightest = min((b.limit for b in ceilings), default=None)
        if floors and (tightest is None or tightest > self.value):
            return floors
        broken = tuple(b for b in kept if b.relation == ">=" and not b.allows(self.value))
        return (*(b for b in ceilings if b.limit == tightest), *floors, *broken)

    @property
    def fact(self) -> Fact[int]:
        """The number with its origins: this derivation first, then the facts behind the binding bounds."""
        own = Origin(OriginKind.CONSTRAINT, self.id, self.choice)
        behind = dict.fromkeys(o for b in (*self.binding, *self.bounds) for o in b.origins)
        return Fact(self.value, (own, *behind))
