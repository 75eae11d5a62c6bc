"""What a system of constraints is made of: quantities, and inequalities with one larger side.

Every constraint reads "this is at least that", where "that" is a sum of products with positive coefficients. Raising a
quantity can therefore only ever ask more of what it is a part of, and of nothing else. This is what makes the whole
system decidable without search (see docs/decisions/0009-solving-without-search.md). These are named tuples: dozens of them
are made for each service of a fleet, and frozen dataclasses take four times as long to make.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from backstay.core.fact import Fact, Origin, OriginKind
from backstay.core.route import Route, read

MOST = 1 << 60
"""No quantity is larger: more than any time in milliseconds and any size in bytes that the spec can state."""

BARE_MS = "milliseconds"
"""The unit of times that the spec has as plain numbers, such as channel arguments."""

Values = Mapping[str, int]
Words = str | Callable[[Values], str]


class Prefer(StrEnum):
    """Which end of what is allowed a number is taken from."""

    LARGEST = "largest"
    SMALLEST = "smallest"


class Quantity(NamedTuple):
    """A whole number in `unit` (`ms`, `bytes`, `attempts`, ...).

    Stated (`fact`): what the spec, a preset or a version says; `demand` is that in words, `route` the line that states
    it or could, and `movable` says whether an edit may propose another value, from `least` to `most`: nobody can edit
    what was measured.
    Free (`fact` None): to be solved between `least` and `most`; the id is its derivation's id, `title` says what it
    is, `ladder` holds the round values to take it from, ascending.
    """

    id: str
    unit: str
    title: str = ""
    fact: Fact[int] | None = None
    demand: str = ""
    route: Route = ()
    movable: bool = True
    ladder: tuple[int, ...] = ()
    prefer: Prefer = Prefer.LARGEST
    least: int = 1
    most: int = MOST

    @property
    def pinned(self) -> bool:
        """Whether the line pins an upstream knob."""
        return "overrides" in self.route


def stated(
    id_: str, unit: str, fact: Fact[int], demand: str, route: Route = (), *, movable: bool = True,
    least: int = 1, most: int = MOST,
) -> Quantity:  # fmt: skip
    """A quantity that is known; `route` only where the fact itself does not come from a spec line."""
    return Quantity(id_, unit, "", fact, demand, route or _route(fact), movable, least=least, most=most)


def free(
    id_: str, unit: str, title: str, ladder: tuple[int, ...] = (), prefer: Prefer = Prefer.LARGEST,
    least: int = 1, most: int = MOST,
) -> Quantity:  # fmt: skip
    """A quantity to be solved."""
    return Quantity(id_, unit, title, ladder=ladder, prefer=prefer, least=least, most=most)


def _route(fact: Fact[int]) -> Route:
    for origin in fact.origins:
        if origin.kind in {OriginKind.SPEC, OriginKind.DEFAULT}:
            return read(origin.ref) or ()
    return ()


class Term(NamedTuple):
    """`times / per` of the product of some quantities; of none, a constant.

    With a `curve` the last factor counts as the entry at its own value, the last entry for all values beyond: for sums
    that grow with a count, such as the waits between tries. A curve never falls.
    """

    factors: tuple[str, ...]
    times: int = 1
    per: int = 1
    curve: tuple[int, ...] = ()


def of(*factors: str, times: int = 1, per: int = 1, curve: tuple[int, ...] = ()) -> Term:
    """A term."""
    return Term(factors, times, per, curve)


def constant(value: int) -> Term:
    """A number that nobody states in the spec, such as a floor that a program has."""
    return Term((), value)


class Constraint(NamedTuple):
    """The sum of `larger` is at least the sum of `parts`, or at least the sum of `unless` where that is given.

    `larger` is one quantity, or a constant. Several terms may only be quantities that are a part of nothing: supplies. `words` say it as a bound on a
    free quantity, given what was solved before; `rule` is the checker rule that judges the same thing; a `soft` one
    is wished for and given up where it does not fit. `origins` are the facts behind it, by default those of its stated
    quantities; `bounds` names the free quantities that it is told about, by default all of them.
    """

    id: str
    larger: tuple[Term, ...]
    parts: tuple[Term, ...]
    words: Words
    rule: str = ""
    unless: tuple[Term, ...] | None = None
    soft: bool = False
    origins: tuple[Origin, ...] = ()
    bounds: tuple[str, ...] | None = None

    @property
    def smaller(self) -> tuple[tuple[Term, ...], ...]:
        """The sums of which the larger side has to reach the least."""
        return (self.parts,) if self.unless is None else (self.parts, self.unless)

    def ids(self) -> tuple[str, ...]:
        """Every quantity that it speaks of, the larger side first."""
        sides = (self.larger, *self.smaller)
        return tuple(dict.fromkeys([name for side in sides for term in side for name in term.factors]))


@dataclass(frozen=True, slots=True)
class System:
    """Quantities and the constraints between them. Numbers are chosen in the order of the quantities."""

    quantities: tuple[Quantity, ...] = ()
    constraints: tuple[Constraint, ...] = field(default=())

    def __add__(self, other: "System") -> "System":
        """Both systems as one; a quantity that both have is one quantity, as the first has it."""
        if not other.quantities:
            return System(self.quantities, (*self.constraints, *other.constraints))
        known = {quantity.id: quantity for quantity in (*other.quantities, *self.quantities)}
        order = dict.fromkeys(quantity.id for quantity in (*self.quantities, *other.quantities))
        return System(tuple(known[id_] for id_ in order), (*self.constraints, *other.constraints))
