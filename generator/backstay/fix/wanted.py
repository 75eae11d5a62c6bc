"""Repairs that are wanted, each with the text it is about, and what becomes of them together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff

from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.load.edit.apply import Group, edit, spliced
from backstay.load.edit.cuts import Splice


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file that is read for itself: its text with single line feeds, and the lines of the file before it."""

    file: str
    text: str
    before: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The repair of a finding as changes of a part of a file."""

    finding: Diagnostic
    part: Part
    group: Group


@dataclass(frozen=True, slots=True)
class Refused:
    """A finding whose repair is not made, and why."""

    finding: Diagnostic
    why: str


@dataclass(frozen=True, slots=True)
class Repair:
    """What is to be done: the new texts of files beside the old ones, and the findings that they are for."""

    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    made: tuple[Diagnostic, ...] = ()
    refused: tuple[Refused, ...] = ()

    def diff(self) -> str:
        """The changes as a unified diff, file by file."""
        lines = [
            line
            for file, (old, new) in sorted(self.texts.items())
            for line in unified_diff(
                old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{file}", f"b/{file}"
            )
        ]
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        )


def repair(wanted: Sequence[Wanted], refused: Iterable[Refused], texts: Mapping[str, str]) -> Repair:
    """Put the wanted changes together; `texts` are the files as they are. What meets what came first is refused."""
    parts: dict[Part, list[Wanted]] = {}
    for one in wanted:
        parts.setdefault(one.part, []).append(one)
    done: dict[str, list[Splice]] = {}
    made: list[Diagnostic] = []
    left = list(refused)
    for part, some in parts.items():
        edited = edit(part.text, [one.group for one in some])
        begin = line_offset(flat(texts[part.file]), part.before)
        done.setdefault(part.file, []).extend(
            Splice(begin + one.start, begin + one.end, one.text) for one in edited.splices
        )
        made += [some[number].finding for number in edited.accepted]
        left += [Refused(some[number].finding, why) for number, why in sorted(edited.refused.items())]
    return Repair(_new_texts(texts, done), tuple(made), tuple(left))


def replacements(one: Wanted) -> list[tuple[Place, Place, str]]:
    """A single repair as text: from, to, what to put there; empty where it cannot be made."""
    edited = edit(one.part.text, [one.group])
    return [
        (_place(one.part, splice.start), _place(one.part, splice.end), splice.text)
        for splice in edited.splices
    ]


def flat(text: str) -> str:
    """A text with a line feed alone at the end of each line."""
    return text.replace("\r\n", "\n")


def line_offset(text: str, lines: int) -> int:
    """Where the line begins that has so many lines before it."""
    at = 0
    for _ in range(lines):
        at = text.index("\n", at) + 1
    return at


def _place(part: Part, at: int) -> Place:
    before = part.text[:at]
    return Place(part.file, part.before + before.count("\n") + 1, at - before.rfind("\n"))


def _new_texts(texts: Mapping[str, str], done: Mapping[str, Sequence[Splice]]) -> dict[str, tuple[str, str]]:
    """The texts that change, with the line ends that they had."""
    found: dict[str, tuple[str, str]] = {}
    for file, some in done.items():
        old = texts[file]
        new = spliced(flat(old), some)
        new = new.replace("\n", "\r\n") if "\r\n" in old else new
        if new != old:
            found[file] = (old, new)
    return found
