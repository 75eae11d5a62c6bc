"""A run's stage: the folder inside the output folder where new trees are built, and what lies where in it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.render.names import fault_of as name_fault
from backstay.write.build import build, create, remove_tree
from backstay.write.fault import fault_of, shown
from backstay.write.lock import STAGE_PREFIX
from backstay.write.plan import plan
from backstay.write.rules import LINK, NOT_A_FOLDER
from backstay.write.survey import fingerprint, survey


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one cluster: how many files were written, kept and removed, and what stood in the way.

    `seen` is the fingerprint of the folder that the decision rests on; empty when nothing was staged.
    """

    cluster: str
    written: int = 0
    unchanged: int = 0
    removed: int = 0
    findings: tuple[Diagnostic, ...] = ()
    seen: str = ""


def stage_of(out: Path) -> Path:
    """Where this process builds its trees; the folder need not exist yet."""
    return out / f"{STAGE_PREFIX}{os.getpid()}"


def new_tree(stage: Path, cluster: str) -> str:
    """Where a cluster's new tree is built, and after its swap the old one lies."""
    return f"{stage}/new/{cluster}"


def aside(stage: Path, cluster: str) -> str:
    """Where a cluster's old tree lies for a moment when two folders cannot be exchanged."""
    return f"{stage}/aside/{cluster}"


def removed(stage: Path, cluster: str) -> str:
    """Where the tree of a removed cluster goes."""
    return f"{stage}/removed/{cluster}"


def take_away(out: Path, stage: Path, cluster: str) -> None:
    """Move the tree of a removed cluster into the stage. Raises OSError."""
    os.makedirs(os.path.dirname(removed(stage, cluster)), exist_ok=True)
    os.rename(f"{out}/{cluster}", removed(stage, cluster))


def open_stage(stage: Path) -> None:
    """Make the stage if it is not there. Git is told to leave it alone, should a killed run leave it behind."""
    try:
        stage.mkdir()
    except FileExistsError:
        return
    create(f"{stage}/.gitignore", b"*\n")


def stage_cluster(
    out: Path, stage: Path, cluster: str, files: Mapping[str, bytes], *, force: bool
) -> Outcome:
    """Build a cluster's new tree in the stage, unless its folder holds exactly these bytes already.

    Nothing outside the stage is touched. Needs the lock, which another process (the parent) may hold. Raises
    AssertionError for a cluster or a file whose name must not be written.
    """
    _require_sound_names(cluster, files)
    target = f"{out}/{cluster}"
    try:
        in_the_way = _not_a_folder(target)
        if in_the_way:
            return Outcome(cluster, findings=(in_the_way,))
        return _stage(target, stage, cluster, files, force=force)
    except OSError as error:
        return Outcome(cluster, findings=(fault_of(error, target),))


def _stage(target: str, stage: Path, cluster: str, files: Mapping[str, bytes], *, force: bool) -> Outcome:
    found = survey(target, files)
    plans = plan(found, files, target, force=force)
    if plans.refused or not plans.changes:
        return Outcome(cluster, unchanged=len(plans.same), findings=plans.refused)
    seen = fingerprint(target)
    open_stage(stage)
    try:
        build(target, new_tree(stage, cluster), plans, files, found)
    except OSError:
        remove_tree(new_tree(stage, cluster))
        raise
    return Outcome(cluster, len(plans.write), len(plans.same), len(plans.drop), seen=seen)


def _not_a_folder(target: str) -> Diagnostic | None:
    """What a cluster's path is when it is something else than a folder or nothing."""
    at = Place(file=target)
    if os.path.islink(target):
        message = f"`{shown(target)}` is a symbolic link, and writing through it would change files elsewhere"
        return LINK.report(
            message, at=at, help="put a folder in its place, or write to another one with `--out`"
        )
    if os.path.lexists(target) and not os.path.isdir(target):
        message = f"`{shown(target)}` is a file, and the cluster's output needs a folder there"
        return NOT_A_FOLDER.report(message, at=at, help="move the file away")
    return None


def _require_sound_names(cluster: str, files: Mapping[str, bytes]) -> None:
    for name in (cluster, *files):
        fault = name_fault(name)
        if fault:
            raise AssertionError(f"nothing may be written as {name!r}: {fault}")
    if "/" in cluster or cluster.startswith("."):
        raise AssertionError(f"no cluster's folder may be called {cluster!r}")
