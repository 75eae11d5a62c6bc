"""What a killed run left behind: finished where it was under way, and cleaned up."""

import os
from pathlib import Path

from backstay.render.header import Standing
from backstay.write.build import remove_tree
from backstay.write.journal import read_journal
from backstay.write.lock import STAGE_PREFIX
from backstay.write.orphans import holds_only_ours
from backstay.write.stage import aside, new_tree, stage_cluster, take_away
from backstay.write.survey import read, survey
from backstay.write.swap import swap


def recover(out: Path) -> list[str]:
    """Finish or undo what killed runs left in `out`; gives the clusters whose interrupted change is now complete.

    Needs the lock, so every stage that is here belongs to a run that has ended. A cluster is finished as a
    `compile` would: not when somebody edited it meanwhile. Raises OSError.
    """
    with os.scandir(out) as entries:
        stages = sorted(Path(entry.path) for entry in entries if entry.name.startswith(STAGE_PREFIX))
    done = [cluster for stage in stages for cluster in _finish(out, stage)]
    for stage in stages:
        remove_tree(str(stage))
    return done


def _finish(out: Path, stage: Path) -> list[str]:
    _put_back(out, stage)
    journal = read_journal(str(stage))
    due = [name for name, number in journal.swaps.items() if _number(new_tree(stage, name)) == number]
    gone = [name for name in journal.removals if holds_only_ours(f"{out}/{name}")]
    for name in gone:
        take_away(out, stage, name)
    return gone + [name for name in due if _swap_again(out, stage, name)]


def _put_back(out: Path, stage: Path) -> None:
    """Return the trees that a kill caught between the renames of a swap in three steps."""
    parked = aside(stage, "")
    for cluster in sorted(os.listdir(parked)) if os.path.isdir(parked) else ():
        if not os.path.lexists(f"{out}/{cluster}"):
            os.rename(aside(stage, cluster), f"{out}/{cluster}")


def _swap_again(out: Path, stage: Path, cluster: str) -> bool:
    """Write a staged tree as if it were new: what stands in its place now may differ from what stood there then."""
    again = stage / "again"
    if again.exists():
        remove_tree(str(again))
    outcome = stage_cluster(out, again, cluster, _own_files(new_tree(stage, cluster)), force=False)
    if not outcome.seen:
        return False
    swap(new_tree(again, cluster), f"{out}/{cluster}", aside(again, cluster))
    return True


def _own_files(tree: str) -> dict[str, bytes]:
    found = survey(tree, {}).extra
    return {name: read(f"{tree}/{name}") for name, whose in found.items() if whose is Standing.INTACT}


def _number(path: str) -> int | None:
    try:
        return os.lstat(path).st_ino
    except FileNotFoundError:
        return None
