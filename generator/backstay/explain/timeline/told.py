"""Timelines with the spec lines behind their knobs: as text, as versioned JSON, as a picture."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backstay.core.fact import Fact, OriginKind
from backstay.explain.lines import WIDTH, Paint, page, prose, source_lines
from backstay.explain.sources import Source, source
from backstay.explain.subject import Subject
from backstay.explain.timeline.moments import Moment, Timeline
from backstay.explain.words import duration, limit

VERSION = 1
_INDENT = 12
_MOST_LINES = 2


@dataclass(frozen=True, slots=True)
class Told:
    """A timeline of one cluster; `subject` knows the spec lines behind every fact."""

    cluster: str
    timeline: Timeline
    subject: Subject

    def sources(self, fact: Fact[int]) -> tuple[Source, ...]:
        """Where a number comes from; a solved one names the derivation first, then what bound it."""
        return tuple(source(self.subject, origin) for origin in fact.origins)


def text(told: Sequence[Told], paint: Paint) -> str:
    """One timeline after the other."""
    return page(
        line for index, one in enumerate(told) for line in (*([""] if index else []), *_lines(one, paint))
    )


def _lines(told: Told, paint: Paint) -> Iterator[str]:
    timeline = told.timeline
    yield paint(f"{timeline.title} (cluster {told.cluster})", "bold")
    for moment in timeline.moments:
        when = "never" if moment.at is None else duration(moment.at)
        head, *rest = textwrap.wrap(f"{moment.who}: {moment.what}", WIDTH - _INDENT)
        yield f"{when:>10}  {head}"
        yield from (" " * _INDENT + line for line in rest)
        if moment.knob is not None:
            yield f"{' ' * _INDENT}{moment.knob.name}: {duration(moment.knob.number.value)}"
            yield from _why(told, moment.knob.number, " " * (_INDENT + 2))
    yield _total(told)
    if timeline.target is not None:
        yield from _why(told, timeline.target, " " * 4)


def _why(told: Told, number: Fact[int], indent: str) -> Iterator[str]:
    """What decides a number: the bounds it stands on, where it was solved, with the first spec lines; else who says it."""
    derivations = told.subject.cluster.derivations
    solved = [derivations[one.ref] for one in number.origins if one.ref in derivations]
    for bound in (bound for one in solved[:1] for bound in one.binding):
        yield prose(f"{limit(bound, 'ms')}: {bound.words}", indent)
    sources = told.sources(number)
    said = [one for one in sources if one.said or one.kind is not OriginKind.CONSTRAINT]
    for one in said[:_MOST_LINES] if solved else said[:1]:
        yield from source_lines(one, indent + "  " * bool(solved))


def _total(told: Told) -> str:
    timeline = told.timeline
    if timeline.total is None:
        return f"  {timeline.outcome}" + (
            f": the target is {duration(timeline.target.value)}" if timeline.target else ""
        )
    said = f"  {timeline.outcome} after {duration(timeline.total)}"
    if timeline.target is None:
        return said
    spare = timeline.target.value - timeline.total
    return f"{said}; the limit is {duration(timeline.target.value)}: " + (
        f"{duration(spare)} to spare" if spare >= 0 else f"{duration(-spare)} too late"
    )


def as_json(told: Sequence[Told]) -> str:
    """`{"version": 1, "timelines": [...]}`; times are milliseconds, null is never (or no target)."""
    return json.dumps({"version": VERSION, "timelines": [_form(one) for one in told]}, indent=2) + "\n"


def _form(told: Told) -> dict[str, object]:
    timeline = told.timeline
    return {
        "cluster": told.cluster, "subject": timeline.subject, "event": timeline.event.value, "title": timeline.title,
        "moments": [_moment(told, moment) for moment in timeline.moments], "outcome": timeline.outcome,
        "total_ms": timeline.total, "target_ms": timeline.target.value if timeline.target else None, "kept": timeline.kept,
    }  # fmt: skip


def _moment(told: Told, moment: Moment) -> dict[str, object]:
    knob = moment.knob and {
        "name": moment.knob.name,
        "value_ms": moment.knob.number.value,
        "sources": [
            {"kind": one.kind.value, "ref": one.ref, "title": one.title, "note": one.note,
             "said": [str(word.place) for word in one.said]}
            for one in told.sources(moment.knob.number)
        ],
    }  # fmt: skip
    return {"at_ms": moment.at, "who": moment.who, "what": moment.what, "knob": knob}
