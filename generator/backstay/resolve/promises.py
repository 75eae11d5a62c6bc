"""Promises that exclude each other, over all numbers of a cluster: the lines to blame and the smallest edit.

Whether a number was found says whether what is behind it can hold; pinned numbers are lines themselves. Only where one of
these is in doubt are all constraints put together and looked at as a whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from backstay.core.fact import Fact
from backstay.model.conflict import Conflict
from backstay.model.derivation import Derivation
from backstay.resolve import pings
from backstay.resolve.keepalive import Knob
from backstay.resolve.solve import conflict
from backstay.resolve.solve.terms import Quantity, System


@dataclass(frozen=True, slots=True)
class Promise:
    """What a knob's numbers were solved from, and the pins that stand in their place."""

    knob: Knob
    numbers: tuple[Derivation, ...]
    interval: Fact[int] | None
    timeout: Fact[int] | None

    @property
    def in_doubt(self) -> bool:
        """Whether it has to be asked if everything behind it can hold."""
        pinned = self.interval is not None or self.timeout is not None
        return pinned or not all(number.fits for number in self.numbers)

    @property
    def system(self) -> System:
        """What has to hold between its lines."""
        return pings.promises(self.knob, self.interval, self.timeout)


def conflicts(promised: Iterable[Promise], others: System) -> tuple[Conflict, ...]:
    """Every conflict between the lines behind keepalive numbers and what `others` say."""
    promises = tuple(promised)
    doubts = _together(promise for promise in promises if promise.in_doubt)
    if conflict.holds(doubts) and conflict.holds(others):
        return ()
    whole = _together(promises) + others
    return conflict.conflicts(System(tuple(sorted(whole.quantities, key=_asking)), whole.constraints))


def _together(promises: Iterable[Promise]) -> System:
    systems = [promise.system for promise in promises]
    quantities = {one.id: one for system in systems for one in system.quantities}
    return System(
        tuple(sorted(quantities.values(), key=_asking)),
        tuple(one for system in systems for one in system.constraints),
    )


def _asking(quantity: Quantity) -> tuple[bool, bool]:
    """Pins come first in a conflict, then what calls ask for, then what is in their way."""
    return not quantity.pinned, quantity.route[:2] != ("network", "calls")
