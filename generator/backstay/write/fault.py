"""Failed system calls as findings."""

import errno
import os

from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.core.rule import Rule
from backstay.write.rules import FAILED, FULL, NOT_A_FOLDER, UNWRITABLE

_ELSEWHERE = "choose another folder with `--out`"
_KNOWN: dict[int, tuple[Rule, str]] = {
    errno.EACCES: (UNWRITABLE, f"give yourself write permission, or {_ELSEWHERE}"),
    errno.EPERM: (UNWRITABLE, f"give yourself write permission, or {_ELSEWHERE}"),
    errno.EROFS: (UNWRITABLE, f"mount the file system for writing, or {_ELSEWHERE}"),
    errno.ENOSPC: (FULL, f"free some space, or {_ELSEWHERE}"),
    errno.EDQUOT: (FULL, f"free some of your quota, or {_ELSEWHERE}"),
    errno.ENOTDIR: (NOT_A_FOLDER, f"move the file away, or {_ELSEWHERE}"),
    errno.EEXIST: (NOT_A_FOLDER, f"move the file away, or {_ELSEWHERE}"),
    errno.EXDEV: (FAILED, "the folder is a mount point or lies in an image layer: remove it and run again"),
    errno.EBUSY: (FAILED, "the folder is a mount point: write to the folder that it is mounted in"),
}


def fault_of(error: OSError, path: str) -> Diagnostic:
    """The finding for a system call that failed while `path` was to be written."""
    rule, help_ = _KNOWN.get(error.errno or 0, (FAILED, f"see to the file system, or {_ELSEWHERE}"))
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    return rule.report(f"cannot write `{shown(path)}`: {reason}", at=Place(file=path), help=help_)


def shown(path: str) -> str:
    """A path for a message: as it is, or escaped when it holds what does not print."""
    return path if path.isprintable() else ascii(path)[1:-1]
