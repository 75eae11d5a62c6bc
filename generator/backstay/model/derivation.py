"""Derivations: why a solved number is what it is. `explain` prints them."""

from dataclasses import dataclass

from backstay.core.fact import Fact, Origin, OriginKind


@dataclass(frozen=True, slots=True)
class Bound:
    """One constraint on a number.

    `relation` is `<=`, `>=` or `=`; `limit` is in the number's own unit; `words` says what the limit is made of;
    `rule` is the checker rule that judges the same thing; `origins` are the facts behind the limit.
    """

    id: str
    relation: str
    limit: int
    words: str
    rule: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Derivation:
    """A solved number: its id, value, unit (`ms`, `bytes`, `attempts`), every bound, and how it was chosen."""

    id: str
    value: int
    unit: str
    bounds: tuple[Bound, ...]
    choice: str

    @property
    def binding(self) -> tuple[Bound, ...]:
        """The bounds that would have to move for the number to move the way it wants to."""
        upper = [b for b in self.bounds if b.relation != ">="]
        tightest = min((b.limit for b in upper), default=None)
        return tuple(b for b in upper if b.limit == tightest) or self.bounds

    @property
    def fact(self) -> Fact[int]:
        """The number with its origins: this derivation first, then the facts behind the binding bounds."""
        own = Origin(OriginKind.CONSTRAINT, self.id, self.choice)
        behind = dict.fromkeys(o for b in (*self.binding, *self.bounds) for o in b.origins)
        return Fact(self.value, (own, *behind))
