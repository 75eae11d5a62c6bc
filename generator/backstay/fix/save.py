"""New texts of files onto the disk: each file in one step, and only where it still says what was repaired."""

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

_MARK = b"\xef\xbb\xbf"


def save(texts: Mapping[str, tuple[str, str]]) -> list[str]:
    """Write the new texts, given beside the old ones; the files that changed meanwhile are left and named.

    A link stays a link: what it leads to is written. A file keeps its rights and its byte order mark. Raises OSError.
    """
    return [
        file
        for file, (old, new) in sorted(texts.items())
        if not _save(Path(os.path.realpath(file)), old, new)
    ]


def _save(path: Path, old: str, new: str) -> bool:
    content = path.read_bytes()
    mark = _MARK if content.startswith(_MARK) else b""
    if content.removeprefix(mark) != old.encode():
        return False
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    new_file = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(mark + new.encode())
            file.flush()
            os.fsync(file.fileno())
        new_file.chmod(stat.S_IMODE(path.stat().st_mode))
        new_file.replace(path)
    except BaseException:
        new_file.unlink()
        raise
    return True
