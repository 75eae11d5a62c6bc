"""A compile of many clusters: one after the other or by several processes, staged as they come, none kept."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing import forkserver, get_context, parent_process, resource_tracker
from multiprocessing.context import ForkServerContext
from pathlib import Path

from backstay.cli.loading import Loaded, load
from backstay.cli.policies import NO_EXCUSES, Excuses, Judge
from backstay.core.diagnostic import Diagnostic, stops
from backstay.load.files import named
from backstay.load.fleet import Refused, fleet, show
from backstay.load.profiles import Merged
from backstay.pipeline import FLEET, render, render_fleet
from backstay.render.file import render_file
from backstay.render.header import Header
from backstay.write.check import FileDiff, stale
from backstay.write.stage import Outcome, stage_cluster
from backstay.write.tree import Tree

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one cluster file. `refused`: it could not be read; `fleet` are its files for the fleet folder."""

    name: str
    findings: tuple[Diagnostic, ...]
    refused: bool
    outcome: Outcome | None = None
    diffs: tuple[FileDiff, ...] = ()
    fleet: dict[str, bytes] = field(default_factory=dict)
    excuses: Excuses = NO_EXCUSES


Finish = Callable[[str, dict[str, bytes]], tuple[Outcome | None, tuple[FileDiff, ...]]]
"""What is done with a cluster's files: staged, or compared."""


@dataclass(frozen=True, slots=True)
class Staging:
    """Stage a cluster's files below the output folder."""

    out: Path
    stage: Path
    force: bool

    def __call__(self, name: str, files: dict[str, bytes]) -> tuple[Outcome | None, tuple[FileDiff, ...]]:
        """The outcome; nothing outside the stage changes."""
        return stage_cluster(self.out, self.stage, name, files, force=self.force), ()


@dataclass(frozen=True, slots=True)
class Comparing:
    """Compare a cluster's files with what stands in the output folder."""

    out: Path

    def __call__(self, name: str, files: dict[str, bytes]) -> tuple[Outcome | None, tuple[FileDiff, ...]]:
        """The differences."""
        return None, tuple(stale(self.out, name, files))


def compile_all(
    specs: Path, only: tuple[str, ...], finish: Finish, jobs: int, judge: Judge
) -> Iterator[Done]:
    """Every cluster of SPECS in order, compiled and finished, by `jobs` processes."""
    if jobs == 1 or only:
        yield from (_done(loaded, finish) for loaded in load(specs, only, judge))
        return
    with ProcessPoolExecutor(jobs, mp_context=_workers(), initializer=_end_with_parent) as pool:
        specs_left = fleet(specs)
        while batch := list(islice(specs_left, _BATCH * jobs)):
            yield from pool.map(
                _work, batch, [finish] * len(batch), [judge] * len(batch), chunksize=_BATCH // 4
            )


def _workers() -> ForkServerContext:
    """Workers that start clean, whatever threads and locks this process has, and leave Ctrl-C to it.

    A terminal sends the signal to all of them. The server of forks hands its mask on to every worker, and those
    end when this process tells them.
    """
    resource_tracker.ensure_running()  # the server wants it, and starting it lifts the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return get_context("forkserver")


def _end_with_parent() -> None:
    """Have this worker end when the process that it works for is gone, were that even killed."""
    parent = parent_process()
    assert parent is not None  # noqa: S101 - this runs in workers only

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(spec: Merged | Refused, finish: Finish, judge: Judge) -> Done:
    return _done(Loaded.of(spec, judge), finish)


def _done(loaded: Loaded, finish: Finish) -> Done:
    compiled, source = loaded.compiled, loaded.source
    if compiled is None or source is None or compiled.cluster is None or compiled.stops:
        return Done(loaded.name, loaded.findings, loaded.merged is None, excuses=loaded.excuses)
    outcome, diffs = finish(loaded.name, render(compiled, source))
    own = {one.file: render_file(one, source.header) for one in compiled.fleet}
    more = outcome.findings if outcome else ()
    return Done(loaded.name, (*loaded.findings, *more), False, outcome, diffs, own, loaded.excuses)  # noqa: FBT003 - a field


@dataclass
class Run:
    """What a whole run adds up to."""

    specs: Path
    only: tuple[str, ...]
    judge: Judge
    findings: list[Diagnostic] = field(default_factory=list)
    diffs: list[FileDiff] = field(default_factory=list)
    refused: bool = False
    clusters: int = 0
    written: int = 0
    unchanged: int = 0
    removed: int = 0
    _names: set[str] = field(default_factory=set)
    _fleet: dict[str, bytes] = field(default_factory=dict)
    _excuses: list[Excuses] = field(default_factory=list)

    def __post_init__(self) -> None:
        """What is wrong with the policy stops everything."""
        self.findings += self.judge.findings

    @property
    def whole(self) -> bool:
        """Whether these are all clusters, so that what belongs to none of them is left over."""
        return not self.only and not self.specs.is_file()

    @property
    def stops(self) -> bool:
        """Whether nothing may be written."""
        return self.refused or stops(self.findings)

    def add(self, done: Done) -> None:
        """Count a cluster in; its files for the fleet are kept, nothing else."""
        self.clusters += 1
        self.findings += done.findings
        self.diffs += done.diffs
        self.refused |= done.refused
        self._names.add(done.name)
        self._fleet |= done.fleet
        self._excuses.append(done.excuses)
        if done.outcome is not None:
            self._count(done.outcome)

    def compile(self, finish: Finish, jobs: int) -> Iterator[Done]:
        """Every cluster, compiled and finished; then what is left to say of the policy."""
        yield from compile_all(self.specs, self.only, finish, jobs, self.judge)
        self.findings += self.judge.left_over(self._excuses, whole=self.whole)

    def write(self, tree: Tree, jobs: int, *, force: bool) -> None:
        """Compile everything and put it in its place: all of it, or with findings that stop, none of it."""
        for done in self.compile(Staging(tree.out, tree.stage, force), jobs):
            self.add(replace(done, outcome=done.outcome and tree.take(done.outcome)))
        if self.whole and not self.stops:
            outcome = tree.write(FLEET, self.fleet_files(), force=force)
            self.findings += outcome.findings
            self._count(outcome)
            self.findings += tree.remove_stale(self.keep)
        if not self.stops:
            self.removed += len(tree.removals)
            self.findings += tree.commit()

    def fleet_files(self) -> dict[str, bytes]:
        """The files of the fleet folder."""
        return render_fleet(self._fleet, Header(named(show(self.specs))))

    @property
    def keep(self) -> set[str]:
        """The folders that this run's clusters own."""
        return self._names | {FLEET}

    def _count(self, outcome: Outcome) -> None:
        self.written += outcome.written
        self.unchanged += outcome.unchanged
        self.removed += outcome.removed
