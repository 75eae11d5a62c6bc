"""Numbers within bounds: each free quantity in turn, as round as may be, with every bound that it was held to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backstay.core.fact import Origin
from backstay.model.derivation import Bound, Derivation
from backstay.resolve.solve.program import Least, Program, Row, Sum, asked, least, total
from backstay.resolve.solve.terms import MOST, Prefer, Quantity

Known = list[int | None]
Origins = tuple[Origin, ...]


def choose(program: Program) -> Iterator[Derivation]:
    """A derivation for each free quantity, in order; what was chosen before counts as known."""
    known: Known = list(program.known)
    origins = [() if q.fact is None else q.fact.origins for q in program.quantities]
    waiting = [at for at, value in enumerate(known) if value is None]
    settled = least(program, known)
    while waiting:
        at = waiting.pop(0)
        found, settled = _derivation(_Place(program, known, at, origins, settled, last=not waiting))
        known[at] = found.value
        if waiting:
            origins[at] = found.fact.origins
        yield found


@dataclass(frozen=True, slots=True)
class _Place:
    """A quantity to be chosen, `at` its position, among others that are `known` or at the least that `settled` allows."""

    program: Program
    known: Known
    at: int
    origins: list[Origins]
    settled: Least
    last: bool

    @property
    def quantity(self) -> Quantity:
        return self.program.quantities[self.at]

    def tried(self, value: int) -> Least:
        """What a value leaves to the quantities that come later: for the last one the bounds have said it all."""
        if self.last or self.settled.broken is not None:
            return self.settled
        return least(self.program, [value if at == self.at else one for at, one in enumerate(self.known)])


def _derivation(place: _Place) -> tuple[Derivation, Least]:
    firm = [bound for row in place.program.rows if (bound := _bound(place, row))]
    soft = [bound for row in place.program.wishes if (bound := _bound(place, row))]
    value, choice, settled = _chosen(place, firm, soft)
    quantity = place.quantity
    return Derivation(quantity.id, value, quantity.unit, (*firm, *soft), choice, quantity.title), settled


def _bound(place: _Place, row: Row) -> Bound | None:
    """What a row says about a quantity while the others have their values; None where it says nothing."""
    constraint, names = row.constraint, row.constraint.bounds
    if names is not None and place.quantity.id not in names:
        return None
    relation, limit = _limit(place, row)
    if not relation:
        return None
    words = constraint.words if isinstance(constraint.words, str) else constraint.words(_named(place))
    origins = constraint.origins or _behind(place, row)
    return Bound(constraint.id, relation, limit, words, constraint.rule, origins, constraint.soft)


def _named(place: _Place) -> dict[str, int]:
    return {q.id: value for q, value in zip(place.program.quantities, place.settled.values, strict=True)}


def _behind(place: _Place, row: Row) -> Origins:
    others = dict.fromkeys((*(at for _, at in row.larger), *row.parts))
    return tuple(dict.fromkeys(one for at in others if at != place.at for one in place.origins[at]))


def _limit(place: _Place, row: Row) -> tuple[str, int]:
    at, values = place.at, place.settled.values
    for weight, larger in row.larger:
        if larger == at:
            return ">=", -(-asked(row, values) // weight)
    if at not in row.parts or any(place.known[larger] is None for _, larger in row.larger):
        return "", 0
    reach = row.base
    for weight, larger in row.larger:
        reach += weight * values[larger]
    limit = max([_most(option, at, values, reach) for option in row.smaller])
    return ("", 0) if limit >= MOST else ("<=", limit)


def _most(option: Sum, at: int, values: list[int], reach: int) -> int:
    """The largest value of one quantity with which a sum stays within reach; MOST where it is no part of it that counts."""
    if not option.products:
        slope = sum([weight for weight, one in option.plain if one == at])
        rest = total(option, values) - slope * values[at]
        return (reach - rest) // slope if slope else (MOST if rest <= reach else -MOST)
    trial, low, high = list(values), 0, MOST
    while low < high:
        trial[at] = middle = (low + high + 1) // 2
        low, high = (middle, high) if total(option, trial) <= reach else (low, middle - 1)
    return low


def _chosen(place: _Place, firm: list[Bound], soft: list[Bound]) -> tuple[int, str, Least]:
    """The number, in words how it was chosen, and what it leaves to the others."""
    settled = place.settled

    def fits(value: int) -> bool:
        nonlocal settled
        settled = place.tried(value)
        return settled.broken is None or place.settled.broken is not None

    value, choice = _on_ladder(place.quantity, firm, soft, fits) or _at_end(place.quantity, firm, soft)
    if not fits(value):
        value = _nearest(place.settled.values[place.at], value, fits)
        settled = place.tried(value)
    allowed = all(bound.allows(value) for bound in firm)
    return value, choice if allowed else "nothing fits: the bounds exclude each other", settled


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
