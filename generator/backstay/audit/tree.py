"""Which files a path holds: YAML and JSON below a folder in one order, and never a way out of it."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backstay.audit.shapes import KUSTOMIZATION_FILES
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.load import rules
from backstay.load.document import unreadable
from backstay.load.files import printable
from backstay.load.fleet import show

_ENDINGS: Final = (".yaml", ".yml", ".json")
_MOST_FILES: Final = 500_000
_DEEPEST: Final = 64
_SKIPPED: Final = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class File:
    """A file to read, and the name to print."""

    path: Path
    shown: str


def files(path: Path, found: list[Diagnostic]) -> Iterator[File]:
    """The file itself, or those below a folder in the order of their names; what cannot be read goes to `found`.

    Hidden folders and files are left out, links to folders are not followed, and a link to a file outside is a
    finding. BadInput when there is nothing at the path.
    """
    if not path.exists():
        raise BadInput([unreadable(show(path), "no such file or folder")])
    if not path.is_dir():
        yield File(path, show(path))
        return
    root = Path(os.path.realpath(path))
    for number, file in enumerate(_below(path, 0, found)):
        if number >= _MOST_FILES:
            found.append(unreadable(show(path), f"more than {_MOST_FILES} files; what is left was not read"))
            return
        if file.path.is_symlink() and not Path(os.path.realpath(file.path)).is_relative_to(root):
            message = f"a link to a place outside {printable(root.name)}"
            help_ = "copy the file into the folder, or audit the other folder too"
            found.append(rules.OUTSIDE_THE_FOLDER.report(message, at=Place(file.shown), help=help_))
        else:
            yield file


def _below(folder: Path, depth: int, found: list[Diagnostic]) -> Iterator[File]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as failed:
        found.append(unreadable(show(folder), (failed.strerror or str(failed)).lower()))
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _SKIPPED:
            continue
        below = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            if depth < _DEEPEST:
                yield from _below(below, depth + 1, found)
            else:
                found.append(unreadable(show(below), f"more than {_DEEPEST} folders deep"))
        elif entry.name.endswith(_ENDINGS) and not _leads_to_folder(entry):
            yield File(below, show(below))


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: told as a file that cannot be read
        return False


def kustomizations_above(paths: Iterable[Path]) -> list[File]:
    """The kustomization files in the folders of some files, and in those above them up to the current one."""
    here = Path.cwd()
    folders = {folder for path in paths for folder in path.absolute().parents if folder.is_relative_to(here)}
    names = (folder / name for folder in sorted(folders) for name in KUSTOMIZATION_FILES)
    return [File(path, show(path)) for path in names if path.is_file()]
