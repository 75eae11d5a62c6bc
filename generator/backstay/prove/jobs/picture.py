"""A picture of one workload: each pod of each trial as a bar over time. Times are those of the trial."""

from collections.abc import Iterable, Iterator

from backstay.prove.jobs.journal import Life
from backstay.prove.jobs.words import Take, WorkloadProof
from backstay.prove.svg import LINE, WIDTH, claim
from backstay.text.svg import document, line, safe, text
from backstay.text.svg import file_name as safe_name

_LEFT, _RIGHT = 300, 30
_LANE, _TITLE, _BAR = 20, 50, 10
_TICKS = 6
_MOST_LANES = 60
_WAITS, _RUNS, _GOES = ("#d0d7de", "waits"), ("#1a7f37", "runs"), ("#bc4c00", "asked to go")


def picture(cluster: str, proof: WorkloadProof) -> str:
    """The picture of a workload: its claims as text, then a timeline for each trial."""
    parts = [text(16, 28, f"{cluster}: {proof.name}", size=18, weight="bold")]
    y = 52.0
    for finding in proof.findings:
        parts += claim(finding, y)
        y += 2 * LINE + 4
    for take in proof.takes:
        timeline = _Timeline(take, y + 10)
        parts += timeline.parts()
        y = timeline.bottom + 30
    parts += _legend(y + 14)
    return document(WIDTH, y + 40, parts)


def file_name(cluster: str, proof: WorkloadProof) -> str:
    """The name of its file."""
    return safe_name(f"{cluster}-{proof.name}-{proof.kind}")


class _Timeline:
    """One trial: a lane a pod, the prover's own words across."""

    def __init__(self, take: Take, top: float) -> None:
        self._take, self._top = take, top
        self._lives = list(take.journal.lives.values())[:_MOST_LANES]
        self._start = min([take.at, *(life.made for life in self._lives)])
        self._span = max(take.until - self._start, 0.001)

    @property
    def bottom(self) -> float:
        """Where its lanes end."""
        return self._top + _TITLE + _LANE * max(len(self._lives), 1)

    def parts(self) -> list[str]:
        """Everything, from the title to the axis."""
        fast = (
            f", times of the spec {self._take.scale}x faster where they can be"
            if self._take.scale > 1
            else ""
        )
        title = text(16, self._top + 14, f"{self._take.title}{fast}", size=14, weight="bold")
        return [title, *self._lanes(), *self._acts(), *self._axis()]

    def _x(self, at: float) -> float:
        return _LEFT + (at - self._start) / self._span * (WIDTH - _LEFT - _RIGHT)

    def _lanes(self) -> Iterator[str]:
        for number, life in enumerate(self._lives):
            y = self._top + _TITLE + _LANE * number + _LANE / 2
            yield text(_LEFT - 10, y + 4, f"{life.name} on {life.node or 'no node'}", size=10, anchor="end")
            for (colour, name), begins, ends in _parts(life, self._take.until):
                told = f"{name} for {ends - begins:.1f}s {life.why} {life.reason}".strip()
                yield f"<g><title>{safe(told)}</title>{line(self._x(begins), y, self._x(ends), y, colour, _BAR)}</g>"

    def _acts(self) -> Iterator[str]:
        for number, (at, words) in enumerate(self._take.journal.acts):
            x, y = self._x(at), self._top + _TITLE - 8 - 11 * (number % 2)
            anchor = "end" if x > (_LEFT + WIDTH) / 2 else "start"
            yield line(x, y + 2, x, self.bottom, "#cf222e", dash="4 3")
            yield text(x, y, words, size=10, fill="#cf222e", anchor=anchor)

    def _axis(self) -> Iterator[str]:
        y = self.bottom + 4
        yield line(_LEFT, y, WIDTH - _RIGHT, y, "#57606a")
        for tick in range(_TICKS + 1):
            at = self._start + self._span * tick / _TICKS
            yield line(self._x(at), y, self._x(at), y + 4, "#57606a")
            words = f"{at - self._take.at:+.0f}s"
            yield text(self._x(at), y + 16, words, size=10, fill="#57606a", anchor="middle")


def _parts(life: Life, until: float) -> Iterator[tuple[tuple[str, str], float, float]]:
    """The bars of a pod: waiting, running, and running on although it was asked to go."""
    over = min(at for at in (life.gone, life.ended, until) if at is not None)
    runs = over if life.ran is None else life.ran
    goes = over if life.deleted is None else min(life.deleted, over)
    for what, begins, ends in (
        (_WAITS, life.made, min(runs, goes)),
        (_RUNS, runs, max(goes, runs)),
        (_GOES, goes, over),
    ):
        if ends > begins:
            yield what, begins, ends


def _legend(y: float) -> Iterable[str]:
    x = 16.0
    for colour, name in (_WAITS, _RUNS, _GOES):
        yield line(x, y - 4, x + 20, y - 4, colour, _BAR)
        yield text(x + 26, y, name, size=11)
        x += 60 + 7 * len(name)
    yield text(x + 10, y, "+0s is when the event happened", size=11, fill="#57606a")
