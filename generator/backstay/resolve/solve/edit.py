"""The smallest edit: the fewest lines, then the least relative change, written as people write such values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from backstay.core.units import show_duration, show_quantity
from backstay.resolve.solve.program import Program, beyond, least
from backstay.resolve.solve.terms import BARE_MS, MOST

_SECOND = 1_000
_TIMES = (3_600_000, 600_000, 300_000, 60_000, 30_000, 10_000, 5_000, _SECOND, 500, 100, 50, 10, 1)
_GRAINS = {
    "ms": _TIMES,
    BARE_MS: _TIMES,
    "bytes": (1 << 40, 1 << 35, 1 << 30, 1 << 29, 1 << 28, 1 << 26, 1 << 20, 1 << 10, 1),
}
"""What values are rounded to, by unit, coarsest first; other units are counts."""
_ROUGHLY = 20
"""Rounding may change a value by one part in so many."""
_MORE = 3
"""Lines beyond one for each conflict: some conflicts show only once others are mended."""
_TRIES = 2_000
"""Sets of lines that are looked at before the search for fewer is given up."""

Edit = Mapping[int, int]
"""New values by position."""


def smallest(program: Program, known: Sequence[int | None], cores: Sequence[frozenset[int]]) -> Edit | None:
    """The fewest positions, one at least out of each core, with values that make the rest hold; None: there are none.

    `known` are the values that are fixed, with None for lines that are out of question for now.
    """
    lines = sorted({at for core in cores for at in core if program.quantities[at].movable})
    for count in range(1, min(len(lines), len(cores) + _MORE) + 1):
        found = [edit for group in _groups(lines, cores, count) if (edit := _values(program, known, group))]
        if found:
            return min(found, key=lambda edit: _cost(program, edit))
    return None


def _groups(lines: Sequence[int], cores: Sequence[frozenset[int]], count: int) -> Iterator[tuple[int, ...]]:
    for tried, group in enumerate(combinations(lines, count)):
        if tried == _TRIES:
            return
        if all(core.intersection(group) for core in cores):
            yield group


def _cost(program: Program, edit: Edit) -> tuple[list[Fraction], list[int]]:
    return sorted((change(program, at, value) for at, value in edit.items()), reverse=True), sorted(edit)


def change(program: Program, at: int, value: int) -> Fraction:
    """How much a value differs from what is stated, as a ratio of at least one."""
    stated = program.known[at] or 0
    return Fraction(max(stated, value) + 1, min(stated, value) + 1)


def _values(program: Program, known: Sequence[int | None], group: tuple[int, ...]) -> Edit | None:
    """Values for a group of lines, each as near to what is stated as the others' freedom lets it be; None: in vain."""
    trial = [None if at in group else value for at, value in enumerate(known)]
    edit: dict[int, int] = {}
    for at in group:
        span = _span(program, trial, at)
        if span is None:
            return None
        edit[at] = _written(program, at, span)
        trial[at] = edit[at]
    return edit


@dataclass(frozen=True, slots=True)
class _Span:
    """The values of one quantity with which everything holds."""

    low: int
    high: int


def _span(program: Program, known: Sequence[int | None], at: int) -> _Span | None:
    """All of them lie together: a part may be anything up to some value, a supply anything from one on."""
    found, quantity = least(program, known), program.quantities[at]
    low, most = max(found.values[at], quantity.least), quantity.most
    matters = beyond(program, known, at)

    def holds(value: int) -> bool:
        trial = [value if place == at else one for place, one in enumerate(known)]
        return least(matters, trial, found.values).broken is None

    if found.broken is not None or low > most:
        return None
    if holds(low):
        return _Span(low, _turn(holds, low, most))
    return _Span(_turn(lambda value: not holds(value), low, most) + 1, most) if holds(most) else None


def _turn(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The last value up to `high` for which something holds that holds at `low`; most such values are near it."""
    if holds(high):
        return high
    step = 1
    while low + step < high and holds(low + step):
        low, step = low + step, 2 * step
    high = min(high, low + step) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _written(program: Program, at: int, span: _Span) -> int:
    """The value in a span that is nearest to what is stated, rounded away from it as far as is no matter."""
    stated = program.known[at] or 0
    exact = min(max(stated, span.low), span.high)
    for grain in _GRAINS.get(program.quantities[at].unit, (1,)):
        value = -(-exact // grain) * grain if exact > stated else exact // grain * grain
        if span.low <= value <= span.high and abs(value - exact) * _ROUGHLY <= exact:
            return value
    return exact


def spelled(value: int, unit: str) -> str:
    """A value as the spec spells it."""
    if unit == "ms":
        return show_duration(value)
    return show_quantity(value) if unit == "bytes" and value < MOST else str(value)
