"""One writer at a time, for as long as it lives and not longer."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading

import pytest

from backstay.core.failure import CannotTell
from backstay.write.tree import open_tree

HOLDER = """
import sys, time
from pathlib import Path
from backstay.write.tree import open_tree
with open_tree(Path(sys.argv[1])) as opened:
    opened.write("c", {"a.yaml": b"a: 1"})
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(out):
    """Another process that keeps the lock until it ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(out)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_gives_up_and_names_the_first(out, holder, on_disk):
    """It touches nothing, says who holds the folder, and what to do."""
    before = on_disk(out)
    with pytest.raises(CannotTell) as failure, open_tree(out, patience=0.1):
        pass
    assert failure.value.message == f"another backstay (process {holder.pid}) is writing to `{out}`"
    assert "again" in failure.value.help
    assert on_disk(out) == before


def test_the_lock_ends_with_its_holder(out, holder):
    """A killed writer blocks nobody, and what it staged is cleared away."""
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with open_tree(out, patience=0):
        assert os.listdir(out) == []


def test_a_second_writer_waits_for_a_quick_first(out, tree):
    """Two compiles at once both get their turn."""
    entered = threading.Event()
    order = []

    def first():
        with open_tree(out) as opened:
            entered.set()
            opened.write("c", tree(1))
            opened.commit()
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait()
    with open_tree(out, patience=30) as opened:
        order.append("second")
        assert opened.write("c", tree(1)).unchanged == 4
    thread.join()
    assert order == ["first", "second"]


def test_a_folder_that_went_away_while_waiting_is_made_again(out, tree, monkeypatch):
    """The first writer made the folder, used it for nothing and removed it: the second does not write into nowhere."""
    flock = fcntl.flock
    removed = []

    def lock(descriptor, how):
        if not removed:
            out.rmdir()
            removed.append(out)
        return flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", lock)
    with open_tree(out) as opened:
        assert not opened.write("c", tree(1)).findings
        assert opened.commit() == []
    assert removed
    assert (out / "c/kustomization.yaml").exists()


def test_a_file_system_without_locks_is_no_place_to_write(out, monkeypatch):
    """Going on without a lock could mix two trees, so there is no verdict."""

    def refuse(*_):
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(CannotTell, match="cannot be locked") as failure, open_tree(out):
        pass
    assert "--out" in failure.value.help
