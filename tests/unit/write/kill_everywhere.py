"""Kills a compile before each of its system calls in turn, and looks at what is left. Run by test_kill.py.

Usage: kill_everywhere.py FOLDER exchange|renames. Prints the number of kills, how many of them were in the
middle of the commit, and how many kills hit a recovery. Every kill is a real SIGKILL of a forked process.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

from backstay.write import swap
from backstay.write.tree import open_tree
from conftest import _on_disk, _tree

OLD = {"a": _tree(1), "b": _tree(1), "gone": _tree(1)}
NEW = {"a": _tree(2), "b": _tree(2, "other.yaml"), "new": _tree(2)}
CALLS = frozenset(
    (
        "open",
        "os.mkdir",
        "os.rename",
        "os.remove",
        "os.rmdir",
        "os.link",
        "os.chmod",
        "os.symlink",
        "os.scandir",
    )
)
FOREIGN = {"a/notes.md": b"mine\n"}


def compile_(out: Path, trees: dict[str, dict[str, bytes]]) -> None:
    """What `backstay compile` does to the disk."""
    with open_tree(out) as opened:
        for cluster, files in trees.items():
            outcome = opened.write(cluster, files)
            assert not outcome.findings, outcome.findings
        assert not opened.remove_stale(set(trees))
        assert not opened.commit()


def recover(out: Path) -> None:
    """What the next start of backstay does before anything else."""
    with open_tree(out):
        pass


def killed_at(number: int, work, *args) -> bool:
    """Do the work in a process that kills itself before its call `number`; False when it needs fewer calls."""
    pid = os.fork()
    if not pid:
        left = iter(range(number))

        def hook(event: str, _: object) -> None:
            if event in CALLS and next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        work(*args)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status != 0


def flat(trees: dict[str, dict[str, bytes]]) -> dict[str, object]:
    """Whole trees as they stand on disk, with the file that is not ours."""
    return FOREIGN | {
        f"{cluster}/{name}": data for cluster, files in trees.items() for name, data in files.items()
    }


def standing(out: Path) -> dict[str, object]:
    """What stands in the output, without stages."""
    return {name: data for name, data in _on_disk(out).items() if not name.startswith(".backstay-stage-")}


def start(out: Path) -> None:
    """The old output, and a file of somebody's in it."""
    shutil.rmtree(out, ignore_errors=True)
    compile_(out, OLD)
    (out / "a/notes.md").write_bytes(FOREIGN["a/notes.md"])


def require_whole(out: Path) -> None:
    """Right after a kill every cluster is its old tree or its new one; renames may leave one missing."""
    found = standing(out)
    for cluster in OLD.keys() | NEW.keys():
        part = {name: data for name, data in found.items() if name.startswith(f"{cluster}/")}
        may_be = [
            {n: d for n, d in flat(trees).items() if n.startswith(f"{cluster}/")} for trees in (OLD, NEW)
        ]
        assert part in may_be or (not part and sys.argv[2] == "renames"), (cluster, sorted(part))


def require_recovered(out: Path) -> None:
    """After the next start everything is old or everything is new, and no stage is left."""
    assert standing(out) in (flat(OLD), flat(NEW)), sorted(standing(out))
    assert sorted(path.name for path in out.iterdir() if path.name.startswith(".")) == []


def main() -> None:
    """One kill after the other, each a call later, until a run gets through."""
    out = Path(sys.argv[1]) / "overlays"
    if sys.argv[2] == "renames":
        swap.exchange = lambda *_: False
    kills = in_commit = in_recovery = 0
    start(out)
    while killed_at(kills, compile_, out, NEW):
        kills += 1
        require_whole(out)
        if list(out.glob(".backstay-stage-*/journal.json")):
            in_commit += 1
            in_recovery += kill_recoveries(out)
        recover(out)
        require_recovered(out)
        start(out)
    assert standing(out) == flat(NEW)
    print(kills, in_commit, in_recovery)  # noqa: T201 - this is what the test reads


def kill_recoveries(out: Path) -> int:
    """Kill one recovery after the other, each a few calls later, until one gets through."""
    kills = 0
    while killed_at(3 * kills, recover, out):
        kills += 1
        require_whole(out)
    return kills


main()
