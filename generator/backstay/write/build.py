"""Building the new tree of a cluster beside the old one."""

import os
import shutil
import stat
from collections.abc import Mapping

from backstay.write.plan import Plan
from backstay.write.survey import Survey

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def build(old: str, new: str, plan: Plan, files: Mapping[str, bytes], found: Survey) -> None:
    """Make the folder `new`, which must not exist, as the plan says. Raises OSError.

    Files that do not change are the old ones (linked, so their times and modes stay); folders keep their modes.
    """
    os.makedirs(new)
    for folder in plan.folders:
        os.mkdir(f"{new}/{folder}")
    for name in plan.write:
        create(f"{new}/{name}", files[name])
    for name in (*plan.same, *plan.carry):
        _keep(f"{old}/{name}", f"{new}/{name}")
    _keep_modes(old, new, {*plan.folders, ""} & {*found.folders, ""})


def create(path: str, data: bytes) -> None:
    """Write a new file. There is no fsync: see docs/decisions/0005-atomic-writes.md."""
    descriptor = os.open(path, _CREATE, 0o666)
    try:
        written = os.write(descriptor, data)
        while written < len(data):
            written += os.write(descriptor, data[written:])
    finally:
        os.close(descriptor)


def _keep(old: str, new: str) -> None:
    """The same file under a second name; a copy where the file system or its rules allow no second name."""
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:
        shutil.copy2(old, new, follow_symlinks=False)


def _keep_modes(old: str, new: str, folders: set[str]) -> None:
    # Inner folders first: an outer one may lose the permission to go in.
    for folder in sorted(folders, reverse=True) if os.path.isdir(old) else ():
        os.chmod(f"{new}/{folder}", stat.S_IMODE(os.lstat(f"{old}/{folder}").st_mode))


def remove_tree(path: str) -> None:
    """Delete a folder of ours with all that is in it, read-only folders too; follows no link. Raises OSError."""
    os.chmod(path, stat.S_IRWXU)
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                remove_tree(entry.path)
            else:
                os.unlink(entry.path)
    os.rmdir(path)
