"""What a compile would change, for `compile --check`: reads only, never a link."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from backstay.render.header import Standing
from backstay.write.fault import shown
from backstay.write.survey import Survey, read, survey


class Change(StrEnum):
    """How a file differs from what would be written."""

    MISSING = "missing"
    CHANGED = "changed"
    LEFT_OVER = "left over"


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One stale file: `old` is what stands there (None when nothing readable does), `new` what is due (None: nothing)."""

    file: str
    change: Change
    old: bytes | None
    new: bytes | None

    def text(self) -> str:
        """A unified diff, made when it is asked for; bytes that are not UTF-8 are shown as escapes."""
        name = shown(self.file)
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in difflib.unified_diff(
                _lines(self.old),
                _lines(self.new),
                "/dev/null" if self.old is None else f"a/{name}",
                "/dev/null" if self.new is None else f"b/{name}",
            )
        )


def stale(out: Path, cluster: str, files: Mapping[str, bytes]) -> list[FileDiff]:
    """How a cluster's folder differs from the wanted files, by name; empty when it is up to date.

    Files are named as seen from the folder that `out` is relative to. Left over is what backstay wrote and would
    not write now; what others put there is not spoken of. Raises OSError when a folder is unreadable.
    """
    root = f"{out}/{cluster}"
    found = Survey() if Path(root).is_symlink() else survey(root, files)
    missing = dict.fromkeys(files.keys() - {*found.same, *found.differing}, Change.MISSING)
    changed = dict.fromkeys(found.differing, Change.CHANGED)
    left_over = {
        name: Change.LEFT_OVER for name, whose in found.extra.items() if whose is not Standing.FOREIGN
    }
    return [
        FileDiff(f"{root}/{name}", change, _old(f"{root}/{name}", change), files.get(name))
        for name, change in sorted({**missing, **changed, **left_over}.items())
    ]


def _old(path: str, change: Change) -> bytes | None:
    try:
        return None if change is Change.MISSING else read(path)
    except OSError:
        return None


def _lines(data: bytes | None) -> list[str]:
    return (data or b"").decode(errors="backslashreplace").splitlines(keepends=True)
