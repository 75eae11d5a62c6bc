"""A kill at any moment leaves each cluster's old tree or its new one; the next start makes all of them one or the other."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backstay.write.tree import open_tree

pytestmark = pytest.mark.e2e  # hundreds of processes are killed: too long for the inner loop
HERE = Path(__file__).parent
WRITER = """
import sys
from pathlib import Path
from conftest import _tree
from backstay.write.tree import open_tree
turn = 0
while True:
    turn += 1
    with open_tree(Path(sys.argv[1])) as opened:
        for cluster in "abc":
            opened.write(cluster, _tree(turn % 2))
        assert not opened.commit()
        if turn == 1:
            print("started", flush=True)
"""


@pytest.mark.parametrize("way", ["exchange", "renames"])
def test_a_kill_before_any_system_call(tmp_path, way):
    """Every call of a run with a changed, a new and a removed cluster; recoveries are killed as well."""
    done = subprocess.run(
        [sys.executable, str(HERE / "kill_everywhere.py"), str(tmp_path), way],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    kills, in_commit, in_recovery = map(int, done.stdout.split())
    assert kills > 100
    assert in_commit >= 4
    assert in_recovery > 10


def test_a_kill_at_a_random_moment(tmp_path, tree, on_disk):
    """A writer that does nothing else is killed from outside, twenty times."""
    out = tmp_path / "overlays"
    whole = [
        {f"{cluster}/{name}": data for cluster in "abc" for name, data in tree(turn).items()}
        for turn in (0, 1)
    ]
    moments = random.Random(3)  # noqa: S311 - moments, not secrets
    for _ in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(out)], cwd=HERE, stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout.readline() == "started\n"
            time.sleep(moments.uniform(0, 0.03))
            writer.send_signal(signal.SIGKILL)
        found = {name: data for name, data in on_disk(out).items() if not name.startswith(".backstay-stage-")}
        for cluster in "abc":
            part = {name: data for name, data in found.items() if name.startswith(cluster)}
            assert part in [{n: d for n, d in one.items() if n.startswith(cluster)} for one in whole]
        with open_tree(out):
            pass
        assert on_disk(out) in whole
