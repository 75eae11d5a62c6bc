"""A policy as data, and what it makes of findings. Pure: the day is given."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

from backstay.check.policy.rules import EXPIRED_WAIVER, UNUSED_WAIVER
from backstay.claims.registry import known
from backstay.core.diagnostic import Diagnostic, ObjectRef, Related, Severity
from backstay.core.place import Place
from backstay.core.route import show
from backstay.model.tuning import Exemption, Tuning

ParameterKey = tuple[str, str]
"""A rule's id and the name of one of its parameters."""


class RuleSet(StrEnum):
    """A named way to look at all rules."""

    STRICT = "strict"
    UPGRADE = "upgrade"


UPGRADE_RULES = frozenset(
    {"KFP001", "KFP010", "KFP033", "MSH013", "MSH034", "JOB009", "JOB040", "SCH003", "VER003"}
)
"""What breaks, or does nothing any more, with another version."""
_STRICTER = {
    Severity.INFO: Severity.WARNING,
    Severity.WARNING: Severity.ERROR,
    Severity.ERROR: Severity.ERROR,
}


@dataclass(frozen=True, slots=True)
class Waiver:
    """One excuse, of a rule's findings or of those of one policy in CUE.

    Empty patterns match everything; `place` matches what is at it or below it.
    """

    rule: str
    cluster: str
    object: str
    route: str
    reason: str
    owner: str
    expires: date
    at: Place
    policy: str = ""

    @property
    def of(self) -> str:
        """What it excuses the findings of, in words."""
        return f"policy `{self.policy}`" if self.policy else self.rule

    @property
    def of_cue(self) -> bool:
        """Whether only CUE can find what it excuses."""
        return bool(self.policy) or self.rule.startswith("CUE")

    @property
    def words(self) -> str:
        """What stands in a finding that it excuses."""
        return f"{self.reason} ({self.owner}, until {self.expires.isoformat()})"

    def covers(self, found: Diagnostic, cluster: str) -> bool:
        """Whether it excuses a finding of a cluster."""
        meant = self.policy == found.policy if self.policy else self.rule == found.rule
        if not (meant and fnmatchcase(cluster, self.cluster or "*")):
            return False
        return self._about(found.object) and self._here(found.place)

    def _about(self, ref: ObjectRef | None) -> bool:
        if not self.object:
            return True
        if ref is None:
            return False
        names = (f"{ref.kind}/{ref.name}", f"{ref.kind}/{ref.namespace}/{ref.name}")
        return any(fnmatchcase(name, self.object) for name in names)

    def _here(self, place: Place) -> bool:
        if not self.route:
            return True
        path = show(place.route)
        return path == self.route or path.startswith((f"{self.route}.", f"{self.route}["))


@dataclass(frozen=True, slots=True)
class Policy:
    """Severities by rule id and by name of a policy in CUE (None: off), rule sets, parameters, and waivers.

    `without_cue`: there is CUE that was not judged here, so what excuses it may well be of use elsewhere. The empty policy
    changes nothing.
    """

    severities: Mapping[str, Severity | None] = field(default_factory=dict)
    sets: frozenset[RuleSet] = frozenset()
    parameters: Mapping[ParameterKey, int] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    by_policy: Mapping[str, Severity | None] = field(default_factory=dict)
    without_cue: bool = False

    def judge(
        self, found: Iterable[Diagnostic], cluster: str, today: date
    ) -> tuple[list[Diagnostic], frozenset[int]]:
        """The findings as this policy sees them, and the indexes of the waivers that excused some."""
        kept, used = [], set[int]()
        for one in self._weighed(found):
            index = next(
                (i for i, w in enumerate(self.waivers) if w.expires >= today and w.covers(one, cluster)), None
            )
            if index is None:
                kept.append(one)
            else:
                used.add(index)
                kept.append(replace(one, waived=self.waivers[index].words))
        return kept, frozenset(used)

    def _weighed(self, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        for one in found:
            if one.policy is not None and one.policy in self.by_policy:
                severity = self.by_policy[one.policy]
            else:
                severity = self._weight(one.rule, one.severity)
            if severity is not None:
                yield one if severity is one.severity else replace(one, severity=severity)

    def _weight(self, rule: str, own: Severity) -> Severity | None:
        if rule in self.severities:
            return self.severities[rule]
        if RuleSet.UPGRADE in self.sets and rule in UPGRADE_RULES:
            return Severity.ERROR
        return _STRICTER[own] if RuleSet.STRICT in self.sets else own

    def tuning(self, cluster: str) -> Tuning:
        """What of this policy reaches a cluster's own policies: all but waivers of places, which no object carries.

        What is compiled hangs on files, never on the day: a waiver that has run out is told until somebody takes it out.
        """
        weights = {(rule, own): self._weight(rule, own) for rule in known() for own in Severity}
        exemptions = tuple(
            Exemption(one.rule, one.object)
            for one in self.waivers
            if one.rule and not one.route and fnmatchcase(cluster, one.cluster or "*")
        )
        return Tuning(weights, self.parameters, exemptions)

    def left_over(self, used: Iterable[int], today: date, *, whole: bool) -> Iterator[Diagnostic]:
        """Waivers that have run out; and, where everything was judged, those that excused nothing."""
        excused = set(used)
        for index, waiver in enumerate(self.waivers):
            if waiver.expires < today:
                yield EXPIRED_WAIVER.report(
                    f"the waiver of {waiver.of} ended on {waiver.expires.isoformat()}", at=waiver.at,
                    help=f"mend what it excused, or have {waiver.owner} renew it",
                )  # fmt: skip
            elif (first := self._same(index)) is not None:
                yield UNUSED_WAIVER.report(
                    f"this waiver of {waiver.of} excuses what another one does", at=waiver.at,
                    related=(Related(first.at, "the other one"),), help="take one of them out",
                )  # fmt: skip
            elif whole and index not in excused and not (self.without_cue and waiver.of_cue):
                yield UNUSED_WAIVER.report(
                    f"nothing is found that the waiver of {waiver.of} excuses",
                    at=waiver.at,
                    help="take it out",
                )

    def _same(self, index: int) -> Waiver | None:
        """An earlier waiver of the same things."""
        subjects = [(one.of, one.cluster, one.object, one.route) for one in self.waivers[: index + 1]]
        first = subjects.index(subjects[index])
        return self.waivers[first] if first < index else None


EMPTY = Policy()
"""What holds where there is no policies folder."""
