"""Failing file systems: a clear finding, the old output whole, no litter."""

import ctypes
import errno
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from backstay.core.failure import BadInput
from backstay.write import swap
from backstay.write.rules import RULES
from backstay.write.tree import open_tree, write_cluster

NOBODY = 65534


@pytest.fixture
def unprivileged(out):
    """Permissions count: for the time of the test this process is not root."""
    if os.geteuid():
        yield
        return
    # Every folder above must let a stranger through; pytest makes its own ones private.
    above = [
        folder for folder in out.parents if folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o001
    ]
    modes = [folder.stat().st_mode for folder in above]
    for folder in above:
        folder.chmod(0o755)
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)
    for folder, mode in zip(above, modes, strict=True):
        folder.chmod(mode)


@pytest.fixture
def mounted(out):
    """Mounts a small file system of its own at the output folder, with these options."""

    def mount(*options):
        out.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(out)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting a file system takes root and a permissive container")

    yield mount
    if os.path.ismount(out):
        subprocess.run(["umount", str(out)], check=True)


def _found(outcome):
    return [(f.rule, f.message.rsplit(": ", 1)[1]) for f in outcome.findings]


def test_a_full_disk_leaves_the_old_tree(out, tree, on_disk, mounted):
    """A real file system of a few pages: the new tree does not fit beside the old one."""
    mounted("size=64k")
    assert not write_cluster(out, "c", tree(1)).findings
    before = on_disk(out)
    outcome = write_cluster(out, "c", tree("x" * 30_000, "a.yaml", "b.yaml"))
    assert _found(outcome) == [("OUT005", "no space left on device")]
    assert "--out" in outcome.findings[0].help
    assert on_disk(out) == before
    assert not write_cluster(out, "c", tree(2)).findings


def test_a_read_only_file_system_is_named(out, tree, on_disk, mounted):
    """It is not a matter of permissions, so the help does not speak of them."""
    mounted("size=64k")
    write_cluster(out, "c", tree(1))
    before = on_disk(out)
    subprocess.run(["mount", "-o", "remount,ro", str(out)], check=True)
    outcome = write_cluster(out, "c", tree(2))
    assert _found(outcome) == [("OUT004", "read-only file system")]
    assert "mount" in outcome.findings[0].help
    assert on_disk(out) == before
    assert write_cluster(out, "c", tree(1)).unchanged == 4


@pytest.mark.parametrize("short", [False, True])
def test_a_write_that_fails_half_way_is_undone(out, tree, on_disk, monkeypatch, short):
    """No space, met at a later file or in the middle of one, wherever the test runs."""
    write_cluster(out, "c", tree(1))
    before = on_disk(out)
    write = os.write
    calls = []

    def fail(descriptor, data):
        calls.append(data)
        if len(calls) < 3:
            return write(descriptor, data)
        if short and len(calls) == 3:
            return write(descriptor, data[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    outcome = write_cluster(out, "c", tree(2))
    monkeypatch.undo()
    assert _found(outcome) == [("OUT005", "no space left on device")]
    assert on_disk(out) == before


def test_a_short_write_is_continued(out, tree, on_disk, monkeypatch):
    """The system may take less than it is given."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    write_cluster(out, "c", tree(1))
    assert on_disk(out / "c") == tree(1)


def test_a_folder_without_write_permission(out, tree, on_disk, unprivileged):
    """The output folder, or the one that it should be made in."""
    outcome = write_cluster(out, "c", tree(1))
    assert _found(outcome) == [("OUT004", "permission denied")]
    assert not out.exists()


def test_an_output_folder_without_write_permission(out, tree, on_disk, request):
    """What is there stays, and a run with nothing to write is not bothered."""
    write_cluster(out, "c", tree(1))
    out.chmod(0o555)
    request.getfixturevalue("unprivileged")
    before = on_disk(out)
    assert _found(write_cluster(out, "c", tree(2))) == [("OUT004", "permission denied")]
    assert on_disk(out) == before
    assert write_cluster(out, "c", tree(1)).unchanged == 4


def test_a_failing_swap_undoes_the_ones_before(out, tree, on_disk, monkeypatch):
    """All clusters or none, a new and a removed one included."""
    for cluster in ("a", "c", "gone"):
        write_cluster(out, cluster, tree(1))
    before = on_disk(out)
    real = swap.swap

    def fail(new, target, aside):
        if target.endswith("/c"):
            raise OSError(errno.EIO, "Input/output error")
        real(new, target, aside)

    monkeypatch.setattr("backstay.write.tree.swap", fail)
    with open_tree(out) as opened:
        for cluster in ("a", "b", "c"):
            opened.write(cluster, tree(2))
        opened.remove_stale({"a", "b", "c"})
        (finding,) = opened.commit()
    assert (finding.rule, finding.message) == ("OUT007", f"cannot write `{out}`: input/output error")
    assert on_disk(out) == before


def test_a_failing_removal_undoes_the_swaps(out, tree, on_disk, monkeypatch):
    """The last step of a commit can fail, too."""
    for cluster in ("a", "gone", "old"):
        write_cluster(out, cluster, tree(1))
    before = on_disk(out)
    rename = os.rename

    def fail(source, target):
        if str(source).endswith("/old"):
            raise OSError(errno.EBUSY, "Device or resource busy")
        rename(source, target)

    with open_tree(out) as opened:
        opened.write("a", tree(2))
        opened.write("b", tree(2))
        opened.remove_stale({"a", "b"})
        monkeypatch.setattr(os, "rename", fail)
        (finding,) = opened.commit()
        monkeypatch.undo()
    assert "mount" in finding.help
    assert on_disk(out) == before


def test_folders_that_cannot_be_exchanged_are_renamed(out, tree, on_disk, monkeypatch):
    """The way of file systems without an exchange has the same end, and undoes itself as well."""
    monkeypatch.setattr(swap, "exchange", lambda *_: False)
    write_cluster(out, "c", tree(1))
    assert not write_cluster(out, "c", tree(2)).findings
    assert on_disk(out) == {f"c/{name}": data for name, data in tree(2).items()}
    rename = os.rename
    target = str(out / "c")

    def fail(source, to):
        if to == target and "/new/" in str(source):
            raise OSError(errno.EIO, "Input/output error")
        rename(source, to)

    monkeypatch.setattr(os, "rename", fail)
    outcome = write_cluster(out, "c", tree(3))
    monkeypatch.undo()
    assert _found(outcome) == [("OUT007", "input/output error")]
    assert on_disk(out / "c") == tree(2)


@pytest.mark.parametrize(
    ("number", "way"), [(errno.EINVAL, "renames"), (errno.EXDEV, "fails"), (0, "exchange")]
)
def test_what_the_system_says_to_an_exchange(tmp_path, monkeypatch, number, way):
    """Not knowing how leads to renames, anything else is an error."""
    monkeypatch.setattr(swap, "_system_exchange", lambda: lambda *_: number)
    if way == "fails":
        with pytest.raises(OSError, match="link"):
            swap.exchange(str(tmp_path / "a"), str(tmp_path / "b"))
    else:
        assert swap.exchange(str(tmp_path / "a"), str(tmp_path / "b")) is (way == "exchange")


@pytest.mark.parametrize(("failed", "number"), [(0, 0), (-1, errno.ENOTSUP)])
def test_the_call_of_macos(monkeypatch, failed, number):
    """The same flag under another name; what the system answers is passed on."""
    calls = []
    library = SimpleNamespace(renamex_np=lambda *args: calls.append(args) or failed)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: library)
    monkeypatch.setattr(ctypes, "get_errno", lambda: errno.ENOTSUP)
    call = swap._system_exchange.__wrapped__()
    assert call(b"/one", b"/other") == number
    assert calls == [(b"/one", b"/other", 2)]
    del library.renamex_np
    assert swap._system_exchange.__wrapped__() is None


def test_the_system_exchanges_folders(tmp_path):
    """The real call of this system: both folders are there before and after, under each other's name."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    if not swap.exchange(str(tmp_path / "one"), str(tmp_path / "other")):
        pytest.skip("this system or file system cannot exchange two folders")
    assert (tmp_path / "one/file").read_text() == "other"
    assert (tmp_path / "other/file").read_text() == "one"


def test_a_read_only_folder_inside_a_cluster_can_be_replaced(tmp_path, tree, request):
    """Somebody's mode on a folder is kept on the new one and does not leave litter of the old one."""
    own = tmp_path / "own"
    own.mkdir()
    own.chmod(0o777)
    request.getfixturevalue("unprivileged")
    write_cluster(own, "c", tree(1))
    folder = own / "c/component/mesh"
    folder.chmod(0o555)
    assert not write_cluster(own, "c", tree(2)).findings
    assert (folder / "a.yaml").read_bytes() == tree(2)["component/mesh/a.yaml"]
    assert folder.stat().st_mode & 0o777 == 0o555
    assert os.listdir(own) == ["c"]
    folder.chmod(0o755)


def test_a_file_that_cannot_be_read_is_somebodys(tmp_path, tree, request):
    """What cannot be judged is not replaced, and what cannot be kept stops the write."""
    own = tmp_path / "own"
    (own / "c").mkdir(parents=True)
    (own / "c/kustomization.yaml").write_bytes(tree(1)["kustomization.yaml"])
    (own / "c/kustomization.yaml").chmod(0)
    own.chmod(0o777)
    (own / "c").chmod(0o777)
    request.getfixturevalue("unprivileged")
    assert [f.rule for f in write_cluster(own, "c", tree(1)).findings] == ["OUT002"]
    # Whether a stranger's file may get a second name is a setting of the system (fs.protected_hardlinks).
    assert _found(write_cluster(own, "c", tree(1, "a.yaml"))) in ([], [("OUT004", "permission denied")])
    assert (own / "c/kustomization.yaml").stat().st_size == len(tree(1)["kustomization.yaml"])
    assert os.listdir(own) == ["c"]


def test_litter_that_cannot_be_recovered_is_told(out, tree, monkeypatch):
    """A stage that cannot be read makes the call fail with its reason, not with a crash."""
    write_cluster(out, "c", tree(1))
    (out / ".backstay-stage-1").mkdir()
    monkeypatch.setattr(
        os, "rmdir", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error"))
    )
    with pytest.raises(BadInput, match="input/output error"), open_tree(out):
        pass


def test_the_family_is_in_order():
    """Ids rise without repeats, names are unique, and each rule says why it matters."""
    ids = [rule.id for rule in RULES]
    assert ids == [f"OUT{number:03}" for number in range(1, len(RULES) + 1)]
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(len(rule.why) > 20 for rule in RULES)
