"""Spec to output: what a field of the spec decides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.core.fact import Origin
from backstay.core.manifest import Plain
from backstay.core.route import Route, look_up
from backstay.explain.effect import Effect, effect, effects
from backstay.explain.fields import Field
from backstay.explain.index import index
from backstay.explain.numbers import Limit, Number, number
from backstay.explain.sources import written
from backstay.explain.subject import Meaning, Said, Subject
from backstay.explain.target import has
from backstay.explain.words import shown
from backstay.model.derivation import Bound

PROFILES = "extends"
"""The spec's list of profiles; what these say is asked about line by line."""


@dataclass(frozen=True, slots=True)
class Share:
    """A solved number, and those of its limits that the spec field is behind."""

    number: Number
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """An output file, and its fields that are made from the spec field."""

    path: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class What:
    """A spec field of a cluster and everything that it decides.

    `said` is empty when nobody wrote it. `section` says whether anything of its whole top-level section is in the
    output. `effect` is None where it cannot be left out because nobody wrote it, or where that would say nothing;
    `others` are its other values, tried where leaving it out tells nothing.
    """

    cluster: str
    route: Route
    value: Plain
    meaning: Meaning
    said: tuple[Said, ...]
    shares: tuple[Share, ...]
    reaches: tuple[Reach, ...]
    section: bool
    effect: Effect | None
    others: tuple[Effect, ...]

    @property
    def nothing(self) -> bool:
        """Whether no number and no field is known to come from it."""
        return not (self.shares or self.reaches)


def what(subject: Subject, route: Route) -> What:
    """Everything that a spec field decides: one that is stated, or that has a meaning."""
    route = written(subject.spec, route, subject.short)
    stated = has(subject.spec, route, subject.short)
    near = _Near(subject, route)
    shares, reaches = near.shares(), near.reaches()
    nothing = not (shares or reaches)
    tried = effect(subject, route, widen=nothing) if stated and route[0] != PROFILES else None
    meaning = subject.meaning(route) or Meaning()
    value = _plain(look_up(subject.spec, route)) if stated else None
    quiet = tried is None or (tried.nothing and (nothing or tried.refused != ""))
    return What(
        subject.cluster.name, route, value, meaning, subject.said(route), shares, reaches,
        bool(reaches or _Near(subject, route[:1]).reaches()), tried,
        effects(subject, route, _others(meaning, value, tried)) if quiet else (),
    )  # fmt: skip


def _others(meaning: Meaning, value: Plain, tried: Effect | None) -> Iterator[Plain]:
    """The values that a field might have instead of the one that counts, but for one that was tried already."""
    known = {shown(value), meaning.default} if tried is None or tried.instead is None else {shown(value)}
    return (choice for choice in meaning.choices if shown(choice) not in known)


def _plain(value: object) -> Plain:
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)


class _Near:
    """What one spec route is behind."""

    def __init__(self, subject: Subject, route: Route) -> None:
        self._subject = subject
        self._index = index(subject)
        self._origins = self._index.made_from(route)

    def shares(self) -> tuple[Share, ...]:
        """The numbers with a limit that the route is behind."""
        limited = (
            one for one in self._subject.cluster.derivations.values() if any(map(self._limits, one.bounds))
        )
        pinned = self._index.pinned
        found = (number(self._subject, one, pinned.get(one.id, "")) for one in limited)
        return tuple(
            Share(one, tuple(limit for limit in one.limits if self._limits(limit.bound))) for one in found
        )

    def _limits(self, bound: Bound) -> bool:
        return not self._origins.isdisjoint(bound.origins)

    def reaches(self) -> tuple[Reach, ...]:
        """The output files with fields that are made from it."""
        found = ((path, self._made(groups)) for path, groups in self._index.outputs.items())
        return tuple(Reach(path, fields) for path, fields in sorted(found) if fields)

    def _made(self, groups: Mapping[tuple[Origin, ...], tuple[Field, ...]]) -> tuple[Field, ...]:
        mine = (group for origins, group in groups.items() if not self._origins.isdisjoint(origins))
        return tuple(one for group in mine for one in group)
