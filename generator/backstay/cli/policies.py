"""The organisation's policy from its folder, and what it makes of a run's findings."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backstay.check.parameters import PARAMETERS, read_parameter
from backstay.check.policy.inline import Allow, allows, excuse, unused
from backstay.check.policy.policy import EMPTY, Policy, RuleSet, Waiver
from backstay.check.policy.rules import NOT_TUNABLE, SET_TWICE, UNKNOWN_PARAMETER, UNKNOWN_RULE
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.load.document import MAX_BYTES, Document, decode, load_document, read_bytes
from backstay.load.files import named, stays_within
from backstay.load.fleet import show
from backstay.rules import rules_by_id

if TYPE_CHECKING:
    from backstay.check.cue.door import Text
    from backstay.spec.policy import Profile, RuleSetting, Waivers

PROFILE, WAIVERS = "profile.yaml", "waivers.yaml"
_FIXED = frozenset({"INT", "LOD", "OUT", "POL", "SEC001", "SPC"})
"""Families and rules that nobody can tune: without what they ask for there is nothing to judge."""


@dataclass(frozen=True, slots=True)
class Excuses:
    """What was made use of while one cluster was judged, and the comments that could have been."""

    waivers: frozenset[int] = frozenset()
    comments: tuple[Allow, ...] = ()
    used: frozenset[Place] = frozenset()


NO_EXCUSES = Excuses()
"""Of a cluster that was not judged."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A policy on a day. `findings` are about the policy's own files."""

    policy: Policy = EMPTY
    today: date = date.min
    findings: tuple[Diagnostic, ...] = ()
    cue: tuple["Text", ...] = ()
    """The `.cue` files of its folder."""

    def judge(
        self, found: Iterable[Diagnostic], cluster: str, documents: Iterable[Document]
    ) -> tuple[list[Diagnostic], Excuses]:
        """Findings of one cluster, located, as the policy and the comments of its documents see them."""
        kept, waivers = self.policy.judge(found, cluster, self.today)
        comments, wrong = _comments(documents)
        kept, used = excuse(kept, comments)
        every = tuple(allow for some in comments.values() for allow in some)
        return [*kept, *wrong], Excuses(waivers, every, used)

    def left_over(self, excuses: Iterable[Excuses], *, whole: bool) -> Iterator[Diagnostic]:
        """What a run leaves to say of waivers and comments; `whole` when every cluster was judged."""
        seen = list(excuses)
        yield from self.policy.left_over((i for one in seen for i in one.waivers), self.today, whole=whole)
        if whole:
            comments = {allow.at: allow for one in seen for allow in one.comments}
            yield from unused(comments.values(), (place for one in seen for place in one.used))


def judge_for(specs: Path, folder: Path | None = None) -> Judge:
    """The policy of the folder, by default `policies/` beside SPECS; what is wrong with it is in `findings`."""
    reader = _Reader(_beside(specs) if folder is None else folder)
    policy, cue = reader.policy(), reader.cue()
    return Judge(policy, today(), tuple(reader.findings), cue)


def today() -> date:
    """The day that waivers are held against; SOURCE_DATE_EPOCH sets it for reproducible runs."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = time.gmtime(int(epoch)) if epoch.isdecimal() else time.localtime()
    return date(now.tm_year, now.tm_mon, now.tm_mday)


def rule_of(word: str) -> str | None:
    """A rule's id by its id or name."""
    return _ids().get(word) or _ids().get(word.upper())


@cache
def _ids() -> Mapping[str, str]:
    return {word: rule.id for rule in rules_by_id().values() for word in (rule.id, rule.name)}


def _beside(specs: Path) -> Path:
    folder = specs if specs.is_dir() else specs.parent
    folder = folder.parent if folder.name in {"clusters", "profiles"} else folder
    return folder.parent / "policies"


def _comments(documents: Iterable[Document]) -> tuple[dict[str, list[Allow]], list[Diagnostic]]:
    comments: dict[str, list[Allow]] = {}
    wrong: list[Diagnostic] = []
    for document in documents:
        found, bad = allows(document.file, document.text, rule_of)
        wrong += bad
        if found:
            comments[document.file] = found
    return comments, wrong


@dataclass
class _Reader:
    """One policies folder on its way to a policy."""

    folder: Path
    findings: list[Diagnostic] = field(default_factory=list)
    cue_optional: bool = False

    def policy(self) -> Policy:
        profile, waivers = self._document(PROFILE), self._document(WAIVERS)
        if profile is None and waivers is None:
            return EMPTY
        from backstay.spec.policy import Profile, Waivers  # pydantic models of files that few have

        severities, sets, parameters = self._profile(profile, Profile)
        return Policy(severities, sets, parameters, tuple(self._waivers(waivers, Waivers)))

    def cue(self) -> tuple["Text", ...]:
        """The folder's CUE; what is wrong with it is among the findings."""
        try:
            names = sorted(name for name in os.listdir(self.folder) if _is_cue(name))  # noqa: PTH208 - names are all it takes
        except (FileNotFoundError, NotADirectoryError):
            return ()
        if not names:
            return ()
        from backstay.check.cue.judge import findings_about
        from backstay.check.cue.program import at_hand

        if self.cue_optional and not at_hand():
            self.findings.append(_no_engine(named(show(self.folder / names[0]))))
            return ()
        texts = tuple(text for name in names for text in self._text(name))
        self.findings += findings_about(texts)
        return texts

    def _text(self, name: str) -> "Iterator[Text]":
        from backstay.check.cue.door import Text

        path = self.folder / name
        shown = named(show(path))
        try:
            stays_within(path, shown, Path(os.path.realpath(self.folder)))
            yield Text(shown, decode(read_bytes(path, shown, MAX_BYTES), shown))
        except BadInput as failed:
            self.findings += failed.found

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

    def _profile(
        self, document: Document | None, model: "type[Profile]"
    ) -> tuple[dict[str, Severity | None], frozenset[RuleSet], dict[tuple[str, str], int]]:
        from backstay.spec.parse import parse_as

        profile, found = parse_as(model, document.value) if document else (None, [])
        self.findings += [_placed(document, one) for one in found if document]
        if profile is None or document is None:
            return {}, frozenset(), {}
        self.cue_optional = profile.cue_engine == "ifBuilt"
        severities: dict[str, Severity | None] = {}
        seen: dict[str, str] = {}
        parameters: dict[tuple[str, str], int] = {}
        for word, setting in profile.rules.items():
            rule = self._rule(document, word, ("rules", word), on_key=True)
            if rule in seen:
                self.findings.append(_twice(document, rule, word, seen[rule]))
            elif rule is not None:
                seen[rule] = word
                severities |= _severity(rule, setting)
                parameters |= self._parameters(document, rule, setting, ("rules", word, "parameters"))
        return severities, frozenset(RuleSet(name) for name in profile.sets), parameters

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

    def _waivers(self, document: Document | None, model: "type[Waivers]") -> Iterator[Waiver]:
        from backstay.spec.parse import parse_as

        stated, found = parse_as(model, document.value) if document else (None, [])
        self.findings += [_placed(document, one) for one in found if document]
        for index, one in enumerate(stated.waivers if stated and document else ()):
            assert document is not None  # noqa: S101 - there are waivers only where there is a document
            rule = self._rule(document, one.rule, ("waivers", index, "rule"), on_key=False)
            if rule is not None:
                yield Waiver(rule, one.cluster or "", one.object or "", one.place or "", one.reason, one.owner, one.expires,
                             document.place(("waivers", index)))  # fmt: skip

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


def _is_cue(name: str) -> bool:
    return name.endswith(".cue") and not name.startswith(".")


def _no_engine(first: str) -> Diagnostic:
    from backstay.check.cue.rules import NO_ENGINE

    return NO_ENGINE.report(
        "the policies in CUE were left out: their engine is not built", at=Place(first),
        help="set `cueEngine: required` in profile.yaml, which builds it where Go is on PATH",
    )  # fmt: skip


def _severity(rule: str, setting: "RuleSetting") -> dict[str, Severity | None]:
    if setting.severity is None:
        return {}
    return {rule: None if setting.severity == "off" else Severity(setting.severity)}


def _placed(document: Document | None, found: Diagnostic) -> Diagnostic:
    from dataclasses import replace

    assert document is not None  # noqa: S101 - findings come of documents
    place = document.key_place if found.place.on_key else document.place
    return replace(found, place=place(found.place.route))


def _near(word: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, _ids(), 1)
    return f"did you mean `{near[0]}`?" if near else "see `backstay rules`"


def _known(known: Mapping[str, object]) -> str:
    return f"it has {', '.join(sorted(known))}" if known else "it has none"
