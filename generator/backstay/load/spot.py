"""The parallel position tree: where each value of a document stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backstay.core.manifest import Plain
from backstay.core.route import Route

Mark = tuple[int, int]  # line and column, both from 1; columns count characters


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value begins, where its key does (a list item is its own key), and what stands below it.

    A value that an alias or a merge key brings in stands where its anchor does.
    """

    start: Mark
    key: Mark
    below: Mapping[str | int, "Spot"] = field(default_factory=dict)

    def under(self, key: Mark) -> "Spot":
        """The same value under another key."""
        return Spot(self.start, key, self.below)


@dataclass(frozen=True, slots=True)
class Composed:
    """A value with its position tree; `nodes` and `height` count as if every alias were written out."""

    value: Plain
    spot: Spot
    nodes: int = 1
    height: int = 0


def closest(spot: Spot, route: Route) -> tuple[Spot, Route]:
    """The spot at a route, or of its closest existing parent, and how far that is."""
    for index, step in enumerate(route):
        below = spot.below.get(step)
        if below is None:
            return spot, route[:index]
        spot = below
    return spot, route
