"""What the derivations of jobs share: round numbers of whole seconds, and how one was chosen."""

from collections.abc import Sequence

from backstay.core.fact import Fact
from backstay.model.derivation import Bound, Derivation

SECOND = 1000
ROUND = tuple(
    seconds * SECOND
    for seconds in (
        10, 15, 20, 30, 45, 60, 90, 120, 150, 180, 240, 300, 360, 450, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200,
        10800, 14400, 21600, 28800, 43200, 86400,
    )
)  # fmt: skip
"""Milliseconds that people like to read: Kubernetes takes whole seconds."""


def up(ms: int) -> int:
    """The next whole second."""
    return -(-ms // SECOND) * SECOND


def next_round(ms: int) -> int:
    """The smallest round number that is not below; a whole number of hours beyond the largest."""
    return next((step for step in ROUND if step >= ms), -(-ms // ROUND[-1]) * ROUND[-1])


def largest(bounds: Sequence[Bound], floor: int) -> tuple[int, str]:
    """The largest number that the bounds allow, a round one if there is one; `floor` where they exclude each other."""
    value = max((step for step in ROUND if all(bound.allows(step) for bound in bounds)), default=None)
    if value is not None:
        return value, "the largest round number that every bound allows"
    limit = min((bound.limit for bound in bounds if bound.relation == "<="), default=floor) // SECOND * SECOND
    if all(bound.allows(limit) for bound in bounds):
        return limit, "the largest number of whole seconds that the bounds allow: no round one fits"
    return floor, "the least that may be: the bounds exclude each other"


def pinned(solved: Derivation, pin: Fact[int] | None) -> Fact[int]:
    """A solved number, or the one that people insist on, which keeps the derivation that it is held against."""
    return solved.fact if pin is None else Fact(pin.value, (*pin.origins, solved.fact.origins[0]))
