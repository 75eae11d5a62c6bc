"""A picture of one call: what happened on each hop over time, as SVG by hand. Times are the spec's.

The sender's events stand above a hop's line and the receiver's below it. Every text is escaped; nothing is loaded.
"""

from collections.abc import Iterable, Iterator

from backstay.core.units import show_duration
from backstay.model.hop import Side
from backstay.prove.mesh.journal import Event, What
from backstay.prove.mesh.words import CallProof, Take
from backstay.prove.svg import LINE, WIDTH, claim
from backstay.text.svg import document, line, safe, text
from backstay.text.svg import file_name as safe_name

_LEFT, _RIGHT = 300, 30
_LANE, _TITLE = 46, 50
_MOST_MARKS = 4_000
_MARKS = {
    What.DATA: ("#0969da", "data"),
    What.PING: ("#8250df", "ping"),
    What.GOAWAY: ("#cf222e", "GOAWAY"),
    What.RESET: ("#bf3989", "given up"),
    What.CLOSED: ("#24292f", "closed"),
    What.FORGOT: ("#bc4c00", "forgotten by a box"),
    What.REFUSED: ("#cf222e", "reset by a box"),
    What.LOST: ("#cf222e", "dropped"),
    What.CUT: ("#cf222e", "cut"),
}
_TICKS, _PHASE = 6, 11
_COARSE_MS = 20_000


def picture(cluster: str, call: CallProof) -> str:
    """The picture of a call: its claims as text, then a timeline for each trial."""
    parts = [text(16, 28, f"{cluster}: {call.name}", size=18, weight="bold")]
    y = 52
    for finding in call.findings:
        parts += claim(finding, y)
        y += 2 * LINE + 4
    for take in call.takes:
        parts += _Timeline(call, take, y + 10).parts()
        y += _TITLE + _LANE * len(call.hops) + 40
    parts += _legend(y + 14)
    return document(WIDTH, y + 40, parts)


def file_name(cluster: str, call: CallProof) -> str:
    """A file's name for the picture, of letters that every file system takes; the index keeps two calls apart."""
    return safe_name(f"{cluster}-{call.index}-{call.client}-to-{call.service}")


class _Timeline:
    """One trial: a lane a hop, a mark an event, the prover's own words across."""

    def __init__(self, call: CallProof, take: Take, top: float) -> None:
        self._call, self._take, self._top = call, take, top
        times = [event.at for event in take.events] or [0.0]
        self._start, self._span = times[0], max(times[-1] - times[0], 0.001)

    def parts(self) -> list[str]:
        """Everything, from the title to the axis."""
        speed = f"time passes {self._take.scale} times faster" if self._take.scale > 1 else "in real time"
        title = text(16, self._top + 14, f"{self._take.title}, {speed}", size=14, weight="bold")
        return [title, *self._lanes(), *self._phases(), *self._marks(), *self._axis()]

    def _x(self, at: float) -> float:
        return _LEFT + (at - self._start) / self._span * (WIDTH - _LEFT - _RIGHT)

    def _y(self, hop: int) -> float:
        return self._top + _TITLE + _LANE * hop + _LANE / 2

    @property
    def _bottom(self) -> float:
        return self._top + _TITLE + _LANE * len(self._call.hops)

    def _lanes(self) -> Iterator[str]:
        for hop, (sender, receiver) in enumerate(self._call.hops):
            y = self._y(hop)
            yield text(_LEFT - 10, y - 5, sender, size=11, anchor="end")
            yield text(_LEFT - 10, y + 13, receiver, size=11, anchor="end")
            yield line(_LEFT, y, WIDTH - _RIGHT, y, "#d0d7de")
            yield from (line(*ends, "#8c959f", 4) for ends in self._connections(hop, y))

    def _connections(self, hop: int, y: float) -> Iterator[tuple[float, float, float, float]]:
        events = [event for event in self._take.events if event.hop == hop]
        for opened in (event for event in events if event.what is What.OPENED):
            ends = (one.at for one in events if one.flow == opened.flow and one.what is What.CLOSED)
            yield self._x(opened.at), y, self._x(next(ends, self._start + self._span)), y

    def _phases(self) -> Iterator[str]:
        phases = [event for event in self._take.events if event.what is What.PHASE]
        for number, event in enumerate(phases):
            x, y = self._x(event.at), self._top + _TITLE - 8 - _PHASE * (number % 2)
            anchor = "end" if x > (_LEFT + WIDTH) / 2 else "start"
            yield line(x, y + 2, x, self._bottom, "#d4a72c", dash="4 3")
            yield text(x, y, event.text, size=10, fill="#7d4e00", anchor=anchor)

    def _marks(self) -> Iterator[str]:
        known = [event for event in self._take.events if event.what in _MARKS and event.hop >= 0]
        yield from (self._mark(event) for event in known[:_MOST_MARKS])

    def _mark(self, event: Event) -> str:
        colour, name = _MARKS[event.what]
        x, y = self._x(event.at), self._y(event.hop)
        above = {Side.SENDER: -12.0, Side.RECEIVER: 12.0}.get(event.side) if event.side else None
        at = self._spec(event.at)
        told = f"<title>{safe(f'{name} {event.text}'.strip())} at {at}</title>"
        if above is None:
            return f"<g>{told}{line(x, y - 14, x, y + 14, colour, 3)}{text(x + 4, y - 12, name, size=10, fill=colour)}</g>"
        return f"<g>{told}{line(x, y, x, y + above, colour, 2)}</g>"

    def _axis(self) -> Iterator[str]:
        y = self._bottom + 4
        yield line(_LEFT, y, WIDTH - _RIGHT, y, "#57606a")
        for tick in range(_TICKS + 1):
            at = self._start + self._span * tick / _TICKS
            yield line(self._x(at), y, self._x(at), y + 4, "#57606a")
            yield text(self._x(at), y + 16, self._spec(at), size=10, fill="#57606a", anchor="middle")

    def _spec(self, at: float) -> str:
        """A moment as time of the spec since the trial's first event."""
        ms = (at - self._start) * 1000 * self._take.scale
        fine = 1000 if self._span * 1000 * self._take.scale > _COARSE_MS else 1
        return show_duration(round(ms / fine) * fine)


def _legend(y: float) -> Iterable[str]:
    x = 16.0
    for colour, name in _MARKS.values():
        yield line(x, y, x, y - 12, colour, 3)
        yield text(x + 8, y, name, size=11)
        x += 40 + 7 * len(name)
    yield text(x + 20, y, "above a line: by the sender; below: by the receiver", size=11, fill="#57606a")
