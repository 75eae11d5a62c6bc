"""The planned side: a cluster's objects, and what turns a difference into a change that tells its spec place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backstay.check.context import spec_place
from backstay.core.diagnostic import ObjectRef
from backstay.core.fact import Origin
from backstay.core.manifest import Role, Settled
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.diff.change import Change, Difference, Kind
from backstay.diff.hide import fit
from backstay.diff.identity import Key, key_of
from backstay.diff.managers import setter

Locate = Callable[[Place], Place]
"""A symbolic place of the spec as file, line and column."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One manifest of a cluster that ought to be there."""

    cluster: str
    settled: Settled
    locate: Locate

    @property
    def key(self) -> Key:
        """The identity of its object."""
        return key_of(self.settled.value)

    @property
    def is_object(self) -> bool:
        """Whether a cluster holds it: an object or what a patch changes, not a file for a tool."""
        return self.settled.role in (Role.OBJECT, Role.PATCH)

    def missing(self, note: str = "") -> Change:
        """The change that the whole object is not there."""
        return Change(
            self.cluster, self.settled.ref, Kind.MISSING_OBJECT, place=self._place((), ()),
            origins=(self.settled.origin,), file=self.settled.file, note=note,
        )  # fmt: skip

    def change(self, found: Difference, actual: Mapping[str, object], note: str = "") -> Change:
        """The change that a field is not as planned."""
        ref = self.settled.ref
        at, value = (found.inside or found.field), self.settled.value
        owner = "" if found.inside else _owner(value, found.field)
        return Change(
            self.cluster, ref, found.kind, found.field, found.inside, found.words,
            fit(found.planned, ref.kind, at, owner), fit(found.actual, ref.kind, at, owner),
            self._place(found.field, found.inside), self._origins(found.field, found.inside), self.settled.file,
            setter(actual, value, found.field), note,
        )  # fmt: skip

    def _place(self, route: Route, inside: Route) -> Place:
        """The spec line that decides a field: its own, or that of its closest neighbour."""
        nested = self.settled.nested.get(route)
        place = spec_place(nested, inside) if nested and inside else spec_place(self.settled.origins, route)
        return self.locate(place) if place.route else place

    def _origins(self, route: Route, inside: Route) -> tuple[Origin, ...]:
        """Where a field's value comes from: its own origins, else those of what it stands in."""
        nested = self.settled.nested.get(route, {}) if inside else {}
        above = [nested.get(inside[:end]) for end in range(len(inside), 0, -1)]
        above += [self.settled.origins.get(route[:end]) for end in range(len(route), 0, -1)]
        return next((found for found in above if found), (self.settled.origin,))


def extra(cluster: str, ref: ObjectRef, file: str) -> Change:
    """The change that an object is there which nothing plans any more."""
    return Change(cluster, ref, Kind.EXTRA_OBJECT, file=file)


def _owner(value: object, route: Route) -> str:
    """The name of the mapping that a field stands in, such as a variable's for its `value`."""
    for step in route[:-1]:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return ""
    name = value.get("name") if isinstance(value, Mapping) else None
    return name if isinstance(name, str) else ""
