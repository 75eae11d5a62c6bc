"""Numbers within bounds: each free quantity in turn, as round as may be, with every bound that it was held to."""

from collections.abc import Iterator, Mapping

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
    value, choice = _chosen(program, known, at, firm, soft, feasible=feasible)
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
        return ">=", -(-asked(row, values) // weight)
    if at not in set(row.parts) or any(known[place] is None for _, place in row.larger):
        return "", 0
    reach = sum(weight * values[place] for weight, place in row.larger)
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
    program: Program, known: Known, at: int, firm: list[Bound], soft: list[Bound], *, feasible: bool
) -> tuple[int, str]:
    """The number, and in words how it was chosen."""
    quantity = program.quantities[at]
    word = quantity.prefer.value
    for bounds, which in (([*firm, *soft], "every bound allows"), (firm, "the firm bounds allow")):
        value = _round(program, known, at, bounds, feasible=feasible)
        if value is not None:
            round_ = "round number" if quantity.ladder else "number"
            return value, f"the {word} {round_} that {which}"
    limits = [b.limit for b in firm if b.relation == "<="]
    floors = [b.limit for b in firm if b.relation == ">="]
    exact = max([quantity.least, *floors])
    if quantity.prefer is Prefer.LARGEST:
        exact = max(min([*limits, *quantity.ladder[-1:]], default=exact), quantity.least)
    if all(b.allows(exact) for b in firm):
        return exact, f"the {word} number that the bounds allow: no round one fits"
    return exact, "nothing fits: the bounds exclude each other"


def _round(program: Program, known: Known, at: int, bounds: list[Bound], *, feasible: bool) -> int | None:
    """The best rung of the ladder that leaves the rest of the system a solution."""
    quantity = program.quantities[at]
    rungs = quantity.ladder or _ends(quantity, bounds)
    for value in reversed(rungs) if quantity.prefer is Prefer.LARGEST else rungs:
        if quantity.least <= value <= quantity.most and all(b.allows(value) for b in bounds):
            trial = [value if place == at else one for place, one in enumerate(known)]
            if not feasible or least(program, trial).broken is None:
                return value
    return None


def _ends(quantity: Quantity, bounds: list[Bound]) -> tuple[int, ...]:
    """Without a ladder: the end of what the bounds allow."""
    low = max([quantity.least, *(b.limit for b in bounds if b.relation == ">=")])
    high = min([quantity.most, *(b.limit for b in bounds if b.relation == "<=")])
    return (high,) if quantity.prefer is Prefer.LARGEST else (low,)
