"""Objects as origins of facts: a number that a manifest states points back at its file and field.

A fact's origin is a route; routes that begin with `objects` go on with an object's number and then with its field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from backstay.check.context import Context, Item
from backstay.core.diagnostic import Diagnostic
from backstay.core.fact import Fact, from_route
from backstay.core.place import Place
from backstay.core.route import Route, show

T = TypeVar("T")
_START = "objects"


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of an audit, with their numbers."""

    context: Context
    _numbers: Mapping[int, int]

    @staticmethod
    def of(context: Context) -> "Objects":
        """The objects that rules see."""
        return Objects(context, {id(item): number for number, item in enumerate(context.items)})

    def fact(self, value: T, item: Item, route: Route) -> Fact[T]:
        """A value that an object states."""
        return from_route(value, (_START, self._numbers[id(item)], *route))

    def place(self, item: Item, route: Route) -> Place:
        """The symbolic place of a field of an object."""
        return Place(route=(_START, self._numbers[id(item)], *route))

    def find(self, route: Route) -> tuple[Item, Route] | None:
        """The object and field behind a symbolic place; None where it is about something else."""
        if len(route) < 2 or route[0] != _START or not isinstance(route[1], int):  # noqa: PLR2004 - `objects` and a number
            return None
        return self.context.items[route[1]], route[2:]

    def located(self, found: Diagnostic) -> Diagnostic:
        """A finding whose places in objects are files and lines, about the object that it points at."""
        related = tuple(replace(one, place=self._located(one.place)) for one in found.related)
        at = self.find(found.place.route)
        if at is None:
            return replace(found, related=related)
        item, route = at
        return replace(
            found, place=item.place_of(route), related=related,
            object=found.object or item.ref, field=found.field or show(route) or None,
        )  # fmt: skip

    def _located(self, place: Place) -> Place:
        at = self.find(place.route) if not place.file else None
        return at[0].place_of(at[1]) if at else place
