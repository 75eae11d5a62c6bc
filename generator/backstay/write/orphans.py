"""Folders of clusters that no spec describes any more."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.render.header import Standing
from backstay.render.provenance import FILE as PROVENANCE
from backstay.write.fault import shown
from backstay.write.rules import ORPHANED
from backstay.write.survey import survey

_TOP = frozenset({"kustomization.yaml", PROVENANCE})
"""Files that stand at the top of a cluster's folder. A folder of such folders is somebody's other output."""


def orphans(out: Path, keep: Collection[str]) -> tuple[list[str], list[Diagnostic]]:
    """The folders in `out` that are not in `keep` and hold nothing but intact output, and findings for the mixed ones.

    A folder that is no cluster's is somebody's own and not spoken of. `out` may be missing. Raises OSError.
    """
    removable: list[str] = []
    findings: list[Diagnostic] = []
    for name in sorted(_folders(out) - set(keep)):
        found = survey(f"{out}/{name}", {}).extra
        if found.keys().isdisjoint(_TOP):
            continue
        if _only_ours(found):
            removable.append(name)
        elif any(whose is not Standing.FOREIGN for whose in found.values()):
            other = min(file for file, whose in found.items() if whose is not Standing.INTACT)
            findings.append(_kept(f"{out}/{name}", other))
    return removable, findings


def holds_only_ours(folder: str) -> bool:
    """Whether a folder holds intact output and nothing else. Raises OSError."""
    return _only_ours(survey(folder, {}).extra)


def _only_ours(found: Mapping[str, Standing]) -> bool:
    return bool(found) and all(whose is Standing.INTACT for whose in found.values())


def _folders(out: Path) -> set[str]:
    try:
        with os.scandir(out) as entries:
            return {e.name for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith(".")}
    except FileNotFoundError:
        return set()


def _kept(folder: str, other: str) -> Diagnostic:
    message = f"no spec describes `{shown(folder)}` any more, but `{shown(other)}` in it is not intact output"
    return ORPHANED.report(
        message, at=Place(file=f"{folder}/{other}"), help="delete the folder if nothing needs it"
    )
