"""The output folder: every cluster is staged first, then all are swapped in. See docs/decisions/0005-atomic-writes.md."""

import os
import signal
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.write.build import remove_tree
from backstay.write.fault import fault_of, shown
from backstay.write.journal import Journal, drop_journal, write_journal
from backstay.write.lock import locked
from backstay.write.orphans import orphans
from backstay.write.recover import recover
from backstay.write.rules import CHANGED_MEANWHILE
from backstay.write.stage import (
    Outcome,
    aside,
    new_tree,
    open_stage,
    removed,
    stage_cluster,
    stage_of,
    take_away,
)
from backstay.write.survey import fingerprint
from backstay.write.swap import swap

PATIENCE = 2.0
"""Seconds that a second writer waits for the first."""


@dataclass(slots=True)
class Tree:
    """An output folder open for writing. Nothing in it changes before `commit`.

    `stage` is where new trees are built, for workers that call `stage_cluster` themselves and hand their outcomes
    to `take`. `recovered` names the clusters whose change, interrupted in an earlier run, was completed on opening.
    """

    out: Path
    stage: Path
    recovered: tuple[str, ...] = ()
    _staged: dict[str, str] = field(default_factory=dict)
    _removals: list[str] = field(default_factory=list)

    def write(self, cluster: str, files: Mapping[str, bytes], *, force: bool = False) -> Outcome:
        """Stage a cluster's files; `force` replaces what was edited by hand or is in the way."""
        return self.take(stage_cluster(self.out, self.stage, cluster, files, force=force))

    def take(self, outcome: Outcome) -> Outcome:
        """Note what was staged, here or by a worker."""
        if outcome.seen:
            self._staged[outcome.cluster] = outcome.seen
        return outcome

    def remove_stale(self, keep: Collection[str]) -> list[Diagnostic]:
        """Mark the folders of clusters not in `keep` for removal; warns of those that hold other files as well.

        For callers that have compiled every cluster. Raises OSError when a folder is unreadable.
        """
        self._removals, findings = orphans(self.out, keep)
        return findings

    @property
    def removals(self) -> tuple[str, ...]:
        """The cluster folders that `commit` removes."""
        return tuple(self._removals)

    def commit(self) -> list[Diagnostic]:
        """Put everything staged in its place: all of it, or with findings none of it."""
        if not self._staged and not self._removals:
            return []
        try:
            with _uninterrupted():
                return self._commit()
        except OSError as error:
            return [fault_of(error, str(self.out))]

    def _commit(self) -> list[Diagnostic]:
        changed = [name for name, seen in self._staged.items() if fingerprint(f"{self.out}/{name}") != seen]
        if changed:
            return [_changed_meanwhile(f"{self.out}/{name}") for name in changed]
        open_stage(self.stage)
        numbers = {name: os.lstat(new_tree(self.stage, name)).st_ino for name in self._staged}
        write_journal(str(self.stage), Journal(numbers, tuple(self._removals)))
        with ExitStack() as undo:
            self._swap_all(undo)
            undo.pop_all()
        drop_journal(str(self.stage))
        return []

    def _swap_all(self, undo: ExitStack) -> None:
        for name in self._staged:
            target, new = f"{self.out}/{name}", new_tree(self.stage, name)
            was_there = os.path.lexists(target)
            swap(new, target, aside(self.stage, name))
            # The other way round a swap is a swap again; a tree that replaced nothing goes back where it came from.
            undo.callback(swap, new, target, aside(self.stage, name)) if was_there else undo.callback(
                os.rename, target, new
            )
        for name in self._removals:
            take_away(self.out, self.stage, name)
            undo.callback(os.rename, removed(self.stage, name), f"{self.out}/{name}")


@contextmanager
def open_tree(out: Path, patience: float = PATIENCE) -> Iterator[Tree]:
    """Open the output folder for writing: lock it, make it if need be, finish what a killed run left.

    Leaving without `commit` drops what was staged. Raises BadInput when the folder cannot be written to and
    CannotTell when another writer keeps it for `patience` seconds.
    """
    made = not out.exists()
    with ExitStack() as held:
        try:
            held.enter_context(locked(out, patience))
            recovered = tuple(recover(out))
        except OSError as error:
            raise BadInput([fault_of(error, str(out))]) from error
        tree = Tree(out, stage_of(out), recovered)
        try:
            yield tree
        finally:
            _leave(tree, made=made)


def write_cluster(out: Path, cluster: str, files: Mapping[str, bytes], *, force: bool = False) -> Outcome:
    """Write one cluster on its own: open the tree, stage, commit. Raises CannotTell as `open_tree` does."""
    try:
        with open_tree(out) as tree:
            outcome = tree.write(cluster, files, force=force)
            found = tree.commit()
    except BadInput as failure:
        outcome, found = Outcome(cluster), failure.found
    return Outcome(cluster, findings=tuple(found)) if found else outcome


def _leave(tree: Tree, *, made: bool) -> None:
    """Clean up; what cannot be deleted now is tried again at the next start."""
    with _uninterrupted(), suppress(OSError):
        if tree.stage.exists():
            remove_tree(str(tree.stage))
    with suppress(OSError):
        if made:
            tree.out.rmdir()  # only goes while it is empty: a run that wrote nothing leaves nothing


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep Ctrl-C and termination waiting for a moment; a kill cannot be kept waiting, see `recover`.

    By handlers and not by a signal mask: a mask is one thread's, and the signal would come in by another.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    before = {
        n: signal.signal(n, lambda n, _frame: arrived.append(n)) for n in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        for late in dict.fromkeys(arrived):  # as a blocked signal would: once, however often it came
            signal.raise_signal(late)


def _changed_meanwhile(folder: str) -> Diagnostic:
    message = f"somebody changed `{shown(folder)}` while its new content was made"
    return CHANGED_MEANWHILE.report(message, at=Place(file=folder), help="run again")
