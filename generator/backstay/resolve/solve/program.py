"""A system compiled: quantities as positions, coefficients as whole numbers, and the least values that it allows.

As each constraint has one larger side and raising a part can only raise what is asked of it, the constraints have a least
solution, reached by raising every larger side to what its parts ask until nothing changes. The system can be satisfied
exactly if that solution keeps to every stated value: no search, and the same answer in whatever order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import lcm, prod
from typing import NamedTuple

from backstay.resolve.solve.terms import MOST, Constraint, Quantity, System, Term

_SETTLES = 64
"""Rounds beyond one for each quantity that circles of shrinking demands may take to settle."""


class Sum(NamedTuple):
    """One side: a constant, plain quantities with their weights, and products of which the last factor may have a curve."""

    constant: int
    plain: tuple[tuple[int, int], ...]
    products: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...]

    @property
    def places(self) -> list[int]:
        """The positions that it is made of."""
        plain = [at for _, at in self.plain]
        return plain + [at for _, factors, _ in self.products for at in factors] if self.products else plain


class Row(NamedTuple):
    """A constraint with whole coefficients; `parts` are the positions that the smaller sides are made of."""

    constraint: Constraint
    base: int
    larger: tuple[tuple[int, int], ...]
    smaller: tuple[Sum, ...]
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A system that hangs together. `rows` are the firm constraints, `wishes` the soft ones.

    `known` are the stated values; `low` and `high` what each quantity may be where its value is not fixed: a stated one
    that is left open may be anything.
    """

    quantities: tuple[Quantity, ...]
    rows: tuple[Row, ...]
    wishes: tuple[Row, ...]
    known: tuple[int | None, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]


def total(side: Sum, values: Sequence[int]) -> int:
    """A sum at some values."""
    result = side.constant
    for weight, at in side.plain:
        result += weight * values[at]
    for weight, factors, curve in side.products:
        result += weight * _product(factors, curve, values)
    return result


def _product(factors: tuple[int, ...], curve: tuple[int, ...], values: Sequence[int]) -> int:
    if curve:
        return _product(factors[:-1], (), values) * curve[min(values[factors[-1]], len(curve) - 1)]
    return prod(values[at] for at in factors)


def asked(row: Row, values: Sequence[int]) -> int:
    """What the larger side has to reach beyond its base, with the row's weights."""
    found = total(row.smaller[0], values)
    for option in row.smaller[1:]:
        found = min(found, total(option, values))
    return found - row.base


@dataclass(frozen=True, slots=True)
class Least:
    """The least values. `broken` is the row that cannot hold (None: all do), `reasons` the rows that raised a value."""

    values: list[int]
    broken: Row | None
    reasons: dict[int, Row]


def least(program: Program, known: Sequence[int | None], beginning: Sequence[int] | None = None) -> Least:
    """The least solution where `known` are the values that are fixed; positions without one range freely.

    It may begin at the least solution of the same values with some of them open: nothing is below that.
    """
    lowest = program.low if beginning is None else beginning
    low = [least if value is None else value for least, value in zip(lowest, known, strict=True)]
    high = [most if value is None else value for most, value in zip(program.high, known, strict=True)]
    reasons: dict[int, Row] = {}
    for _ in range(len(low) + _SETTLES):
        raised = False
        for row in program.rows:
            need = asked(row, low)
            if len(row.larger) != 1:
                if sum(weight * high[at] for weight, at in row.larger) < need:
                    return Least(low, row, reasons)
                continue
            weight, at = row.larger[0]
            if weight * low[at] < need:
                reasons[at] = row
                if weight * high[at] < need:
                    return Least(low, row, reasons)
                low[at] = -(-need // weight)
                raised = True
        if not raised:
            return Least(low, None, reasons)
    return Least(low, program.rows[0], reasons)


def beyond(program: Program, known: Sequence[int | None], at: int) -> Program:
    """With the rows alone that may break when a value rises from its least, or is all that a larger side may count on.

    A rise goes on from parts to larger sides that are open; whatever it does not reach holds as before.
    """
    reached, left = {at}, dict(enumerate(program.rows))
    kept = {one for one, row in left.items() if any(place == at for _, place in row.larger)}
    while near := [one for one, row in left.items() if not reached.isdisjoint(row.parts)]:
        kept.update(near)
        raised = [place for one in near for _, place in left.pop(one).larger]
        reached.update(place for place in raised if known[place] is None)
    return replace(program, rows=tuple(program.rows[one] for one in sorted(kept)))


def behind(found: Least) -> tuple[list[Row], set[int]]:
    """The rows that led to the broken one, itself first, and every quantity in them."""
    if found.broken is None:
        return [], set()
    rows, waiting = [found.broken], [found.broken]
    seen = {at for _, at in found.broken.larger}
    while waiting:
        for at in waiting.pop(0).parts:
            if at not in seen:
                seen.add(at)
                if at in found.reasons:
                    rows.append(found.reasons[at])
                    waiting.append(found.reasons[at])
    return rows, seen


def programs(system: System, *, through_stated: bool = False) -> Iterator[Program]:
    """The parts of a system that have nothing to do with each other, in the order of their first quantities.

    Stated quantities are constants and join nothing, unless `through_stated`: then one that two parts share joins them.
    """
    order = {quantity.id: at for at, quantity in enumerate(system.quantities)}
    joining = {q.id for q in system.quantities if through_stated or q.fact is None}
    named = [(constraint, constraint.ids()) for constraint in system.constraints]
    lone = joining.difference(*(names for _, names in named))
    found: list[tuple[tuple[int, ...], tuple[Constraint, ...]]] = [((order[name],), ()) for name in lone]
    found += [_places(part, order) for part in _parts(named, joining)]
    for places, constraints in sorted(found, key=lambda one: one[0][:1]):
        yield compiled([system.quantities[at] for at in places], constraints)


Named = tuple[Constraint, tuple[str, ...]]


def _places(part: list[Named], order: Mapping[str, int]) -> tuple[tuple[int, ...], tuple[Constraint, ...]]:
    places = sorted({order[name] for _, names in part for name in names})
    return tuple(places), tuple(constraint for constraint, _ in part)


def _parts(named: list[Named], joining: set[str]) -> list[list[Named]]:
    """The constraints that hang together by joining quantities; those without any stand alone."""
    parent = {name: name for name in joining}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    heads: list[str | None] = []
    for _, names in named:
        own = [name for name in names if name in joining]
        heads.append(own[0] if own else None)
        for name in own[1:]:
            parent[root(name)] = root(own[0])
    parts: dict[str | int, list[Named]] = {}
    for at, (head, one) in enumerate(zip(heads, named, strict=True)):
        parts.setdefault(at if head is None else root(head), []).append(one)
    return list(parts.values())


def compiled(quantities: Sequence[Quantity], constraints: Iterable[Constraint]) -> Program:
    """A program of everything together; right for any system, and quick for small ones."""
    places = {quantity.id: at for at, quantity in enumerate(quantities)}
    rows = [_row(constraint, places) for constraint in constraints]
    firm = tuple(row for row in rows if not row.constraint.soft)
    _supplies(firm)
    return Program(
        tuple(quantities), firm, tuple(row for row in rows if row.constraint.soft),
        tuple(None if q.fact is None else q.fact.value for q in quantities),
        tuple(q.least if q.fact is None else 1 for q in quantities),
        tuple(q.most if q.fact is None else MOST for q in quantities),
    )  # fmt: skip


def _supplies(rows: Sequence[Row]) -> None:
    """A sum on the larger side is decided without search only where its quantities are a part of nothing."""
    several = [row for row in rows if len(row.larger) > 1]
    parts = {at for row in rows for at in row.parts} if several else set()
    for row in several:
        if any(at in parts for _, at in row.larger):
            raise ValueError(
                f"{row.constraint.id}: a larger side of several quantities that are parts elsewhere"
            )


def _row(constraint: Constraint, places: Mapping[str, int]) -> Row:
    sides = (constraint.larger, *constraint.smaller)
    scale = 1
    for side in sides:
        for term in side:
            scale = scale if term.per == 1 else lcm(scale, term.per)
    larger, *smaller = [_sum(side, scale, places) for side in sides]
    if larger.products:
        raise ValueError(f"{constraint.id}: the larger side holds plain quantities only")
    parts = tuple(dict.fromkeys([at for side in smaller for at in side.places]))
    return Row(constraint, larger.constant, larger.plain, tuple(smaller), parts)


def _sum(side: Sequence[Term], scale: int, places: Mapping[str, int]) -> Sum:
    constant = 0
    plain, products = [], []
    for factors, times, per, curve in side:
        weight = times * scale // per
        if not factors:
            constant += weight
        elif len(factors) == 1 and not curve:
            plain.append((weight, places[factors[0]]))
        else:
            products.append((weight, tuple(places[name] for name in factors), curve))
    return Sum(constant, tuple(plain), tuple(products))
