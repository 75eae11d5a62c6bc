"""One audit from what there is to judge to findings as the organisation's policy sees them."""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from backstay.audit.judge import Audit, Given, audit_cluster, audit_paths, audit_text
from backstay.cli.policies import judge_for
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.load.document import Document, read_bytes, too_large
from backstay.load.objects import MAX_BYTES

STDIN: Final = Path("-")
_MADE: Final = 20_000
"""Containers made between two looks for cycles: values of objects have none, and Python's 700 take a tenth of all time."""


@dataclass(frozen=True, slots=True)
class Source:
    """What to judge: how, and what the policies folder is beside, as if that were the specs' folder."""

    audit: Callable[[Given], Audit]
    beside: Path = Path("specs")


def of_paths(paths: tuple[Path, ...]) -> Source:
    """Folders and files, or what comes by stdin."""
    if paths == (STDIN,):
        return Source(lambda given: audit_text(_stdin(), given))
    return Source(lambda given: audit_paths(paths, given), paths[0])


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
        done = self.source.audit(replace(self.given, cue=judge.cue))
        kept, excuses = judge.judge(done.findings, "", _documents(done.findings))
        return done, [*judge.findings, *kept, *judge.left_over([excuses], whole=False)]


def _documents(found: Iterable[Diagnostic]) -> Iterator[Document]:
    """The files that findings are in, for the comments that excuse some of them."""
    for file in sorted({one.place.file for one in found} - {"", "-"}):
        try:
            text = read_bytes(Path(file), file, MAX_BYTES).decode()
        except (BadInput, UnicodeDecodeError):  # what keeps it from being read has been told
            continue
        yield Document(file, text, {})


def _stdin() -> bytes:
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BadInput([too_large("-", MAX_BYTES)])
    return content
