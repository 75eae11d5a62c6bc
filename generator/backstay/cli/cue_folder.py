"""The CUE of a policies folder: its texts, compiled once, and the names of the policies in it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.load.document import MAX_BYTES, decode, read_bytes
from backstay.load.files import named, stays_within
from backstay.load.fleet import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backstay.check.cue.door import Text


@dataclass(frozen=True, slots=True)
class Cue:
    """The texts to judge by, what is wrong with them, and the policies' names: None where not all of them are known."""

    texts: tuple["Text", ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    names: frozenset[str] | None = frozenset()


NO_CUE = Cue()
"""Of a folder without `.cue` files."""


def cue_in(folder: Path, *, optional: bool) -> Cue:
    """The folder's CUE; `CannotTell` without an engine, unless it is optional: then a note, and nothing is judged."""
    try:
        files = sorted(name for name in os.listdir(folder) if name.endswith(".cue") and name[0] != ".")  # noqa: PTH208 - names are all it takes
    except (FileNotFoundError, NotADirectoryError):
        return NO_CUE
    if not files:
        return NO_CUE
    from backstay.check.cue.program import at_hand

    if optional and not at_hand():
        return Cue((), (_no_engine(named(show(folder / files[0]))),), None)
    return _compiled(folder, files)


def _compiled(folder: Path, files: list[str]) -> Cue:
    from backstay.check.cue.judge import judge_for

    findings: list[Diagnostic] = []
    texts = tuple(text for name in files for text in _text(folder / name, folder, findings))
    if not texts:
        return Cue((), tuple(findings), None)
    compiled = judge_for(texts).compiled
    whole = not findings and not compiled.lacking
    names = frozenset(policy.name for policy in compiled.policies) if whole else None
    return Cue(texts, (*findings, *compiled.findings), names)


def _text(path: Path, folder: Path, findings: list[Diagnostic]) -> "Iterator[Text]":
    from backstay.check.cue.door import Text

    shown = named(show(path))
    try:
        stays_within(path, shown, Path(os.path.realpath(folder)))
        yield Text(shown, decode(read_bytes(path, shown, MAX_BYTES), shown))
    except BadInput as failed:
        findings += failed.found


def _no_engine(first: str) -> Diagnostic:
    from backstay.check.cue.rules import NO_ENGINE

    return NO_ENGINE.report(
        "the policies in CUE were left out: their engine is not built", at=Place(first),
        help="set `cueEngine: required` in profile.yaml, which builds it where Go is on PATH",
    )  # fmt: skip
