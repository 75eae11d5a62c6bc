"""Objects as origins of facts: a number that a manifest states points back at its file and field.

A fact's origin is a route; routes that begin with `objects` go on with an object's number and then with its field.
"""

import marshal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from sys import intern
from typing import TypeVar

from backstay.check.context import Item, Value
from backstay.core.diagnostic import Diagnostic, ObjectRef, Related
from backstay.core.fact import Fact, from_route
from backstay.core.place import Place
from backstay.core.route import Route, show

T = TypeVar("T")
_START = "objects"


class Kept(Item):
    """An object that is kept for others: its value is packed, and made anew when somebody looks at it.

    A packed value takes a tenth of the memory, and making it anew takes some microseconds.
    """

    __slots__ = ("_packed",)
    _packed: bytes

    def __init__(self, item: Item, place_of: Callable[[Route], Place]) -> None:
        """Keep an object, under other places."""
        ref = ObjectRef(*map(intern, (item.ref.apiVersion, item.ref.kind, item.ref.namespace, item.ref.name)))
        parts = {
            "ref": ref,
            "partial": item.partial,
            "file": item.file,
            "place_of": place_of,
            "takes": item.takes,
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)
        object.__setattr__(self, "_packed", marshal.dumps(item.value))  # type: ignore[arg-type]  # plain values, which it takes

    @property
    def value(self) -> Value:
        """The object."""
        return _unpacked(self._packed)


@lru_cache(maxsize=512)
def _unpacked(packed: bytes) -> Value:
    value: Value = marshal.loads(packed)  # noqa: S302 - made by this process
    return value


@dataclass(frozen=True, slots=True)
class Symbolic:
    """The places of the fields of the object of a number."""

    number: int

    def __call__(self, route: Route) -> Place:
        """The symbolic place of a field."""
        return Place(route=(_START, self.number, *route))


@dataclass(frozen=True, slots=True)
class Objects:
    """Some objects of an audit with their numbers, and what finds a field of each in its file.

    Their own places are symbolic: a text is composed for its positions only when a finding in it is printed.
    """

    items: list[Item] = field(default_factory=list)
    _places: list[Callable[[Route], Place]] = field(default_factory=list)

    @staticmethod
    def of(read: Iterable[Item]) -> "Objects":
        """Objects as they were read, numbered in their order."""
        objects = Objects()
        for item in read:
            place = Symbolic(len(objects.items))
            objects.items.append(Item(item.ref, item.value, item.partial, item.file, place, item.takes))
            objects._places.append(item.place_of)
        return objects

    def keep(self, item: Item) -> None:
        """Add an object, packed."""
        self.items.append(Kept(item, Symbolic(len(self.items))))
        self._places.append(item.place_of)

    def fact(self, value: T, item: Item, route: Route) -> Fact[T]:
        """A value that an object states."""
        return from_route(value, self.place(item, route).route)

    def place(self, item: Item, route: Route) -> Place:
        """The symbolic place of a field of an object."""
        return item.place_of(route)

    def find(self, route: Route) -> tuple[Item, Route] | None:
        """The object and field behind a symbolic place; None where it is about something else."""
        if len(route) < 2 or route[0] != _START or not isinstance(route[1], int):  # noqa: PLR2004 - `objects` and a number
            return None
        return self.items[route[1]], route[2:]

    def place_in_file(self, item: Item, route: Route) -> Place:
        """File, line and column of a field of an object."""
        number = item.place_of(()).route[1]
        assert isinstance(number, int)  # noqa: S101 - as `Symbolic` makes them
        return self._places[number](route)

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
