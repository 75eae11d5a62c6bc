"""Specs that are not written in YAML. Who reads them is told from outside: it takes what this layer does not know."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from backstay.core.manifest import Plain
from backstay.core.route import Route
from backstay.load.spot import Mark, Spot

Read = tuple[dict[str, Plain], Iterable[tuple[Route, Mark]]]
"""What a file says, and where its values stand, as far as that is known; parents before what is below them."""
READERS: Final[dict[str, Callable[[str, str], Read]]] = {}
"""By the ending of the file: from its printed name and its text; `BadInput` with every finding."""


def spots(marks: Iterable[tuple[Route, Mark]]) -> Spot:
    """The position tree of what a reader told; a value without a mark stands where its parent does."""
    known: Mapping[Route, Mark] = dict(marks)
    children: dict[Route, dict[str | int, Route]] = {}
    for route in known:
        for length in range(len(route)):
            children.setdefault(route[:length], {})[route[length]] = route[: length + 1]

    def spot(route: Route, above: Mark) -> Spot:
        mark = known.get(route, above)
        below = {step: spot(child, mark) for step, child in children.get(route, {}).items()}
        return Spot(mark, mark, below)

    return spot((), (1, 1))
