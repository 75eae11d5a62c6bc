"""Older overlays to compare with: a folder on disk, or the folder as it was at a git revision."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import click

from backstay.cluster.git import revision, tree_at
from backstay.diff.trees import Former
from backstay.load.document import read_bytes
from backstay.load.fleet import show
from backstay.load.objects import MAX_BYTES, read_objects
from backstay.render.file import is_script, read_script


class Tree(Protocol):
    """Clusters' folders of files."""

    def names(self) -> list[str]:
        """The folders, in order."""

    def files(self, name: str) -> Iterator[tuple[str, bytes]]:
        """The files in one of them, by path from there, with `/`."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A tree on disk."""

    path: Path

    def names(self) -> list[str]:
        """The folders, in order, but for hidden ones and links."""
        with os.scandir(self.path) as found:
            return sorted(
                one.name for one in found if one.is_dir(follow_symlinks=False) and one.name[0] != "."
            )

    def files(self, name: str) -> Iterator[tuple[str, bytes]]:
        """The files in one of them; links are not followed."""
        top = self.path / name
        for above, folders, files in os.walk(top):
            folders.sort()
            for file in sorted(files):
                path = Path(above) / file
                if (_is_manifest(file) or is_script(file)) and not path.is_symlink():
                    yield path.relative_to(top).as_posix(), read_bytes(path, show(path), MAX_BYTES)


def tree_of(name: str, overlays: Path) -> AbstractContextManager[Tree]:
    """The tree that a name means: a folder, else `overlays` at a git revision; BadParameter when it is neither."""
    folder = Path(name)
    if folder.is_dir():
        return nullcontext(Folder(folder))
    commit = revision(name, overlays)
    if commit is None:
        raise click.BadParameter(
            f"`{name}` is neither a folder nor a git revision: name a folder that holds the clusters' overlays,"
            " or a branch, tag or commit",
            param_hint="--against",
        )
    return tree_at(commit, overlays)


def former(tree: Tree, cluster: str, shown: str) -> Iterator[Former]:
    """The objects of a cluster's folder; BadInput for a file that cannot be read. `shown` names the tree."""
    for path, content in tree.files(cluster):
        if is_script(path):
            yield Former(cluster, path, read_script(content))
        elif _is_manifest(path.rpartition("/")[2]):
            for value, _ in read_objects(content, f"{shown}/{cluster}/{path}"):
                yield Former(cluster, path, value)


def _is_manifest(file: str) -> bool:
    """Whether a file holds objects; provenance.json and what people keep beside them does not."""
    return file.endswith((".yaml", ".yml"))
