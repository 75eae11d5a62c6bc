"""What can be wrong between an object and the schema of its kind: the family `SCH`."""

from dataclasses import dataclass

from backstay.core.diagnostic import Severity
from backstay.core.route import Route
from backstay.core.rule import Rule, error, warning

UNKNOWN_FIELD = error(
    "SCH001",
    "unknown-field",
    "the API server refuses the field, or drops it silently where validation is not strict: what it was to do does "
    "not happen, and nothing says so",
    "kubernetes/enhancements KEP-2885 (server-side field validation)",
)
WRONG_VALUE = error(
    "SCH002",
    "wrong-value",
    "the API server refuses the whole object, so the rest of the file does not take effect either",
    "the OpenAPI schema of the kind",
)
MISSING_FIELD = error(
    "SCH003",
    "missing-field",
    "the API server refuses the whole object, so the rest of the file does not take effect either",
    "the OpenAPI schema of the kind",
)
UNSERVED_KIND = error(
    "SCH004",
    "unserved-kind",
    "this version of the API server or controller has no such kind: the object cannot be applied, and a sync that "
    "contains it fails",
    "kubernetes.io/docs/reference/using-api/deprecation-guide",
)
UNJUDGED_KIND = warning(
    "SCH005",
    "unjudged-kind",
    "no schema of the kind is at hand, so nothing is said of the object: it may be right or wrong",
    "the schemas that come with the package",
)
OTHER_VERSION = Rule(
    "SCH006",
    "judged-by-other-version",
    Severity.INFO,
    "the schema of the installed version is not at hand; an older one does not know newer fields, so what it finds "
    "is only a warning",
    "the schemas that come with the package",
)

RULES = (UNKNOWN_FIELD, WRONG_VALUE, MISSING_FIELD, UNSERVED_KIND, UNJUDGED_KIND, OTHER_VERSION)
"""All of them, in the order of their ids."""

HELP = {
    UNKNOWN_FIELD.id: "remove it, or see the kind's reference for its fields",
    WRONG_VALUE.id: "write a value of the form that the schema asks for",
    MISSING_FIELD.id: "set it: the kind is not valid without it",
    UNSERVED_KIND.id: "write the object for a version that is served, or correct `platform`",
    UNJUDGED_KIND.id: "ask the API server: `kubectl apply --dry-run=server --validate=strict`",
    OTHER_VERSION.id: "ask the API server where it matters: `kubectl apply --dry-run=server --validate=strict`",
}
"""What to do, where a finding has nothing better to say."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with an object, before it is a finding; an empty `help` leaves the rule's own.

    `meant` is the key that an unknown one is probably a slip of, or empty.
    """

    rule: Rule
    route: Route
    message: str
    help: str = ""
    meant: str = ""
