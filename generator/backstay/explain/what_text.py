"""Spec to output, for people."""

from collections.abc import Iterator, Sequence

from backstay.core.route import Route, show
from backstay.explain.effect import Change, Effect
from backstay.explain.fields import spelt
from backstay.explain.lines import Paint, limit_lines, page, prose, said_lines, where
from backstay.explain.numbers import Limit, Number, matters
from backstay.explain.what import PROFILES, Reach, Share, What
from backstay.explain.words import contrast, limit, many, shown

_SHOWN = 12


def what_text(told: Sequence[What], out: str, paint: Paint) -> str:
    """One field's whole story, or an overview of several; `out` is the folder that output paths start in."""
    return page(_story(told[0], out, paint) if len(told) == 1 else _overview(told, paint))


def _story(told: What, out: str, paint: Paint) -> Iterator[str]:
    yield paint(_title(told), "bold")
    if told.meaning.words:
        yield prose(told.meaning.words)
    yield ""
    yield from _written(told)
    for share in told.shares:
        yield ""
        yield from _share(share, paint)
    if told.reaches:
        yield ""
        yield from _reaches(told.reaches, out, paint)
    consequences = list(_effect(told, out, paint))
    yield from ["", *consequences] if consequences else []


def _title(told: What) -> str:
    value = (
        f": {shown(told.value)}" if told.said else f": {told.meaning.default}" if told.meaning.default else ""
    )
    return f"{show(told.route)}{value}"


def _written(told: What) -> Iterator[str]:
    if told.said:
        yield from said_lines(f"cluster {told.cluster} says", told.said, "")
    else:
        default = (
            f"the spec's own default, {told.meaning.default}, counts"
            if told.meaning.default
            else "it has no default"
        )
        yield f"nobody wrote it for cluster {told.cluster}: {default}"


def _share(share: Share, paint: Paint) -> Iterator[str]:
    pinned = f" (pinned by {share.number.pin} all the same)" if share.number.pin else ""
    yield paint(f"It limits {share.number.derivation.name}: {share.number.shown}", "bold") + pinned
    for one in share.limits:
        yield from list(limit_lines(one, share.number, "  "))[:2]
        yield prose(_verdict(one, share.number), "    ")


def _verdict(one: Limit, told: Number) -> str:
    if one.decides:
        return "-> this decides the number"
    first = told.limits[0]
    named = " and ".join(source.title for source in first.sources)
    decider = f"what decides is {named}, with {limit(first.bound, told.derivation.unit)}"
    return f"-> {matters(one, told)}; {decider}" if matters(one, told) else f"-> {decider}"


def _reaches(reaches: tuple[Reach, ...], out: str, paint: Paint) -> Iterator[str]:
    count = sum(len(reach.fields) for reach in reaches)
    yield paint(f"It is behind {many(count, 'field')} of {many(len(reaches), 'file')}", "bold")
    for reach in reaches:
        yield f"  {out}/{reach.path}"
        yield from (f"    {spelt(field)}: {shown(field.value)}" for field in reach.fields)


def _effect(told: What, out: str, paint: Paint) -> Iterator[str]:
    effect = told.effect
    if effect is None or (effect.refused and effect.taken == told.route):
        yield from _untried(told)
    else:
        yield from _tried(told, effect, out, paint)
    yield from _others(told, out, paint)


def _tried(told: What, effect: Effect, out: str, paint: Paint) -> Iterator[str]:
    without = paint("Without it", "bold")
    if effect.refused:
        yield prose(f"It cannot be left out by itself: {effect.refused}.")
        without = paint(f"Without all of {show(effect.taken)}", "bold")
    if effect.instead is not None:
        without += f", {shown(effect.instead.value)} of {where(effect.instead)} would count"
    if not effect.nothing:
        yield f"{without}:"
        yield from _consequences(effect, out)
    elif effect.instead is not None:
        yield f"{without}, and nothing in the output would change."
    elif told.meaning.default == shown(told.value):
        yield f"{without}, nothing would change: the spec's own default says the same."
    else:
        yield f"{without}, nothing in the output would change{_section(told)}."


def _consequences(effect: Effect, out: str) -> Iterator[str]:
    yield from _capped([*_files(effect, out), *_changes(effect, out), *_findings(effect)])


def _others(told: What, out: str, paint: Paint) -> Iterator[str]:
    for other in told.others:
        head = paint(f"With {shown(other.put)} in its place", "bold")
        if other.refused:
            yield prose(f"{head}, the spec would be refused: {other.refused}.")
        elif other.nothing:
            yield f"{head}, nothing in the output would change."
        else:
            yield f"{head}:"
            yield from _consequences(other, out)


def _untried(told: What) -> Iterator[str]:
    if told.route[0] == PROFILES:
        yield prose(
            "Each line of a profile counts as the cluster's own unless it is overridden: ask for those lines."
        )
    elif told.effect is not None:
        yield prose(f"It cannot be left out: {told.effect.refused}.")
    elif told.nothing and not told.others:
        yield prose(f"Nothing in the output is known to come from it{_section(told)}.")


def _section(told: What) -> str:
    """Why a field decides nothing, as far as that is known."""
    if told.section or not told.nothing:
        return ""
    return f": no part of `{told.route[0]}` is in this cluster's output"


def _files(effect: Effect, out: str) -> Iterator[str]:
    yield from (f"  {out}/{path} would not be there" for path in effect.gone)
    yield from (f"  {out}/{path} would be there" for path in effect.come)


def _changes(effect: Effect, out: str) -> Iterator[str]:
    for path in dict.fromkeys(change.path for change in effect.changed):
        yield f"  {out}/{path}"
        yield from (f"    {_change(change)}" for change in effect.changed if change.path == path)


def _change(change: Change) -> str:
    if change.now is None:
        return f"{spelt(change.one)} would be there: {shown(change.one.value)}"
    if change.then is None:
        return f"{spelt(change.one)} would not be there"
    now, then = contrast(change.now.value, change.then.value)
    return f"{spelt(change.one)}: {then} instead of {now}"


def _findings(effect: Effect) -> Iterator[str]:
    yield from (f"  {one.rule} {one.name} would not be found: {one.message}" for one in effect.silenced)
    yield from (f"  {one.rule} {one.name} would be found: {one.message}" for one in effect.raised)


def _capped(lines: list[str]) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"  ... and {many(len(lines) - _SHOWN, 'line')} more (`--format json` has all)"


def _overview(told: Sequence[What], paint: Paint) -> Iterator[str]:
    for cluster in dict.fromkeys(one.cluster for one in told):
        yield paint(f"cluster {cluster}", "bold")
        for one in told:
            if one.cluster == cluster:
                yield from _brief(one)
        yield ""
    fields = len({one.route for one in told}) > 1
    yield f"name one {'field' if fields else 'cluster with --cluster'} to see its whole story"


def _brief(told: What) -> Iterator[str]:
    if told.said:
        yield from said_lines(show(told.route), told.said, "  ")
    else:
        yield f"  {_title(told)} (the spec's own default)"
    yield prose(_sum(told), "      ")


def _sum(told: What) -> str:
    """Everything in one sentence."""
    parts = [
        f"limits {share.number.derivation.name} ({share.number.shown})" + _decides(share)
        for share in told.shares
    ]
    if told.reaches:
        count = sum(len(reach.fields) for reach in told.reaches)
        parts.append(f"is behind {many(count, 'field')} of {many(len(told.reaches), 'file')}")
    if told.effect is not None:
        parts.append(_count(told.effect, told.route))
    if any(not (other.refused or other.nothing) for other in told.others):
        parts.append("another value would change the output")
    return "; ".join(parts) or f"nothing in the output is known to come from it{_section(told)}"


def _decides(share: Share) -> str:
    return " and decides it" if any(one.decides for one in share.limits) else ""


def _count(effect: Effect, asked: Route) -> str:
    if effect.refused and effect.taken == asked:
        return "cannot be left out"
    counts = (
        (len(effect.gone), "file", "go"), (len(effect.come), "file", "come"), (len(effect.changed), "field", "differ"),
        (len(effect.silenced) + len(effect.raised), "finding", "differ"),
    )  # fmt: skip
    said = [f"{many(count, noun)} would {verb}" for count, noun, verb in counts if count]
    without = f"all of {show(effect.taken)}" if effect.refused else "it"
    return f"without {without} {', '.join(said) or 'nothing would change'}"
