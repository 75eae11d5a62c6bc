"""Numbers within bounds: each free quantity in turn, as round as may be, with every bound that it was held to."""

from collections.abc import Callable, Iterator, Mapping

from backstay.core.fact import Origin
from backstay.model.derivation import Bound, Derivation
from backstay.resolve.solve.program import Program, Row, Sum, asked, least, total
from backstay.resolve.solve.terms import MOST, Prefer, Quantity

Known = list[int | None]


def choose(program: Program) -> Iterator[Derivation]:
    """A derivation for each free quantity, in order; what was chosen before counts as known."""
    known: Known = list(program.known)
    origins = {at: _origins(q) for at, q in enumerate(program.quantities)}
    for at, quantity in enumerate(program.quantities):
        if quantity.fact is None:
            found = _derivation(program, known, at, quantity, origins)
            known[at] = found.value
            origins[at] = found.fact.origins
            yield found


def _origins(quantity: Quantity) -> tuple[Origin, ...]:
    return () if quantity.fact is None else quantity.fact.origins


def _derivation(
    program: Program, known: Known, at: int, quantity: Quantity, origins: Mapping[int, tuple[Origin, ...]]
) -> Derivation:
    settled = least(program, known)
    values = settled.values
    firm = [b for row in program.rows for b in _bounds(program, row, at, values, known, origins)]
    soft = [b for row in program.wishes for b in _bounds(program, row, at, values, known, origins)]
    feasible = settled.broken is None
    value, choice = _chosen(program, known, at, firm, soft, values[at] if feasible else None)
    return Derivation(quantity.id, value, quantity.unit, (*firm, *soft), choice, quantity.title)


def _bounds(
    program: Program, row: Row, at: int, values: list[int], known: Known,
    origins: Mapping[int, tuple[Origin, ...]],
) -> Iterator[Bound]:  # fmt: skip
    """What a row says about one quantity while the others have some values; nothing where it says nothing."""
    constraint, quantity = row.constraint, program.quantities[at]
    if constraint.bounds is not None and quantity.id not in constraint.bounds:
        return
    relation, limit = _limit(row, at, values, known)
    if not relation:
        return
    words = constraint.words
    said = words if isinstance(words, str) else words(dict(_named(program, values)))
    others = (one for place in _others(row, at) for one in origins.get(place, ()))
    yield Bound(constraint.id, relation, limit, said, constraint.rule,
                constraint.origins or tuple(dict.fromkeys(others)), soft=constraint.soft)  # fmt: skip


def _named(program: Program, values: list[int]) -> Iterator[tuple[str, int]]:
    return ((quantity.id, value) for quantity, value in zip(program.quantities, values, strict=True))


def _others(row: Row, at: int) -> dict[int, None]:
    return dict.fromkeys(place for place in (*(place for _, place in row.larger), *row.parts) if place != at)


def _limit(row: Row, at: int, values: list[int], known: Known) -> tuple[str, int]:
    if any(place == at for _, place in row.larger):
        weight, _ = next(one for one in row.larger if one[1] == at)
        return ">=", -((row.base - asked(row, values)) // weight)
    if at not in set(row.parts) or any(known[place] is None for _, place in row.larger):
        return "", 0
    reach = row.base + sum(weight * values[place] for weight, place in row.larger)
    limits = [_most(option, at, values, reach) for option in row.smaller]
    return ("", 0) if max(limits) >= MOST else ("<=", max(limits))


def _most(option: Sum, at: int, values: list[int], reach: int) -> int:
    """The largest value of one quantity with which a sum stays within reach; MOST where it is no part of it that counts."""
    low, high = -MOST, MOST
    plain = [term for term in option if at in term[1]]
    if all(len(factors) == 1 and not curve for _, factors, curve in plain):
        slope = sum(weight for weight, _, _ in plain)
        rest = total(tuple(term for term in option if at not in term[1]), values)
        return (reach - rest) // slope if slope else (MOST if rest <= reach else -MOST)
    trial = list(values)
    low = 0
    while low < high:
        trial[at] = middle = (low + high + 1) // 2
        low, high = (middle, high) if total(option, trial) <= reach else (low, middle - 1)
    return low


def _chosen(
    program: Program, known: Known, at: int, firm: list[Bound], soft: list[Bound], settled: int | None
) -> tuple[int, str]:
    """The number, and in words how it was chosen. `settled` is its least value in the system; None: nothing holds."""
    quantity = program.quantities[at]

    def fits(value: int) -> bool:
        trial = [value if place == at else one for place, one in enumerate(known)]
        return settled is None or least(program, trial).broken is None

    value, choice = _on_ladder(quantity, firm, soft, fits) or _at_end(quantity, firm, soft)
    if settled is not None and not fits(value):
        value = _nearest(settled, value, fits)
    allowed = all(bound.allows(value) for bound in firm)
    return value, choice if allowed else "nothing fits: the bounds exclude each other"


def _on_ladder(
    quantity: Quantity, firm: list[Bound], soft: list[Bound], fits: Callable[[int], bool]
) -> tuple[int, str] | None:
    """The best rung that keeps to all bounds, else to the firm ones; None without any."""
    largest = quantity.prefer is Prefer.LARGEST
    rungs = [value for value in quantity.ladder if quantity.least <= value <= quantity.most]
    for bounds, which in (([*firm, *soft], "every bound allows"), (firm, "the firm bounds allow")):
        for value in reversed(rungs) if largest else rungs:
            if all(bound.allows(value) for bound in bounds) and fits(value):
                return value, f"the {quantity.prefer.value} round number that {which}"
    return None


def _at_end(quantity: Quantity, firm: list[Bound], soft: list[Bound]) -> tuple[int, str]:
    """The end of what the bounds allow: of wishes, as far as they fit."""
    largest = quantity.prefer is Prefer.LARGEST
    first, other = ("<=", ">=") if largest else (">=", "<=")
    best, worst = (quantity.most, quantity.least) if largest else (quantity.least, quantity.most)
    inner, outer = (min, max) if largest else (max, min)
    if largest:
        best = min(best, *quantity.ladder[-1:] or (best,))
    wished = inner([best, *(b.limit for b in (*firm, *soft) if b.relation == first)])
    value = outer([worst, wished, *(b.limit for b in firm if b.relation == other)])
    # Where the bounds exclude each other, those on the number's own side count: the others say so themselves.
    value = outer(worst, inner([value, *(b.limit for b in firm if b.relation == first)]))
    if quantity.ladder:
        return value, f"the {quantity.prefer.value} number that the bounds allow: no round one fits"
    if all(bound.allows(value) for bound in soft):
        return value, f"the {quantity.prefer.value} that every bound allows"
    least_or_most = "least" if largest else "most"
    return value, f"the {least_or_most} that may be: what is wished for does not fit"


def _nearest(good: int, bad: int, fits: Callable[[int], bool]) -> int:
    """The last number on the way from one that fits to one that does not."""
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good
