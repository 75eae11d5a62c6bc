"""The entries of one mapping as they come in: duplicates found, merge keys flattened."""

from typing import Final

from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.manifest import Plain
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.load import rules
from backstay.load.spot import Composed, Mark, Spot

MERGE: Final = "<<"


class Entries:
    """Collects the entries of the mapping at `route` of the file `shown`; findings go to `found`."""

    def __init__(self, shown: str, route: Route, found: list[Diagnostic]) -> None:
        self._shown = shown
        self._route = route
        self._found = found
        self._keys: dict[str, Mark] = {}
        self._own: dict[str, tuple[Plain, Spot]] = {}
        self._merged: dict[str, tuple[Plain, Spot]] = {}
        self._nodes = 1
        self._height = 0

    def add(self, key: str, at: Mark, value: Composed) -> None:
        """An entry of the mapping's own."""
        if self._is_new(key, at):
            self._count(value)
            self._own[key] = (value.value, value.spot.under(at))

    def merge(self, at: Mark, value: Composed) -> None:
        """A merge key: what it brings in gives way to the mapping's own, and the first of several wins."""
        if not self._is_new(MERGE, at):
            return
        self._count(value)
        if isinstance(value.value, list):
            for index, part in enumerate(value.value):
                self._bring_in(part, value.spot.below[index])
        else:
            self._bring_in(value.value, value.spot)

    def composed(self, start: Mark) -> Composed:
        """The whole mapping, which begins at `start`."""
        whole = self._merged | self._own
        spot = Spot(start, start, {key: below for key, (_, below) in whole.items()})
        return Composed({key: value for key, (value, _) in whole.items()}, spot, self._nodes, self._height)

    def _bring_in(self, value: Plain, spot: Spot) -> None:
        if isinstance(value, dict):
            for key, below in value.items():
                self._merged.setdefault(key, (below, spot.below[key]))
            return
        message = "`<<` takes a mapping or a list of mappings"
        at = Place(self._shown, *spot.start, (*self._route, MERGE))
        self._found.append(
            rules.BAD_MERGE_KEY.report(message, at=at, help="give it the alias of a mapping: `<<: *name`")
        )

    def _count(self, value: Composed) -> None:
        self._nodes += value.nodes
        self._height = max(self._height, 1 + value.height)

    def _is_new(self, key: str, at: Mark) -> bool:
        first = self._keys.setdefault(key, at)
        if first is at:
            return True
        route = (*self._route, key)
        self._found.append(
            rules.DUPLICATE_KEY.report(
                f"key `{key}` is given twice",
                at=Place(self._shown, *at, route),
                help="keep one of the two",
                related=(Related(Place(self._shown, *first, route), "first given here"),),
            )
        )
        return False
