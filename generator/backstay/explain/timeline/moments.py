"""What a timeline is made of. Times are milliseconds from the event."""

from dataclasses import dataclass
from enum import StrEnum

from backstay.core.fact import Fact


class Event(StrEnum):
    """What a timeline starts with."""

    NODE_LOSS = "node-loss"
    EVICTION = "eviction"
    OOM = "oom"
    DRAIN = "drain"


@dataclass(frozen=True, slots=True)
class Knob:
    """What decides when a moment comes: its upstream name, and the number with where it comes from."""

    name: str
    number: Fact[int]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something happens: `at` from the event (None: never), who does it, what, and the knob that decides when."""

    at: int | None
    who: str
    what: str
    knob: Knob | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """One event and what follows, in order.

    `subject` names whom it happens to; `outcome` is what the last moment means, `total` when it comes (None: never, or
    nothing that has a time). `target` is the stated limit on `total`, None where there is none.
    """

    event: Event
    subject: str
    title: str
    moments: tuple[Moment, ...]
    outcome: str
    total: int | None
    target: Fact[int] | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the stated target is kept; None where there is none."""
        if self.target is None:
            return None
        return self.total is not None and self.total <= self.target.value


def in_order(moments: list[Moment]) -> tuple[Moment, ...]:
    """By time, what never comes last; moments of one time stay as they are told."""
    return tuple(sorted(moments, key=lambda moment: (moment.at is None, moment.at or 0)))
