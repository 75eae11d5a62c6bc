"""Where specs are: folders of YAML files, listed in order and read without leaving them."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.load import rules
from backstay.load.document import Document, load_document

_ENDINGS: Final = (".yaml", ".yml", ".cue")
_NO_SPECS: Final = frozenset({"schema.cue"})
"""What `backstay schema --cue` writes may lie beside specs."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of spec files; `shown` is how it is printed, `root` the resolved folder no link may leave."""

    path: Path
    shown: str
    root: Path

    def files(self) -> list[str]:
        """The names of its spec files in order, without hidden ones; none when there is no such folder."""
        try:
            names = os.listdir(self.path)  # noqa: PTH208 - ten thousand names, not as many Path objects
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as failed:
            at = Place(self.shown)
            reason = (failed.strerror or str(failed)).lower()
            help_ = "make it a readable folder"
            raise BadInput(
                [rules.UNREADABLE_FILE.report(f"cannot be read: {reason}", at=at, help=help_)]
            ) from failed

        return sorted(
            name for name in names if name.endswith(_ENDINGS) and name[0] != "." and name not in _NO_SPECS
        )

    def show(self, file: str) -> str:
        """A file of the folder as it is printed."""
        return printable(file if self.shown == "." else f"{self.shown}/{file}")

    def names(self) -> list[str]:
        """The file names without their endings."""
        return [name.rpartition(".")[0] for name in self.files()]

    def find(self, name: str) -> Document | None:
        """The document of the file so named, without its ending; None when there is no such file."""
        for ending in _ENDINGS:
            if os.path.lexists(self.path / (name + ending)):
                return self.read(name + ending)
        return None

    def read(self, file: str) -> Document:
        """The document of a file; BadInput with every finding, also when it is a link out of the root."""
        path = self.path / file
        shown = self.show(file)
        stays_within(path, shown, self.root)
        return load_document(path, shown)


def stays_within(path: Path, shown: str, root: Path) -> None:
    """BadInput when a file is a link to a place outside the resolved folder `root`."""
    if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
        message = f"a link to a place outside {root.name}"
        help_ = "copy the file into the folder"
        raise BadInput([rules.OUTSIDE_THE_FOLDER.report(message, at=Place(shown), help=help_)])


def named(shown: str) -> str:
    """How output names a spec file or folder that findings show as `shown`: without the way to it on this machine."""
    path = PurePosixPath(shown)
    if not path.is_absolute() and path.parts[:1] != ("..",):
        return shown
    within = path.parent.name in {"clusters", "profiles"}
    depth = 1 if path.suffix not in _ENDINGS else 3 if within else 2
    return "/".join(path.parts[-depth:])


def printable(name: str) -> str:
    """A file name that any terminal and any report can take; bytes that are no UTF-8 become question marks.

    Names are UTF-8 whatever the locale says they are: what is made of a spec names it, and is the same everywhere.
    """
    if name.isprintable():
        return name
    text = os.fsencode(name).decode(errors="replace").replace("\N{REPLACEMENT CHARACTER}", "?")
    return "".join(c if c.isprintable() else "?" for c in text)
