"""Everything that one compiled cluster was made from, looked up once for all questions about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from backstay.core.fact import Origin
from backstay.core.route import Route
from backstay.explain.fields import Field
from backstay.explain.numbers import pins
from backstay.explain.sources import behind, touches
from backstay.explain.subject import Output, Subject


@dataclass(frozen=True, slots=True)
class Index:
    """`ways` are the spec routes behind each origin; `outputs` the files with their fields, those of one origin together.

    `pinned` tells the pinned numbers: by the derivation that each is held against, the spec field that states it.
    """

    subject: Subject
    ways: Mapping[Origin, tuple[Route, ...]]
    outputs: Mapping[str, Mapping[tuple[Origin, ...], tuple[Field, ...]]]
    pinned: Mapping[str, str]

    def made_from(self, route: Route) -> frozenset[Origin]:
        """The origins that a spec route is behind."""
        spec = self.subject.spec
        return frozenset(
            origin for origin, ways in self.ways.items() if any(touches(spec, way, route) for way in ways)
        )


@lru_cache(maxsize=1)
def index(subject: Subject) -> Index:
    """The index of a cluster; that of the last one is kept, as people ask about one cluster at a time."""
    outputs = {output.path: _by_origins(output) for output in subject.outputs}
    known = dict.fromkeys((*_of_fields(outputs), *_of_numbers(subject)))
    pinned = {
        held: pin for groups in outputs.values() for origins in groups for held, pin in pins(origins).items()
    }
    return Index(subject, {origin: behind(subject, origin) for origin in known}, outputs, pinned)


def _by_origins(output: Output) -> Mapping[tuple[Origin, ...], tuple[Field, ...]]:
    groups: dict[tuple[Origin, ...], list[Field]] = {}
    for one in output.fields:
        groups.setdefault(one.origins, []).append(one)
    return {origins: tuple(group) for origins, group in groups.items()}


def _of_fields(outputs: Mapping[str, Mapping[tuple[Origin, ...], tuple[Field, ...]]]) -> Iterator[Origin]:
    return (origin for groups in outputs.values() for origins in groups for origin in origins)


def _of_numbers(subject: Subject) -> Iterator[Origin]:
    found = subject.cluster.derivations.values()
    return (origin for one in found for bound in one.bounds for origin in bound.origins)
