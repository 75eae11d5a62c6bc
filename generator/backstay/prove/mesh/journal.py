"""What happened on the wires of one call, in order: the evidence behind every verdict. Times are seconds of a clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from backstay.model.hop import Side


class What(StrEnum):
    """Something that happened on a connection; `side` of the event says who did it."""

    OPENED = "opened"
    CLOSED = "closed"
    DATA = "data"
    PING = "ping"
    PONG = "pong"
    PROBE = "probe"  # a segment without bytes: a TCP keepalive probe or an acknowledgement
    GOAWAY = "goaway"
    RESET = "reset"  # RST_STREAM: somebody gave up a request
    FORGOT = "forgot"  # a box forgot the connection; `text` names it
    REFUSED = "refused"  # a box answered a packet of a connection that it had forgotten with a reset
    LOST = "lost"  # a packet was dropped: by a box that had forgotten its connection, or by a network that is gone
    CUT = "cut"  # the prover reset the connection
    PHASE = "phase"  # the prover itself: what is tried from here on


@dataclass(frozen=True, slots=True)
class Event:
    """One event: when, on which hop of the call and which connection of that hop, who, what.

    `hop` is -1 for phases; `side` None where nobody in particular did it; `code` the error code of a GOAWAY or a RST_STREAM.
    """

    at: float
    hop: int
    flow: int
    side: Side | None
    what: What
    text: str = ""
    code: int = 0


@dataclass(slots=True)
class Journal:
    """The events so far."""

    events: list[Event] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Remember an event; events are added in the order of their times."""
        self.events.append(event)

    def find(self, *what: What, hop: int | None = None, side: Side | None = None,
             since: float = 0.0, until: float = float("inf")) -> Iterator[Event]:  # fmt: skip
        """The events of some sorts, on a hop, by a side, at or after `since` and before `until`."""
        for event in self.events:
            fits = hop in (None, event.hop) and side in (None, event.side)
            if fits and event.what in what and since <= event.at < until:
                yield event
