"""The model's nouns for what an API server refuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backstay.core.diagnostic import Severity
from backstay.core.fact import Fact
from backstay.core.place import Place


class Engine(StrEnum):
    """Who evaluates the policies."""

    POLICIES = "policies"  # the API server: ValidatingAdmissionPolicy
    GATEKEEPER = "gatekeeper"


class Answer(StrEnum):
    """What is done about an object that a policy finds fault with."""

    DENY = "deny"
    WARN = "warn"
    AUDIT = "audit"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Toleration:
    """A toleration that pods must have; `value` and `effect` are empty where none is meant."""

    key: Fact[str]
    operator: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """What every pod must satisfy. `exempt_containers` may run as root."""

    host_network: Fact[bool]
    run_as_non_root: Fact[bool]
    memory_limits: Fact[bool]
    tolerations: tuple[Toleration, ...]
    exempt_containers: Fact[tuple[str, ...]]
    place: Place


@dataclass(frozen=True, slots=True)
class Admission:
    """Which answers are given to which findings, by whom and where not. `rules` has answers of their own, by id.

    `defaults` are the rules whose defaults are filled into the pods of controllers.
    """

    engine: Fact[Engine]
    errors: Fact[Answer]
    warnings: Fact[Answer]
    fails_closed: Fact[bool]
    rules: Mapping[str, Fact[Answer]]
    exempt_namespaces: Fact[tuple[str, ...]]
    baseline: Baseline | None
    defaults: Fact[tuple[str, ...]]
    place: Place

    def answer(self, rule: str, severity: Severity | None) -> Answer:
        """What is done about a rule's findings of a severity; None is that of a rule that nobody wants to hear of."""
        return self.stated(rule, severity).value

    def stated(self, rule: str, severity: Severity | None) -> Fact[Answer]:
        """The same with its origins: a rule's own line counts most, notes are for the audit log alone."""
        own = self.rules.get(rule)
        if own is not None:
            return own
        if severity is None or severity is Severity.INFO:
            return self.warnings.to(lambda _: Answer.OFF if severity is None else Answer.AUDIT)
        return self.errors if severity is Severity.ERROR else self.warnings
