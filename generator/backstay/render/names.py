"""Names of output files: which are safe to write, and which get in each other's way."""

import posixpath
from collections.abc import Iterable


def fault_of(name: str) -> str | None:
    """Why a name must not be written below a cluster's folder, or None when it may be."""
    if not name or name != posixpath.normpath(name) or name.startswith(("/", "../")) or name in (".", ".."):
        return "it is not a plain relative path"
    if "\\" in name or not name.isprintable():
        return "it holds a backslash or a character that does not print"
    return None


def clash_in(names: Iterable[str]) -> str | None:
    """A name that another equals (on some file systems: case does not count) or needs as a folder, or None."""
    files: set[str] = set()
    for name in names:
        if name.casefold() in files:
            return name
        files.add(name.casefold())
    folders = {above for name in files for above in folders_of(name)}
    return min(files & folders, default=None)


def folders_of(name: str) -> list[str]:
    """The folders above a file, outermost first: `a/b/c.yaml` has `a` and `a/b`."""
    parts = name.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]
