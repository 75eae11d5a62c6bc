"""What git knows of files: their content at a revision, and which of them a commit would leave behind.

Content is read from git's own store: nothing is checked out, no filter runs.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from backstay.core.failure import CannotTell

_SECONDS: Final = 60
_MAX_BYTES: Final = 2**24  # of one file; larger ones are no manifests
_FILE_MODES: Final = (b"100644", b"100755")


def revision(name: str, folder: Path) -> str | None:
    """The commit that a name means in the repository around a folder; None when there is none of that name.

    Raises CannotTell when git cannot be asked.
    """
    answer = _run(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if answer.returncode == 0:
        return answer.stdout.decode("ascii", "replace").strip()
    complaint = answer.stderr.decode("utf-8", "replace").strip()
    if complaint and "not a git repository" not in complaint:
        raise CannotTell(f"git cannot read the repository: {complaint.splitlines()[0]}", "see `git status`")
    return None


def unstaged(folder: Path) -> list[Path]:
    """The files below a folder that the next commit would leave out or take as they were before.

    New files that git is told to ignore do not count. Raises CannotTell when git cannot be asked or knows no
    repository around the folder.
    """
    here = os.path.relpath(folder, _base(folder))
    changed = _names(folder, "diff", "--name-only", "--relative", "--no-ext-diff", "-z", "--", here)
    new = _names(folder, "ls-files", "--others", "--exclude-standard", "-z", "--", here)
    return sorted(_base(folder) / name for name in {*changed, *new})


class Tree:
    """The files below a folder at a commit: which top folders there are, and the files in each."""

    def __init__(self, entries: list[tuple[bytes, str]], asked: IO[bytes], answered: IO[bytes]) -> None:
        self._blobs: dict[str, list[tuple[bytes, str]]] = {}
        for blob, path in entries:
            top, slash, rest = path.partition("/")
            self._blobs.setdefault(top if slash else "", []).append((blob, rest if slash else path))
        self._asked, self._answered = asked, answered

    def names(self) -> list[str]:
        """The top folders, in order."""
        return sorted(self._blobs.keys() - {""})

    def files(self, name: str) -> Iterator[tuple[str, bytes]]:
        """The files in a top folder, by path from there, with `/`; CannotTell when git cannot give one."""
        for blob, path in self._blobs.get(name, []):
            yield path, _blob(blob, path, self._asked, self._answered)


@contextmanager
def tree_at(commit: str, folder: Path) -> Iterator[Tree]:
    """What a folder held at a commit, nothing when it was not there; links and submodules are left out."""
    base = _base(folder)
    listed = _run(folder, "ls-tree", "-r", "-z", "--full-tree", f"{commit}:./{os.path.relpath(folder, base)}")
    lines = listed.stdout.split(b"\0") if listed.returncode == 0 else []
    entries = [_entry(line) for line in lines if line.startswith(_FILE_MODES)]
    with _store(base) as (asked, answered):
        yield Tree(entries, asked, answered)


def _entry(line: bytes) -> tuple[bytes, str]:
    """Object name and path of `<mode> <type> <object>TAB<path>` (git-ls-tree, output format)."""
    facts, _, path = line.partition(b"\t")
    return facts.split(b" ")[2], path.decode("utf-8", "surrogateescape")


def _blob(name: bytes, path: str, asked: IO[bytes], answered: IO[bytes]) -> bytes:
    """One file's bytes from `git cat-file --batch`: `<object> <type> <size>LF<contents>LF`."""
    asked.write(name + b"\n")
    asked.flush()
    head = answered.readline().split()
    if len(head) != 3 or head[1] != b"blob" or int(head[2]) > _MAX_BYTES:  # noqa: PLR2004 - as above
        raise CannotTell(f"git does not give {path!r}: it is missing or too large", "see `git fsck`")
    content = answered.read(int(head[2]))
    answered.read(1)
    return content


@contextmanager
def _store(base: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    process = subprocess.Popen(
        ["git", "cat-file", "--batch"], cwd=base, env=_environment(),  # noqa: S607 - the user's own git
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin and process.stdout  # noqa: S101, PT018 - both are pipes
    try:
        with process.stdin, process.stdout:
            yield process.stdin, process.stdout
    finally:
        process.kill()
        process.wait()


def _names(folder: Path, *arguments: str) -> list[str]:
    answer = _run(folder, *arguments)
    if answer.returncode:
        raise CannotTell(f"`{folder}` is not in a git repository", "run it where the output is committed")
    return [os.fsdecode(name) for name in answer.stdout.split(b"\0") if name]


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", *arguments]
    try:
        return subprocess.run(  # noqa: S603 - a revision's name cannot become an option: --end-of-options
            command, cwd=_base(folder), env=_environment(), capture_output=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as missing:
        raise CannotTell(
            "git is not installed", "install git, or name a folder instead of a revision"
        ) from missing
    except subprocess.TimeoutExpired as late:
        raise CannotTell(f"git gave no answer within {_SECONDS} s", "see `git status`") from late


def _base(folder: Path) -> Path:
    """The closest folder above that exists now: the one in question may be gone."""
    return next((above for above in folder.absolute().parents if above.is_dir()), Path("/"))


def _environment() -> dict[str, str]:
    """English messages, no locks, no questions, and no network for the sake of a missing file."""
    fixed = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    return {**os.environ, **fixed}
