"""The fleet: every cluster's spec under a folder, one after the other, none kept."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.load import rules
from backstay.load.files import Folder, printable
from backstay.load.profiles import Merged, Profiles

_NAME_ROUTE: Final = ("metadata", "name")


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that cannot be compiled, and everything that is wrong with it as a text."""

    file: str
    found: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Specs:
    """Where the clusters of a run are: files of one folder, in order, and the profiles beside them."""

    clusters: Folder
    files: tuple[str, ...]
    profiles: Profiles
    whole: bool  # whether this is a whole folder of specs rather than one file out of it

    def load(self, file: str) -> Merged | Refused:
        """One cluster's spec by the name of its file."""
        try:
            return self.profiles.merged(self.clusters.read(file))
        except BadInput as failed:
            return Refused(self.clusters.show(file), tuple(failed.found))


def fleet(specs: Path) -> Iterator[Merged | Refused]:
    """Every cluster of a folder, or of a single file, in the order of file names; nothing is ever raised.

    Only the names seen are kept, to find two clusters of one name. Profiles that no cluster extends come last,
    and only if they are refused.
    """
    try:
        layout = find(specs)
    except BadInput as failed:
        yield Refused(show(specs), tuple(failed.found))
        return
    names: dict[str, str] = {}
    for file in layout.files:
        loaded = layout.load(file)
        yield once(loaded, file, names, layout) if isinstance(loaded, Merged) else loaded
    if layout.whole:
        yield from _unread(layout)


def find(specs: Path) -> Specs:
    """The clusters and profiles that SPECS means; BadInput when there are none.

    SPECS is a folder with `clusters/` and `profiles/`, a folder of cluster files, or one such file; for the
    latter two, profiles are in `profiles/` inside or beside the folder.
    """
    if not os.path.isdir(specs):  # noqa: PTH112 - unlike Path.is_dir, never raises: what is wrong shows on reading
        folder = _folder(specs.parent, _above(specs.parent))
        return Specs(folder, (specs.name,), Profiles(_profiles(folder)), whole=False)
    within = specs / "clusters"
    folder = _folder(within, _real(specs)) if os.path.lexists(within) else _folder(specs, _above(specs))
    files = tuple(folder.files())
    if not files:
        help_ = "write one file per cluster, ending in .yaml, or name another folder"
        raise BadInput(
            [rules.NO_CLUSTERS.report("no cluster files here", at=Place(folder.shown), help=help_)]
        )
    return Specs(folder, files, Profiles(_profiles(folder)), whole=True)


def once(loaded: Merged, file: str, names: dict[str, str], layout: Specs) -> Merged | Refused:
    """The cluster, unless an earlier file had one of its name; `names` maps each to its first file."""
    name = _name(loaded)
    first = names.setdefault(name, file) if name is not None else file
    if first == file:
        return loaded
    finding = rules.SAME_CLUSTER_NAME.report(
        f"a second cluster named `{name}`",
        at=loaded.place(_NAME_ROUTE),
        help="rename one of them; the name is the folder of the overlay",
        related=(Related(_place_of_name(first, layout), "the first one"),),
    )
    return Refused(loaded.file, (finding,))


def show(path: Path) -> str:
    """A path as findings print it: from the current folder where it is inside, with `/`."""
    relative = os.path.relpath(path)
    return printable(path.as_posix() if relative.startswith("..") else relative.replace(os.sep, "/"))


def _name(loaded: Merged) -> str | None:
    metadata = loaded.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else None


def _place_of_name(file: str, layout: Specs) -> Place:
    try:
        return layout.clusters.read(file).place(_NAME_ROUTE)
    except BadInput:  # changed since it was read
        return Place(layout.clusters.show(file))


def _unread(layout: Specs) -> Iterator[Refused]:
    for name in list(layout.profiles.unread()):
        try:
            layout.profiles.read(name)
        except BadInput as failed:
            yield Refused(failed.found[0].place.file, tuple(failed.found))


def _folder(path: Path, root: Path) -> Folder:
    if not _real(path).is_relative_to(root):
        message = f"a link to a place outside {root.name}"
        place = Place(show(path))
        raise BadInput([rules.OUTSIDE_THE_FOLDER.report(message, at=place, help="make it a folder")])
    return Folder(path, show(path), root)


def _profiles(clusters: Folder) -> Folder:
    """The folder of profiles: inside the folder of clusters, else beside it."""
    inside = clusters.path / "profiles"
    beside = Path(os.path.normpath(clusters.path / ".." / "profiles"))
    return _folder(inside if inside.is_dir() else beside, clusters.root)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _above(path: Path) -> Path:
    return _real(path).parent
