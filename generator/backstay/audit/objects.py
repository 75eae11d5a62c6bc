"""Objects as origins of facts: a number that a manifest states points back at its file and field.

A fact's origin is a route; routes that begin with `objects` go on with an object's number and then with its field.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from backstay.check.context import Item
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.fact import Fact, from_route
from backstay.core.place import Place
from backstay.core.route import Route, show

T = TypeVar("T")
_START = "objects"


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of an audit with their numbers, and what finds a field of each in its file.

    Their own places are symbolic: a text is composed for its positions only when a finding in it is printed.
    """

    items: tuple[Item, ...]
    _places: tuple[Callable[[Route], Place], ...]
    _numbers: Mapping[int, int]

    @staticmethod
    def of(read: Iterable[Item]) -> "Objects":
        """Objects as they were read."""
        known = tuple(read)
        items = tuple(replace(item, place_of=_symbolic(number)) for number, item in enumerate(known))
        numbers = {id(item): number for number, item in enumerate(items)}
        return Objects(items, tuple(item.place_of for item in known), numbers)

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
        return self.items[route[1]], route[2:]

    def place_in_file(self, item: Item, route: Route) -> Place:
        """File, line and column of a field of an object."""
        return self._places[self._numbers[id(item)]](route)

    def located(self, found: Diagnostic) -> Diagnostic:
        """A finding whose places in objects are files and lines, about the object that it points at."""
        related = tuple(self._beside(one) for one in found.related)
        at = self.find(found.place.route)
        if at is None:
            return replace(found, related=related)
        item, route = at
        return replace(
            found, place=self.place_in_file(item, route), related=related,
            object=found.object or item.ref, field=found.field or show(route) or None,
        )  # fmt: skip

    def _beside(self, related: Related) -> Related:
        """A further place; of an object that stands in no file, its name says where that is."""
        at = self.find(related.place.route) if not related.place.file else None
        if at is None:
            return related
        place = self.place_in_file(*at)
        return Related(place, related.message if place.file else f"{related.message} ({at[0].ref})")


def _symbolic(number: int) -> Callable[[Route], Place]:
    return lambda route: Place(route=(_START, number, *route))
