"""What stands in a cluster's folder now, compared with what is wanted there. Reads only, and follows no link."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from backstay.render.header import HEAD, Standing, is_marked, standing

# No link is followed, and a pipe that somebody put there does not block.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(slots=True)
class Survey:
    """A cluster's folder beside the wanted files; all names are relative to the folder, with `/`.

    `same` holds the wanted files that are there byte for byte; `differing` those where something else is, and
    whose that is; `extra` what is there and not wanted; `folders` the folders, outer ones first. Links and
    special files are foreign.
    """

    same: list[str] = field(default_factory=list)
    differing: dict[str, Standing] = field(default_factory=dict)
    extra: dict[str, Standing] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)


def survey(root: str, files: Mapping[str, bytes]) -> Survey:
    """Compare the folder `root`, which may be missing, with the wanted files. Raises OSError when it is unreadable."""
    found = Survey()
    for name, entry, is_folder in _walk(root):
        if is_folder:
            found.folders.append(name)
        elif name not in files:
            found.extra[name] = _standing(entry)
        elif entry.is_file(follow_symlinks=False) and _holds(entry.path, files[name]):
            found.same.append(name)
        else:
            found.differing[name] = _standing(entry, wanted=True)
    return found


def fingerprint(root: str) -> str:
    """A text that changes when anybody adds, removes, replaces or rewrites anything below `root`."""
    facts = [f"{name} {_facts(entry, is_folder=is_folder)}" for name, entry, is_folder in _walk(root)]
    return hashlib.sha256("\0".join(sorted(facts)).encode(errors="surrogateescape")).hexdigest()


def _facts(entry: "os.DirEntry[str]", *, is_folder: bool) -> str:
    # Of a folder only the number: what is in it is listed anyway.
    if is_folder:
        return str(entry.inode())
    stat = entry.stat(follow_symlinks=False)
    return f"{stat.st_ino} {stat.st_mode} {stat.st_size} {stat.st_mtime_ns}"


def read(path: str) -> bytes:
    """The bytes of a regular file; raises OSError for everything else, a link included."""
    descriptor = os.open(path, _FLAGS)
    with open(descriptor, "rb") as file:
        return file.read()


def is_ours(path: str) -> bool:
    """Whether a file that can be read says that backstay made it; what somebody changed in it does not matter."""
    try:
        return is_marked(_head(path))
    except OSError:
        return False


def _walk(root: str) -> Iterator[tuple[str, "os.DirEntry[str]", bool]]:
    """Everything below `root`: its relative name, its entry, whether it is a folder; folders before what is in them."""
    above = [""]
    while above:
        folder = above.pop()
        try:
            entries = os.scandir(f"{root}/{folder}")
        except FileNotFoundError:
            continue
        with entries:
            for entry in entries:
                name, is_folder = folder + entry.name, entry.is_dir(follow_symlinks=False)
                if is_folder:
                    above.append(name + "/")
                yield name, entry, is_folder


def _holds(path: str, wanted: bytes) -> bool:
    """Whether a file has exactly these bytes: one read, which asks for one byte more."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return False
    try:
        return os.read(descriptor, len(wanted) + 1) == wanted
    finally:
        os.close(descriptor)


def _standing(entry: "os.DirEntry[str]", *, wanted: bool = False) -> Standing:
    """Whose the thing is. An empty file where output is due holds nothing that anybody could lose."""
    if not entry.is_file(follow_symlinks=False):
        return Standing.FOREIGN
    try:
        head = _head(entry.path)
        if wanted and not head:
            return Standing.INTACT
        return standing(read(entry.path)) if is_marked(head) else Standing.FOREIGN
    except OSError:
        return Standing.FOREIGN


def _head(path: str) -> bytes:
    descriptor = os.open(path, _FLAGS)
    try:
        return os.read(descriptor, HEAD)
    finally:
        os.close(descriptor)
