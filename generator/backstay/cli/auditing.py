"""One audit from what there is to judge to findings as the organisation's policy sees them."""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from backstay.audit.judge import Audit, Given, audit_cluster, audit_paths, audit_text
from backstay.audit.texts import Text
from backstay.check.policy.inline import unused
from backstay.cli.policies import Excuses, judge_for
from backstay.cli.policy_folder import family_of
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.load.document import Document, too_large
from backstay.load.objects import MAX_BYTES

STDIN: Final = Path("-")
_MADE: Final = 20_000
"""Containers made between two looks for cycles: values of objects have none, and Python's 700 take a tenth of all time."""


@dataclass(frozen=True, slots=True)
class Source:
    """What to judge: how, and what the policies folder is beside, as if that were the specs' folder."""

    audit: Callable[[Given], Audit]
    beside: Path = Path("specs")
    whole: bool = False
    """Whether it is a tree and not some of its files: then a comment that excuses nothing has nothing to excuse."""


def of_paths(paths: tuple[Path, ...]) -> Source:
    """Folders and files, or what comes by stdin."""
    if paths == (STDIN,):
        return Source(lambda given: audit_text(_stdin(), given), whole=True)
    return Source(lambda given: audit_paths(paths, given), paths[0], all(path.is_dir() for path in paths))


def of_cluster(context: str | None) -> Source:
    """A running cluster; BadParameter for a context that is not in the kubeconfig."""

    def audit(given: Given) -> Audit:
        from backstay.audit.live import read_cluster
        from backstay.cluster.kubeconfig import UnknownContext

        try:
            return audit_cluster(read_cluster(context), given)
        except UnknownContext as unknown:
            raise click.BadParameter(str(unknown), param_hint="--kube-context") from unknown

    return Source(audit)


@dataclass(frozen=True, slots=True)
class Run:
    """What to audit, and by which policy."""

    source: Source
    given: Given
    policies: Path | None

    def judged(self) -> tuple[Audit, list[Diagnostic]]:
        """What the audit finds, as the policy sees it."""
        gc.set_threshold(_MADE)
        judge = judge_for(self.source.beside, self.policies)
        done = self.source.audit(replace(self.given, cue=judge.cue.texts))
        kept, excuses = judge.judge(done.findings, "", _documents(done.commented))
        left = [
            *judge.left_over([excuses], whole=False),
            *self._unused(excuses, done, cue=bool(judge.cue.texts)),
        ]
        return done, [*judge.findings, *kept, *left]

    def _unused(self, excuses: Excuses, done: Audit, *, cue: bool) -> Iterator[Diagnostic]:
        """Comments that excuse nothing, of rules that were judged."""
        silent = done.silent if cue else done.silent | {"CUE"}
        judged = (one for one in excuses.comments if silent.isdisjoint({one.rule, family_of(one.rule)}))
        if self.source.whole:
            yield from unused(judged, excuses.used)


def _documents(commented: Iterable[Text]) -> Iterator[Document]:
    """Texts with the comments that excuse some findings."""
    for text in commented:
        try:
            yield Document(text.shown, text.read().decode(), {})
        except (BadInput, UnicodeDecodeError):  # what keeps it from being read has been told
            continue


def _stdin() -> bytes:
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BadInput([too_large("-", MAX_BYTES)])
    return content
