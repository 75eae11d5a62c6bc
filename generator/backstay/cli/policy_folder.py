"""A policies folder as a policy: its profile, its waivers and its CUE, and what is wrong with them."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backstay.check.parameters import PARAMETERS, read_parameter
from backstay.check.policy.policy import Policy, RuleSet, Waiver
from backstay.check.policy.rules import NOT_TUNABLE, SET_TWICE, UNKNOWN_PARAMETER, UNKNOWN_RULE
from backstay.cli.cue_folder import NO_CUE, Cue, cue_in
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.load.document import Document, load_document
from backstay.load.files import named, stays_within
from backstay.load.fleet import show
from backstay.rules import rules_by_id

if TYPE_CHECKING:
    from backstay.spec.policy import Profile, RuleSetting

PROFILE, WAIVERS = "profile.yaml", "waivers.yaml"
_FIXED = frozenset({"INT", "LOD", "OUT", "POL", "SEC001", "SPC"})
"""Families and rules that nobody can tune: without what they ask for there is nothing to judge."""


def rule_of(word: str) -> str | None:
    """A rule's id by its id or name."""
    return _ids().get(word) or _ids().get(word.upper())


def family_of(word: str) -> str:
    """The family of a rule's id; `CUE` of the name of a policy."""
    return (rule_of(word) or "CUE")[:3]


@cache
def _ids() -> Mapping[str, str]:
    return {word: rule.id for rule in rules_by_id().values() for word in (rule.id, rule.name)}


@dataclass
class Reader:
    """One policies folder on its way to a policy; `findings` are about its files."""

    folder: Path
    findings: list[Diagnostic] = field(default_factory=list)
    cue: Cue = NO_CUE

    def policy(self) -> Policy:
        """The policy; `cue` is there afterwards."""
        profile, waivers = self._document(PROFILE), self._document(WAIVERS)
        stated = self._profile(profile)
        self.cue = cue_in(self.folder, optional=stated is not None and stated.cue_engine == "ifBuilt")
        self.findings += self.cue.findings
        excuses = tuple(self._waivers(waivers))
        if profile is None or stated is None:
            return Policy(waivers=excuses, without_cue=self.cue.names is None)
        severities, parameters = self._rules(profile, stated)
        sets = frozenset(RuleSet(name) for name in stated.sets)
        policies = dict(self._policies(profile, stated))
        return Policy(severities, sets, parameters, excuses, policies, without_cue=self.cue.names is None)

    def _document(self, name: str) -> Document | None:
        path = self.folder / name
        if not os.path.lexists(path):
            return None
        shown = named(show(path))
        try:
            stays_within(path, shown, Path(os.path.realpath(self.folder)))
            return load_document(path, shown)
        except BadInput as failed:
            self.findings += failed.found
            return None

    def _profile(self, document: Document | None) -> "Profile | None":
        if document is None:
            return None
        from backstay.spec.parse import parse_as
        from backstay.spec.policy import Profile  # pydantic models of files that few have

        profile, found = parse_as(Profile, document.value)
        self.findings += [_placed(document, one) for one in found]
        return profile

    def _rules(
        self, document: Document, profile: "Profile"
    ) -> tuple[dict[str, Severity | None], dict[tuple[str, str], int]]:
        severities: dict[str, Severity | None] = {}
        parameters: dict[tuple[str, str], int] = {}
        seen: dict[str, str] = {}
        for word, setting in profile.rules.items():
            rule = self._rule(document, word, ("rules", word), on_key=True)
            if rule in seen:
                self.findings.append(_twice(document, rule, word, seen[rule]))
            elif rule is not None:
                seen[rule] = word
                severities |= _severity(rule, setting)
                parameters |= self._parameters(document, rule, setting, ("rules", word, "parameters"))
        return severities, parameters

    def _policies(self, document: Document, profile: "Profile") -> Iterator[tuple[str, Severity | None]]:
        for name, setting in profile.policies.items():
            if self._has(name, document.key_place(("policies", name))):
                yield name, _weight(setting.severity)

    def _has(self, policy: str, place: Place) -> bool:
        """Whether there is such a policy in CUE, as far as can be told; a finding where there is none."""
        names = self.cue.names
        if names is None or policy in names:
            return True
        near = get_close_matches(policy, names, 1)
        help_ = f"did you mean `{near[0]}`?" if near else "see the names of the fields in policies/*.cue"
        self.findings.append(UNKNOWN_RULE.report(f"there is no policy `{policy}`", at=place, help=help_))
        return False

    def _parameters(
        self, document: Document, rule: str, setting: "RuleSetting", route: Route
    ) -> dict[tuple[str, str], int]:
        known = {name: parameter for (id_, name), parameter in PARAMETERS.items() if id_ == rule}
        found = {}
        for name, value in setting.parameters.items():
            number = read_parameter(known[name], value) if name in known else None
            if number is None:
                self.findings.append(UNKNOWN_PARAMETER.report(
                    f"{rule} has no parameter `{name}`" if name not in known else f"`{value}` is no {known[name].unit_words}",
                    at=document.key_place((*route, name)), help=_known(known) if name not in known else known[name].example,
                ))  # fmt: skip
            else:
                found[rule, name] = number
        return found

    def _waivers(self, document: Document | None) -> Iterator[Waiver]:
        if document is None:
            return
        from backstay.spec.parse import parse_as
        from backstay.spec.policy import Waivers  # as above

        stated, found = parse_as(Waivers, document.value)
        self.findings += [_placed(document, one) for one in found]
        for index, one in enumerate(stated.waivers if stated else ()):
            route: Route = ("waivers", index)
            if one.policy is not None:
                rule = "" if self._has(one.policy, document.place((*route, "policy"))) else None
            else:
                rule = self._rule(document, one.rule or "", (*route, "rule"), on_key=False)
            if rule is not None:
                yield Waiver(rule, one.cluster or "", one.object or "", one.place or "", one.reason, one.owner, one.expires,
                             document.place(route), one.policy or "")  # fmt: skip

    def _rule(self, document: Document, word: str, route: Route, *, on_key: bool) -> str | None:
        """The id of a rule that may be tuned; a finding where there is none."""
        place = document.key_place(route) if on_key else document.place(route)
        rule = rule_of(word)
        if rule is None:
            self.findings.append(
                UNKNOWN_RULE.report(f"there is no rule `{word}`", at=place, help=_near(word))
            )
            return None
        if not {rule, rule[:3]}.isdisjoint(_FIXED):
            self.findings.append(
                NOT_TUNABLE.report(
                    f"{rule} can be neither tuned nor waived",
                    at=place,
                    help="take it out, and mend what it finds",
                )
            )
            return None
        return rule


def _twice(document: Document, rule: str, word: str, first: str) -> Diagnostic:
    return SET_TWICE.report(
        f"{rule} is set a second time", at=document.key_place(("rules", word)),
        related=(Related(document.key_place(("rules", first)), "the first time"),), help="say both in one place",
    )  # fmt: skip


def _severity(rule: str, setting: "RuleSetting") -> dict[str, Severity | None]:
    if setting.severity is None:
        return {}
    return {rule: _weight(setting.severity)}


def _weight(word: str) -> Severity | None:
    return None if word == "off" else Severity(word)


def _placed(document: Document, found: Diagnostic) -> Diagnostic:
    place = document.key_place if found.place.on_key else document.place
    return replace(found, place=place(found.place.route))


def _near(word: str) -> str:
    near = get_close_matches(word, _ids(), 1)
    return f"did you mean `{near[0]}`?" if near else "see `backstay rules`"


def _known(known: Mapping[str, object]) -> str:
    return f"it has {', '.join(sorted(known))}" if known else "it has none"
