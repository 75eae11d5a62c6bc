"""Origins in words: which spec lines, presets, versions and upstream files are behind a value."""

from dataclasses import dataclass

from backstay.core.fact import Fact, Origin, OriginKind
from backstay.core.route import Route, look_up, read, show
from backstay.explain.steps import routes
from backstay.explain.subject import Said, ShortForm, Subject
from backstay.upstream.catalog import SYSTEMS

_CHOICES = frozenset({"preset", "engine"})
"""Spec keys whose value names a set of documented defaults."""


@dataclass(frozen=True, slots=True)
class Source:
    """One origin in words: what it is, a note, and the spec lines behind it, the one that counts first.

    `title` is a route for spec leaves and defaults; `value` is what the spec (or its default) says there.
    """

    kind: OriginKind
    ref: str
    title: str
    value: str | None
    note: str
    said: tuple[Said, ...]


def source(subject: Subject, origin: Origin) -> Source:
    """An origin, told for this cluster."""
    ways = behind(subject, origin)
    said = subject.said(ways[0]) if ways else ()
    title, value, note = _words(subject, origin, ways)
    return Source(origin.kind, origin.ref, title, value, note, said)


def behind(subject: Subject, origin: Origin) -> tuple[Route, ...]:
    """The spec leaves that an origin is about: its own, those that choose its preset, the one that states its version."""
    if origin.kind in {OriginKind.SPEC, OriginKind.DEFAULT}:
        return (written(subject.spec, read(origin.ref) or (), subject.short),)
    if origin.kind is OriginKind.PRESET:
        return tuple(
            way for way, value in routes(subject.spec) if way[-1] in _CHOICES and value == origin.ref
        )
    if origin.kind is OriginKind.VERSION:
        version = _version(subject, origin.ref.split(" ")[0])
        found = (behind(subject, one) for one in version.origins if one.ref != origin.ref) if version else ()
        return next((ways for ways in found if ways), ())
    return ()


def written(spec: object, route: Route, short: ShortForm) -> Route:
    """The route as it stands in the spec: `platform.pipelines` for its version where that is written in short."""
    try:
        in_short = route[-1:] == (short(route[:-1]),) and not isinstance(
            look_up(spec, route[:-1]), dict | list
        )
    except KeyError:
        return route
    return route[:-1] if in_short else route


def touches(spec: object, route: Route, asked: Route) -> bool:
    """Whether what comes from a route comes from what is asked about: the same value, or one within the other."""
    if asked[: len(route)] == route:
        return route == asked or _holds_more(spec, route)
    return route[: len(asked)] == asked and _holds_more(spec, asked)


def _holds_more(spec: object, route: Route) -> bool:
    """Whether there can be something below a route: not where a scalar stands."""
    try:
        return isinstance(look_up(spec, route), dict | list)
    except KeyError:
        return True


def _version(subject: Subject, system: str) -> Fact[str] | None:
    cluster = subject.cluster
    parts = {"pipelines": cluster.pipelines, "workflows": cluster.workflows, "istio": cluster.mesh}
    part = parts.get(system)
    if part is not None:
        return part.version
    return cluster.kubernetes if system == "kubernetes" else cluster.jobs.systems.installed.get(system)


def _words(subject: Subject, origin: Origin, ways: tuple[Route, ...]) -> tuple[str, str | None, str]:
    """Title, value and note."""
    if origin.kind is OriginKind.VERSION:
        name, _, version = origin.ref.partition(" ")
        title = SYSTEMS[name].title if name in SYSTEMS else name
        return f"{title} {version}".strip(), None, origin.note
    if origin.kind in {OriginKind.SPEC, OriginKind.DEFAULT}:
        return show(ways[0]), _default(subject, ways[0]), origin.note
    if origin.kind is OriginKind.CONSTRAINT:
        return origin.ref, None, origin.note
    if origin.kind is OriginKind.PRESET:
        return f"preset {origin.ref}" if ways else origin.ref, None, origin.note
    if origin.ref.startswith("backstay"):
        return "backstay's own form, which no upstream system prescribes", None, origin.note
    return f"backstay's own word, in the shape that {origin.ref} prescribes", None, origin.note


def _default(subject: Subject, route: Route) -> str | None:
    found = subject.meaning(route)
    return found.default or None if found else None
