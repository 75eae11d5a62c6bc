"""Rules: what can be found, in one form for every stage that finds things.

The same record names a broken YAML file (`LOD`), a wrong spec value (`SPC`), an unknown field (`SCH`) and the
checker rules (`KFP`, `MSH`, ...), so that one printer, one profile and one waiver file serve them all.
"""

from dataclasses import dataclass

from backstay.core.diagnostic import Diagnostic, ObjectRef, Related, Severity
from backstay.core.fix import Fix
from backstay.core.place import Place
from backstay.core.route import Route, show


@dataclass(frozen=True, slots=True)
class Rule:
    """A thing that can be wrong.

    `name` states the fault and reads well after "allow"; `why` says what breaks in production;
    `source` is the upstream file, page or issue that shows it; `doc` is the rule's page, with Bad and Good.
    """

    id: str
    name: str
    severity: Severity
    why: str
    source: str
    doc: str = ""

    def report(
        self,
        message: str,
        *,
        at: Place | None = None,
        help: str = "",  # noqa: A002 - the diagnostic's own word for it
        related: tuple[Related, ...] = (),
        object: ObjectRef | None = None,  # noqa: A002 - as above
        field: Route | None = None,
        fix: Fix | None = None,
        severity: Severity | None = None,
    ) -> Diagnostic:
        """A finding of this rule; `at` is a place in the spec, `object` and `field` in the output."""
        return Diagnostic(
            self.id,
            self.name,
            severity or self.severity,
            message,
            help,
            at or Place(),
            related,
            object,
            None if field is None else show(field),
            fix,
        )


def error(id_: str, name: str, why: str, source: str = "") -> Rule:
    """A rule whose findings stop the compile."""
    return Rule(id_, name, Severity.ERROR, why, source)


def warning(id_: str, name: str, why: str, source: str = "") -> Rule:
    """A rule whose findings are printed and do not stop the compile."""
    return Rule(id_, name, Severity.WARNING, why, source)
