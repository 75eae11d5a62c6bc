"""What an organisation's policy makes of the rules, as far as what is emitted depends on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backstay.core.diagnostic import Severity


@dataclass(frozen=True, slots=True)
class Exemption:
    """Objects that a rule does not hold for: `Kind/name` or `Kind/namespace/name` as a glob; empty: all of them."""

    rule: str
    object: str


@dataclass(frozen=True, slots=True)
class Tuning:
    """Severities by a rule's id and its finding's own severity (None: off), parameters, exemptions. Empty: nothing changes."""

    weights: Mapping[tuple[str, Severity], Severity | None] = field(default_factory=dict)
    parameters: Mapping[tuple[str, str], int] = field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = ()

    def severity(self, rule: str, own: Severity) -> Severity | None:
        """How bad a finding of a rule is here; None where nobody wants it."""
        return self.weights.get((rule, own), own)

    def exempt(self, rule: str) -> tuple[str, ...]:
        """The objects that a rule does not hold for, as globs."""
        return tuple(one.object for one in self.exemptions if one.rule == rule)


NO_TUNING = Tuning()
"""The rules as they come."""
