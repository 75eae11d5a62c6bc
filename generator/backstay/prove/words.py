"""What every proof speaks of, whatever it is about: verdicts, texts fit for a terminal, places."""

from enum import StrEnum
from typing import Any

from backstay.core.fact import Fact, OriginKind
from backstay.core.place import Place
from backstay.core.route import read


class Verdict(StrEnum):
    """What became of a claim."""

    PROVED = "proved"
    DISPROVED = "disproved"
    NOT_TRIED = "not tried"


def clean(text: str) -> str:
    """A text without what could steer a terminal; names and messages come from specs and from other programs."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def place_json(place: Place) -> dict[str, object]:
    """A place as JSON reports have it."""
    return {"file": place.file, "line": place.line, "column": place.column, "path": place.path}


def stated(fact: Fact[Any], otherwise: Place) -> Place:
    """The spec line that states a fact; `otherwise` when none does."""
    routes = (read(one.ref) for one in fact.origins if one.kind is OriginKind.SPEC)
    route = next((route for route in routes if route is not None), None)
    return otherwise if route is None else Place(route=route)
