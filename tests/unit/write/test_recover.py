"""The next start after a kill in the middle of a commit, when somebody was there in between."""

import subprocess
import sys
from pathlib import Path

import pytest

from backstay.write.tree import open_tree, write_cluster

CRASH = """
import os, sys
from pathlib import Path
from conftest import _tree
from backstay.write import swap, tree
real, done = swap.swap, []
def swap_once(*paths):
    if done:
        os._exit(9)
    done.append(paths)
    real(*paths)
tree.swap = swap_once
with tree.open_tree(Path(sys.argv[1])) as opened:
    for cluster in "abc":
        opened.write(cluster, _tree(2))
    opened.remove_stale(set("abc"))
    opened.commit()
"""


@pytest.fixture
def crashed(out, tree):
    """Four old clusters; a run that changes three and removes one was killed after its first swap."""
    for cluster in ("a", "b", "c", "gone"):
        write_cluster(out, cluster, tree(1))
    done = subprocess.run(
        [sys.executable, "-c", CRASH, str(out)], cwd=Path(__file__).parent, check=False, capture_output=True
    )
    assert done.returncode == 9, done.stderr
    return out


def test_the_next_start_finishes_and_says_so(crashed, tree, on_disk):
    """What was swapped stays, the rest follows."""
    with open_tree(crashed) as opened:
        assert sorted(opened.recovered) == ["b", "c", "gone"]
    assert on_disk(crashed) == {f"{c}/{name}": data for c in "abc" for name, data in tree(2).items()}


def test_an_edit_made_since_the_kill_is_kept(crashed, tree, on_disk):
    """An edited cluster is not finished, one that was to go and got a file stays, a new foreign file is carried over."""
    edited = tree(1)["kustomization.yaml"] + b"mine: 1\n"
    (crashed / "b/kustomization.yaml").write_bytes(edited)
    (crashed / "c/notes.md").write_bytes(b"mine\n")
    (crashed / "gone/notes.md").write_bytes(b"mine\n")
    with open_tree(crashed) as opened:
        assert opened.recovered == ("c",)
    assert on_disk(crashed / "b") == {**tree(1), "kustomization.yaml": edited}
    assert on_disk(crashed / "c") == {**tree(2), "notes.md": b"mine\n"}
    assert on_disk(crashed / "gone") == {**tree(1), "notes.md": b"mine\n"}
    assert sorted(path.name for path in crashed.iterdir()) == ["a", "b", "c", "gone"]


def test_a_cluster_compiled_since_is_left_alone(crashed, tree, on_disk):
    """Where the content is there already, there is nothing to finish."""
    for name, data in tree(2).items():
        (crashed / "b" / name).write_bytes(data)
    with open_tree(crashed) as opened:
        assert "b" not in opened.recovered
    assert on_disk(crashed / "b") == tree(2)


@pytest.mark.parametrize("journal", [b"", b'{"version": 99}'])
def test_a_journal_that_cannot_be_used_finishes_nothing(crashed, tree, on_disk, journal):
    """A power cut may empty it, another version may have written it: the trees stay as they are, the stage goes."""
    next(crashed.glob(".backstay-stage-*/journal.json")).write_bytes(journal)
    with open_tree(crashed) as opened:
        assert opened.recovered == ()
    assert on_disk(crashed / "a") == tree(2)
    assert on_disk(crashed / "b") == tree(1)
    assert sorted(path.name for path in crashed.iterdir()) == ["a", "b", "c", "gone"]
