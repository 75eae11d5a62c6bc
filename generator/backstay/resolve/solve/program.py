"""A system compiled: quantities as positions, coefficients as whole numbers, and the least values that it allows.

As each constraint has one larger side and raising a part can only raise what is asked of it, the constraints have a least
solution, reached by raising every larger side to what its parts ask until nothing changes. The system can be satisfied
exactly if that solution keeps to every stated value: no search, and the same answer in whatever order.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import lcm, prod

from backstay.resolve.solve.terms import MOST, Constraint, Quantity, System, Term

_SETTLES = 64
"""Rounds beyond one for each quantity that circles of shrinking demands may take to settle."""

Weighted = tuple[int, tuple[int, ...], tuple[int, ...]]
"""A term: its whole coefficient, the positions of its factors, the curve of the last of them."""
Sum = tuple[Weighted, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A constraint with whole coefficients: `base` and the weights of the `larger` side, and the smaller sides."""

    constraint: Constraint
    base: int
    larger: tuple[tuple[int, int], ...]
    smaller: tuple[Sum, ...]

    @property
    def parts(self) -> Iterator[int]:
        """The positions that the smaller sides are made of."""
        return (at for option in self.smaller for _, factors, _ in option for at in factors)


@dataclass(frozen=True, slots=True)
class Program:
    """A system that hangs together. `rows` are the firm constraints, `wishes` the soft ones; `known` the stated values."""

    quantities: tuple[Quantity, ...]
    rows: tuple[Row, ...]
    wishes: tuple[Row, ...]
    known: tuple[int | None, ...]

    @property
    def stated(self) -> tuple[int, ...]:
        """The positions of the stated quantities, in order."""
        return tuple(at for at, value in enumerate(self.known) if value is not None)


def total(side: Sum, values: Sequence[int]) -> int:
    """A sum at some values."""
    return sum(weight * _product(factors, curve, values) for weight, factors, curve in side)


def _product(factors: tuple[int, ...], curve: tuple[int, ...], values: Sequence[int]) -> int:
    if curve:
        return _product(factors[:-1], (), values) * curve[min(values[factors[-1]], len(curve) - 1)]
    return prod(values[at] for at in factors)


def asked(row: Row, values: Sequence[int]) -> int:
    """What the larger side has to reach, with the row's weights."""
    first, *rest = row.smaller
    found = total(first, values)
    return min(found, *(total(option, values) for option in rest)) if rest else found


@dataclass(frozen=True, slots=True)
class Least:
    """The least values. `broken` is the row that cannot hold (None: all do), `reasons` the rows that raised a value."""

    values: list[int]
    broken: Row | None
    reasons: dict[int, Row]


def least(program: Program, known: Sequence[int | None]) -> Least:
    """The least solution where `known` are the values that are fixed; positions without one range freely."""
    low, high = _ranges(program, known)
    reasons: dict[int, Row] = {}
    for _ in range(len(low) + _SETTLES):
        raised = False
        for row in program.rows:
            need = asked(row, low) - row.base
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


def _ranges(program: Program, known: Sequence[int | None]) -> tuple[list[int], list[int]]:
    """The least and the most that each quantity may be; a stated one that is left open may be anything."""
    free = [q.fact is None for q in program.quantities]
    pairs = list(zip(program.quantities, known, free, strict=True))
    low = [value if value is not None else q.least if is_free else 1 for q, value, is_free in pairs]
    high = [value if value is not None else q.most if is_free else MOST for q, value, is_free in pairs]
    return low, high


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
    parts = _parts(system, joining)
    lone = joining.difference(*(constraint.ids() for part in parts for constraint in part))
    found: list[tuple[set[str], list[Constraint]]] = [({name}, []) for name in sorted(lone)]
    found += [({name for constraint in part for name in constraint.ids()}, part) for part in parts]
    for names, constraints in sorted(found, key=lambda one: min(order[name] for name in one[0])):
        places = sorted(order[name] for name in names)
        yield _program([system.quantities[at] for at in places], constraints)


def _parts(system: System, joining: set[str]) -> list[list[Constraint]]:
    """The constraints that hang together by joining quantities; those without any stand alone."""
    parent = {name: name for name in joining}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    heads: list[str | None] = []
    for constraint in system.constraints:
        names = [name for name in constraint.ids() if name in joining]
        heads.append(names[0] if names else None)
        for name in names[1:]:
            parent[root(name)] = root(names[0])
    parts: dict[str | int, list[Constraint]] = {}
    for at, (head, constraint) in enumerate(zip(heads, system.constraints, strict=True)):
        parts.setdefault(at if head is None else root(head), []).append(constraint)
    return list(parts.values())


def _program(quantities: Sequence[Quantity], constraints: Iterable[Constraint]) -> Program:
    places = {quantity.id: at for at, quantity in enumerate(quantities)}
    rows = [_row(constraint, places) for constraint in constraints]
    firm = tuple(row for row in rows if not row.constraint.soft)
    _supplies(firm)
    return Program(
        tuple(quantities), firm, tuple(row for row in rows if row.constraint.soft),
        tuple(None if q.fact is None else q.fact.value for q in quantities),
    )  # fmt: skip


def _supplies(rows: Sequence[Row]) -> None:
    """A sum on the larger side is decided without search only where its quantities are a part of nothing."""
    parts = {at for row in rows for at in row.parts}
    for row in rows:
        if len(row.larger) > 1 and any(at in parts for _, at in row.larger):
            raise ValueError(
                f"{row.constraint.id}: a larger side of several quantities that are parts elsewhere"
            )


def _row(constraint: Constraint, places: dict[str, int]) -> Row:
    sides = (constraint.larger, *constraint.smaller)
    scale = lcm(*(term.per for side in sides for term in side))
    if any(len(term.factors) > 1 or term.curve for term in constraint.larger):
        raise ValueError(f"{constraint.id}: the larger side holds plain quantities only")
    larger, *smaller = (tuple(_weighted(term, scale, places) for term in side) for side in sides)
    base = sum(weight for weight, factors, _ in larger if not factors)
    return Row(
        constraint,
        base,
        tuple((weight, at) for weight, factors, _ in larger for at in factors),
        tuple(smaller),
    )


def _weighted(term: Term, scale: int, places: dict[str, int]) -> Weighted:
    return term.times * scale // term.per, tuple(places[name] for name in term.factors), term.curve
