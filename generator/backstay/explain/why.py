"""Output to spec: where the fields of a file come from."""

from collections.abc import Mapping
from dataclasses import dataclass

from backstay.core.diagnostic import ObjectRef
from backstay.core.fact import Origin, OriginKind
from backstay.core.manifest import Role
from backstay.core.route import Route
from backstay.explain.fields import Field, select, short_names
from backstay.explain.numbers import Number, numbers
from backstay.explain.sources import Source, source
from backstay.explain.target import Found


@dataclass(frozen=True, slots=True)
class Reason:
    """Fields that have the same origins: the solved numbers among these, and the rest."""

    fields: tuple[Field, ...]
    numbers: tuple[Number, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """A file, or some fields of it, explained; `names` has a short name for every field of the file."""

    cluster: str
    path: str
    role: Role
    ref: ObjectRef
    reasons: tuple[Reason, ...]
    names: Mapping[Route, str]


def why(found: Found, wanted: str | None) -> Why:
    """Explain a field (or everything below it, or the whole file), fields of one origin together.

    Raises `Unknown` when there is no such field, or several.
    """
    settled = found.output.settled
    chosen = found.output.fields if wanted is None else select(settled, wanted)
    groups: dict[tuple[Origin, ...], list[Field]] = {}
    for one in chosen:
        groups.setdefault(one.origins, []).append(one)
    reasons = (_reason(found, origins, tuple(group)) for origins, group in groups.items())
    ordered = sorted(reasons, key=lambda one: bool(one.sources) and one.sources[0].kind is OriginKind.FIXED)
    name = found.subject.cluster.name
    return Why(name, found.output.path, settled.role, settled.ref, tuple(ordered), short_names(settled))


def _reason(found: Found, origins: tuple[Origin, ...], group: tuple[Field, ...]) -> Reason:
    solved = numbers(found.subject, origins)
    told = {one.ref for number in solved for limit in number.limits for one in limit.sources}
    told |= {number.derivation.id for number in solved}
    rest = tuple(source(found.subject, one) for one in origins if one.ref not in told)
    return Reason(group, solved, rest)
