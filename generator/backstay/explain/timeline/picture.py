"""A timeline as a picture: a row for each moment, its bar from the one before to it. One scale for all rows."""

from collections.abc import Iterator

from backstay.core.units import show_duration
from backstay.explain.timeline.moments import Moment, Timeline
from backstay.text import svg

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BAR = 1200, 620, 90, 64, 34, 14
_WAIT, _KEPT, _BROKEN = "#0969da", "#1a7f37", "#cf222e"
_LONGEST = 96


def file_name(cluster: str, timeline: Timeline) -> str:
    """A file's name of letters that every file system takes."""
    return svg.file_name(f"{cluster}-{timeline.subject}-{timeline.event}")


def picture(cluster: str, timeline: Timeline) -> str:
    """The whole picture."""
    height = _TOP + _ROW * len(timeline.moments) + 60
    parts = [svg.text(16, 28, f"{cluster}: {timeline.title}", size=18, weight="bold")]
    parts += _rows(timeline)
    parts += _target(timeline, height)
    parts.append(svg.text(16, height - 16, _verdict(timeline), weight="bold", fill=_colour(timeline)))
    return svg.document(_WIDTH, height, parts)


def _span(timeline: Timeline) -> int:
    """What the width stands for, in milliseconds: the last moment or the target, whichever is later."""
    ends = [moment.at for moment in timeline.moments if moment.at is not None]
    target = timeline.target.value if timeline.target else 0
    return max(1, *ends, target)


def _x(timeline: Timeline, at: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * at / _span(timeline)


def _rows(timeline: Timeline) -> Iterator[str]:
    before = 0
    for index, moment in enumerate(timeline.moments):
        y = _TOP + _ROW * index
        words = f"{moment.who}: {moment.what}"
        yield svg.text(16, y + 12, words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}...")
        if moment.knob is not None:
            yield svg.text(
                16,
                y + 26,
                f"{moment.knob.name} {show_duration(moment.knob.number.value)}",
                size=10,
                fill=svg.FAINT,
            )
        yield from _bar(timeline, moment, before, y)
        before = before if moment.at is None else moment.at


def _bar(timeline: Timeline, moment: Moment, before: int, y: float) -> Iterator[str]:
    start = _x(timeline, before)
    if moment.at is None:
        yield svg.line(start, y + _BAR / 2, _WIDTH - _RIGHT, y + _BAR / 2, _BROKEN, dash="4 4")
        yield svg.text(_WIDTH - _RIGHT + 8, y + 12, "never", fill=_BROKEN)
        return
    end = _x(timeline, moment.at)
    yield svg.bar(start, y, max(end - start, 2), _BAR, _WAIT)
    yield svg.text(end + 8, y + 12, show_duration(moment.at))


def _target(timeline: Timeline, height: int) -> Iterator[str]:
    if timeline.target is not None:
        x = _x(timeline, timeline.target.value)
        yield svg.line(x, _TOP - 8, x, height - 50, _colour(timeline), dash="2 3")
        yield svg.text(
            x,
            _TOP - 14,
            f"limit {show_duration(timeline.target.value)}",
            anchor="middle",
            fill=_colour(timeline),
        )


def _colour(timeline: Timeline) -> str:
    return {True: _KEPT, False: _BROKEN, None: svg.INK}[timeline.kept]


def _verdict(timeline: Timeline) -> str:
    return (
        timeline.outcome
        if timeline.total is None
        else f"{timeline.outcome} after {show_duration(timeline.total)}"
    )
