"""The organisation's policy from its folder, and what it makes of a run's findings."""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backstay.check.policy.inline import Allow, allows, excuse, unused
from backstay.check.policy.policy import EMPTY, Policy
from backstay.cli.cue_folder import NO_CUE, Cue
from backstay.cli.policy_folder import Reader, family_of, rule_of
from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.load.document import Document


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
    cue: Cue = NO_CUE
    """The CUE of its folder."""

    def judge(
        self, found: Iterable[Diagnostic], cluster: str, documents: Iterable[Document]
    ) -> tuple[list[Diagnostic], Excuses]:
        """Findings of one cluster, located, as the policy and the comments of its documents see them."""
        kept, waivers = self.policy.judge(found, cluster, self.today)
        comments, wrong = self._comments(documents)
        kept, used = excuse(kept, comments)
        every = tuple(allow for some in comments.values() for allow in some)
        return [*kept, *wrong], Excuses(waivers, every, used)

    def left_over(self, excuses: Iterable[Excuses], *, whole: bool) -> Iterator[Diagnostic]:
        """What a run leaves to say of waivers and comments; `whole` when every cluster was judged."""
        seen = list(excuses)
        yield from self.policy.left_over((i for one in seen for i in one.waivers), self.today, whole=whole)
        if whole:
            comments = {allow.at: allow for one in seen for allow in one.comments}
            yield from unused(
                filter(self._decided, comments.values()), (place for one in seen for place in one.used)
            )

    def _comments(self, documents: Iterable[Document]) -> tuple[dict[str, list[Allow]], list[Diagnostic]]:
        comments: dict[str, list[Allow]] = {}
        wrong: list[Diagnostic] = []
        for document in documents:
            found, bad = allows(document.file, document.text, self._named)
            wrong += bad
            if found:
                comments[document.file] = found
        return comments, wrong

    def _decided(self, allow: Allow) -> bool:
        """Whether it can be told if a comment is of use: not where CUE was not judged, and it may be about that."""
        return not self.policy.without_cue or family_of(allow.rule) != "CUE"

    def _named(self, word: str) -> str | None:
        """The id of a rule, or the name of a policy in CUE as it is; None when there is neither, as far as can be told."""
        there = self.cue.names is None or word in self.cue.names
        return rule_of(word) or (word if word and there else None)


def judge_for(specs: Path, folder: Path | None = None) -> Judge:
    """The policy of the folder, by default `policies/` beside SPECS; what is wrong with it is in `findings`."""
    reader = Reader(_beside(specs) if folder is None else folder)
    policy = reader.policy()
    return Judge(policy, today(), tuple(reader.findings), reader.cue)


def today() -> date:
    """The day that waivers are held against; SOURCE_DATE_EPOCH sets it for reproducible runs."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = time.gmtime(int(epoch)) if epoch.isdecimal() else time.localtime()
    return date(now.tm_year, now.tm_mon, now.tm_mday)


def _beside(specs: Path) -> Path:
    folder = specs if specs.is_dir() else specs.parent
    folder = folder.parent if folder.name in {"clusters", "profiles"} else folder
    return folder.parent / "policies"
