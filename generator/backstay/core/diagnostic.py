"""Diagnostics: one finding, ready for any printer."""

from dataclasses import dataclass
from enum import StrEnum

from backstay.core.fix import Fix
from backstay.core.place import Place


class Severity(StrEnum):
    """How bad a finding is: an error stops the compile, a warning or a note does not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """The identity of a Kubernetes object; `namespace` is empty for cluster-scoped ones."""

    apiVersion: str  # noqa: N815 - the field's own spelling, as it stands in JSON output
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """`Kind namespace/name`."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Related:
    """A further place that has to do with a finding, and why."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What is wrong (`message`), what to do (`help`), where (`place`), and on which emitted object.

    `message` is lower case without a full stop; `field` is the route inside `object` in words; `policy` names the
    organisation's policy in CUE that finds it.
    """

    rule: str
    name: str
    severity: Severity
    message: str
    help: str = ""
    place: Place = Place()
    related: tuple[Related, ...] = ()
    object: ObjectRef | None = None
    field: str | None = None
    fix: Fix | None = None
    waived: str | None = None
    policy: str | None = None


def in_order(found: list[Diagnostic]) -> list[Diagnostic]:
    """The findings without repeats, by file, line, column, rule and message."""

    def key(d: Diagnostic) -> tuple[object, ...]:
        return (d.place.file, d.place.line, d.place.column, d.rule, d.message, str(d.object), d.field or "")

    return sorted({key(d): d for d in found}.values(), key=key)


def stops(found: list[Diagnostic]) -> bool:
    """Whether any finding is an error that nobody waived."""
    return any(d.severity is Severity.ERROR and d.waived is None for d in found)
