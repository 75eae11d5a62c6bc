"""Changes: one difference each, with the object, the field, the spec place that decides it and who set it."""

from dataclasses import dataclass
from enum import StrEnum

from backstay.core.diagnostic import ObjectRef
from backstay.core.fact import Origin
from backstay.core.place import Place
from backstay.core.route import Route


class Kind(StrEnum):
    """What sort of difference it is, seen from the plan."""

    MISSING_OBJECT = "missing-object"  # planned, and not there
    EXTRA_OBJECT = "extra-object"  # there, and no longer planned
    MISSING_FIELD = "missing-field"  # planned in an object that lacks it
    EXTRA_FIELD = "extra-field"  # there, where the plan wants nothing
    CHANGED = "changed"  # there with another value


@dataclass(frozen=True, slots=True)
class Difference:
    """Two values of one field.

    `field` is the way to it in the planned object (in the actual one for an extra field), `inside` the way on
    inside the YAML text that the field holds; `words` says both for people, with list entries by name.
    """

    kind: Kind
    field: Route
    inside: Route
    words: str
    planned: object = None
    actual: object = None


@dataclass(frozen=True, slots=True)
class Setter:
    """Who set a field last, as `metadata.managedFields` has it: a program's name, `Apply` or `Update`, a time."""

    manager: str
    operation: str
    time: str


@dataclass(frozen=True, slots=True)
class Change:
    """A difference with everything that a person wants to know about it.

    `planned` and `actual` are fit to be printed: secrets are hidden. `place` is the spec line that decides the
    field, empty where no line does; `origins` say what does, the most decisive first. `file` is the output file.
    """

    cluster: str
    ref: ObjectRef
    kind: Kind
    field: Route = ()
    inside: Route = ()
    words: str = ""
    planned: object = None
    actual: object = None
    place: Place = Place()
    origins: tuple[Origin, ...] = ()
    file: str = ""
    setter: Setter | None = None
    note: str = ""


def in_order(changes: list[Change]) -> list[Change]:
    """By cluster, object and field, so that equal input prints equal output."""
    return sorted(
        changes, key=lambda c: (c.cluster, c.ref.kind, c.ref, c.file, _steps(c.field), _steps(c.inside))
    )


def _steps(route: Route) -> list[tuple[int, str]]:
    """A route that sorts: indexes by number, and before names."""
    return [(step, "") if isinstance(step, int) else (-1, step) for step in route]
