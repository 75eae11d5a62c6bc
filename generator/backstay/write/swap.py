"""Two folders change places, in one step where the system can do that."""

import errno
import os
import sys
from collections.abc import Callable
from functools import lru_cache

Exchange = Callable[[bytes, bytes], int]
"""Gives 0, or the number of the error."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h
_RENAME_SWAP = 2  # sys/stdio.h of macOS
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


def swap(new: str, target: str, aside: str) -> None:
    """Put the folder `new` in the place of `target`, and what stood there in the place of `new`.

    A missing target is simply filled. Where the file system cannot exchange two folders it takes three renames
    by way of `aside`: between the first two `target` is missing, which `recover` repairs. Raises OSError, and
    then nothing has moved.
    """
    if not os.path.lexists(target):
        os.rename(new, target)
    elif not exchange(new, target):
        os.makedirs(os.path.dirname(aside), exist_ok=True)
        os.rename(target, aside)
        try:
            os.rename(new, target)
        except OSError:
            os.rename(aside, target)
            raise
        os.rename(aside, new)


def exchange(one: str, other: str) -> bool:
    """Exchange two paths in one step; False when the system or the file system cannot. Raises OSError."""
    call = _system_exchange()
    number = call(os.fsencode(one), os.fsencode(other)) if call else errno.ENOSYS
    if number and number not in _UNSUPPORTED:
        raise OSError(number, os.strerror(number), one, None, other)
    return number == 0


@lru_cache(maxsize=1)
def _system_exchange() -> Exchange | None:
    """The system's own call, from the C library that is loaded anyway."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)

    def linux(one: bytes, other: bytes) -> int:
        failed = library.renameat2(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE)
        return ctypes.get_errno() if failed else 0

    def macos(one: bytes, other: bytes) -> int:
        return ctypes.get_errno() if library.renamex_np(one, other, _RENAME_SWAP) else 0

    calls = {"linux": ("renameat2", linux), "darwin": ("renamex_np", macos)}
    name, call = calls.get(sys.platform, ("", linux))
    return call if hasattr(library, name) else None
