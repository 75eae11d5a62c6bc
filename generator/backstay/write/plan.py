"""What has to happen to a cluster's folder: decided from a survey, before anything is touched. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.render.header import Standing
from backstay.render.names import folders_of
from backstay.write.fault import shown
from backstay.write.rules import FOREIGN, HAND_EDITED, NOT_A_FOLDER
from backstay.write.survey import Survey

_FORCE = "move the change into the spec, or run `backstay compile --force` to replace the file"
_MERGED = f"{_FORCE}; a file that git merged from two branches looks edited, too"


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each file: `write` new bytes, keep the `same`, `carry` the foreign ones over, `drop` the rest.

    `folders` are those that the new tree needs, outer ones first. With `refused` findings nothing may happen.
    """

    write: tuple[str, ...]
    same: tuple[str, ...]
    carry: tuple[str, ...]
    drop: tuple[str, ...]
    folders: tuple[str, ...]
    refused: tuple[Diagnostic, ...]

    @property
    def changes(self) -> bool:
        """Whether the folder has to change at all."""
        return bool(self.write or self.drop)


def plan(found: Survey, files: Mapping[str, bytes], where: str, *, force: bool) -> Plan:
    """Decide for the folder called `where`; `force` replaces what is edited or in the way, never whole folders."""
    blocking = {name for name in files for name in folders_of(name)} & found.extra.keys()
    stale = {name for name, whose in found.extra.items() if whose is not Standing.FOREIGN or name in blocking}
    carry = found.extra.keys() - stale
    refused = [] if force else [*_refused(found, blocking, where)]
    refused += _folders_in_the_way(carry, files, where)
    write = files.keys() - set(found.same)
    kept = {*files, *carry}
    return Plan(
        tuple(sorted(write)),
        tuple(found.same),
        tuple(sorted(carry)),
        tuple(sorted(stale)),
        _folders(found, kept, files),
        tuple(refused),
    )


def _refused(found: Survey, blocking: set[str], where: str) -> Iterable[Diagnostic]:
    for name, whose in sorted({**found.differing, **found.extra}.items()):
        at = f"{where}/{name}"
        if whose is Standing.EDITED:
            message = f"`{shown(at)}` was edited by hand since backstay wrote it"
            yield HAND_EDITED.report(message, at=Place(file=at), help=_MERGED)
        elif whose is Standing.FOREIGN and (name in found.differing or name in blocking):
            message = f"`{shown(at)}` is in the way of the output, and backstay did not write it"
            yield FOREIGN.report(
                message, at=Place(file=at), help="move it away, or run `backstay compile --force`"
            )


def _folders_in_the_way(carry: Iterable[str], files: Mapping[str, bytes], where: str) -> Iterable[Diagnostic]:
    folders = {above for name in carry for above in folders_of(name)}
    for name in sorted(folders & files.keys()):
        at = f"{where}/{name}"
        message = f"`{shown(at)}` is a folder with files of its own, and the output needs a file there"
        yield NOT_A_FOLDER.report(message, at=Place(file=at), help="move the folder away")


def _folders(found: Survey, kept: set[str], files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The folders of the files that stay, and those that were empty before: somebody made them."""
    filled = {above for name in (*found.same, *found.differing, *found.extra) for above in folders_of(name)}
    blocked = [name for name in found.folders if {name, *folders_of(name)} & files.keys()]
    empty = set(found.folders) - filled - set(blocked)
    return tuple(sorted({*empty, *(above for name in {*kept, *empty} for above in folders_of(name))}))
