"""Writing clusters: what changes, what stays, and what is nobody's business but its owner's."""

import os
import signal
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from backstay.core.failure import BadInput
from backstay.write.stage import stage_cluster
from backstay.write.swap import swap
from backstay.write.tree import open_tree, write_cluster

FOREIGN = b"mine\n"


def _rules(outcome):
    return [(found.rule, found.place.file.rsplit("overlays/", 1)[1]) for found in outcome.findings]


def _put(path: Path, data: bytes = FOREIGN, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_a_new_cluster_is_written_whole(out, tree, on_disk):
    """All files, their bytes, nothing else in the output folder."""
    outcome = write_cluster(out, "prod-eu", tree(1))
    assert (outcome.written, outcome.unchanged, outcome.removed, outcome.findings) == (4, 0, 0, ())
    assert on_disk(out) == {f"prod-eu/{name}": data for name, data in tree(1).items()}


def test_what_is_up_to_date_is_not_touched(out, tree):
    """Not one time or inode changes, of the folder that holds the clusters either."""
    write_cluster(out, "c", tree(1))

    def state():
        return {
            p: (s.st_ino, s.st_mtime_ns, s.st_ctime_ns) for p in [out, *out.rglob("*")] for s in [p.stat()]
        }

    before = state()
    outcome = write_cluster(out, "c", tree(1))
    assert (outcome.written, outcome.unchanged, outcome.removed) == (0, 4, 0)
    assert state() == before


def test_only_what_differs_is_written_anew(out, tree, on_disk):
    """A file that stays the same keeps its time; one that is no longer due goes, with its folder."""
    write_cluster(out, "c", tree(1))
    kept = out / "c/kustomization.yaml"
    before = kept.stat().st_mtime_ns
    files = {**tree(2, "component/mesh/a.yaml"), "kustomization.yaml": tree(1)["kustomization.yaml"]}
    outcome = write_cluster(out, "c", files)
    assert (outcome.written, outcome.unchanged, outcome.removed) == (2, 1, 1)
    assert on_disk(out / "c") == files
    assert kept.stat().st_mtime_ns == before
    assert not (out / "c/component/storage").exists()
    assert os.listdir(out) == ["c"]


def test_foreign_files_are_carried_over(out, tree, on_disk):
    """Bytes, modes, times, links, empty folders and the modes of folders: as their owner left them."""
    write_cluster(out, "c", tree(1))
    script = _put(out / "c/notes/run.sh", mode=0o750)
    (out / "c/notes/link").symlink_to("/nowhere")
    (out / "c/notes/dir-link").symlink_to("/")
    (out / "c/empty/inner").mkdir(parents=True)
    os.mkfifo(out / "c/pipe")
    (out / "c/component").chmod(0o2770)
    before = script.stat()
    assert not write_cluster(out, "c", tree(2, "component/mesh/a.yaml")).findings
    after = script.stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert script.read_bytes() == FOREIGN
    assert os.readlink(out / "c/notes/link") == "/nowhere"
    assert os.readlink(out / "c/notes/dir-link") == "/"
    assert (out / "c/empty/inner").is_dir()
    assert stat.S_ISFIFO((out / "c/pipe").stat().st_mode)
    assert stat.S_IMODE((out / "c/component").stat().st_mode) == 0o2770
    assert not (out / "c/component/storage").exists()


def test_foreign_files_are_copied_where_links_are_not_allowed(out, tree, monkeypatch):
    """A file system without hard links loses neither modes nor times nor symbolic links."""
    write_cluster(out, "c", tree(1))
    script = _put(out / "c/run.sh", mode=0o750)
    (out / "c/link").symlink_to("/nowhere")
    before = script.stat()

    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert not write_cluster(out, "c", tree(2)).findings
    after = script.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_nlink) == (before.st_mode, before.st_mtime_ns, 1)
    assert os.readlink(out / "c/link") == "/nowhere"


@pytest.mark.parametrize("name", ["kustomization.yaml", "component/mesh/a.yaml", "provenance.json"])
def test_a_hand_edited_file_is_refused_and_named(out, tree, on_disk, name):
    """Nothing of the cluster is written, whether the file is still due or left over; `force` replaces it."""
    write_cluster(out, "c", tree(1))
    edited = out / "c" / name
    edited.write_bytes(edited.read_bytes().replace(b"1", b"7"))
    before = on_disk(out)
    for files in (tree(2), tree(2, "other.yaml") if name != "provenance.json" else tree(2)):
        outcome = write_cluster(out, "c", files)
        assert _rules(outcome) == [("OUT001", f"c/{name}")]
        assert on_disk(out) == before
    outcome = write_cluster(out, "c", tree(2, "other.yaml"), force=True)
    assert not outcome.findings
    assert on_disk(out / "c") == tree(2, "other.yaml")


def test_an_edit_is_refused_even_when_nothing_else_changed(out, tree, on_disk):
    """The edit is what differs, so the same files compiled again do not undo it silently."""
    write_cluster(out, "c", tree(1))
    (out / "c/kustomization.yaml").write_bytes(tree(1)["kustomization.yaml"] + b"extra: 1\n")
    before = on_disk(out)
    assert _rules(write_cluster(out, "c", tree(1))) == [("OUT001", "c/kustomization.yaml")]
    assert on_disk(out) == before


@pytest.mark.parametrize("make", [_put, lambda p: p.symlink_to("/etc/hostname"), os.mkfifo])
def test_a_foreign_file_in_the_way_is_refused(out, tree, make):
    """A file, a link, a pipe: not ours; with `force` the thing goes and what a link led to stays."""
    (out / "c").mkdir(parents=True)
    make(out / "c/kustomization.yaml")
    assert _rules(write_cluster(out, "c", tree(1))) == [("OUT002", "c/kustomization.yaml")]
    assert os.listdir(out / "c") == ["kustomization.yaml"]
    assert not write_cluster(out, "c", tree(1), force=True).findings
    assert (out / "c/kustomization.yaml").read_bytes() == tree(1)["kustomization.yaml"]


def test_a_foreign_file_where_a_folder_is_due_is_refused(out, tree, on_disk):
    """`force` replaces the file, not more."""
    _put(out / "c/component")
    _put(out / "c/other")
    assert _rules(write_cluster(out, "c", tree(1))) == [("OUT002", "c/component")]
    assert not write_cluster(out, "c", tree(1), force=True).findings
    assert on_disk(out / "c") == {**tree(1), "other": FOREIGN}


def test_a_folder_of_somebody_where_a_file_is_due_is_refused_even_with_force(out, tree, on_disk):
    """Nobody who forces one file means a whole folder of others."""
    _put(out / "c/kustomization.yaml/notes")
    before = on_disk(out)
    for force in (False, True):
        assert _rules(write_cluster(out, "c", tree(1), force=force)) == [("OUT006", "c/kustomization.yaml")]
    assert on_disk(out) == before


def test_our_own_folder_makes_room_for_a_file_and_back(out, tree, on_disk):
    """A layout may change between versions: a/b.yaml becomes a, and a becomes a/b.yaml; empty folders are no obstacle."""
    for names in (("a/b.yaml",), ("a",), ("a/b.yaml",)):
        assert not write_cluster(out, "c", tree(1, *names)).findings
        assert on_disk(out / "c") == tree(1, *names)
    (out / "c/z.yaml/empty").mkdir(parents=True)
    assert not write_cluster(out, "c", tree(1, "z.yaml")).findings
    assert on_disk(out / "c") == tree(1, "z.yaml")


def test_an_empty_file_is_nobodys_loss(out, tree, on_disk):
    """What a power cut leaves of a file does not need `force`; an empty file elsewhere is somebody's marker."""
    write_cluster(out, "c", tree(1))
    (out / "c/kustomization.yaml").write_bytes(b"")
    _put(out / "c/.keep", b"")
    assert not write_cluster(out, "c", tree(2)).findings
    assert on_disk(out / "c") == {**tree(2), ".keep": b""}


def test_a_link_in_place_of_the_cluster_is_never_written_through(out, tree, tmp_path):
    """Not with `force` either, and whatever it leads to."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    _put(elsewhere / "kustomization.yaml")
    out.mkdir()
    (out / "prod-eu").symlink_to(elsewhere)
    (out / "gone").symlink_to(tmp_path / "nowhere")
    for cluster in ("prod-eu", "gone"):
        for force in (False, True):
            assert _rules(write_cluster(out, cluster, tree(1), force=force)) == [("OUT003", cluster)]
    assert os.listdir(elsewhere) == ["kustomization.yaml"]
    assert (elsewhere / "kustomization.yaml").read_bytes() == FOREIGN
    assert not (tmp_path / "nowhere").exists()


def test_a_link_inside_the_cluster_is_never_written_through(out, tree, tmp_path):
    """A link where a folder is due is in the way; `force` replaces the link and leaves its end alone."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (out / "c").mkdir(parents=True)
    (out / "c/component").symlink_to(elsewhere)
    assert _rules(write_cluster(out, "c", tree(1))) == [("OUT002", "c/component")]
    assert not write_cluster(out, "c", tree(1), force=True).findings
    assert os.listdir(elsewhere) == []
    assert not (out / "c/component").is_symlink()


def test_a_file_in_place_of_the_cluster_is_refused(out, tree):
    """The name is taken, and by what is for a person to say."""
    _put(out / "c")
    assert _rules(write_cluster(out, "c", tree(1))) == [("OUT006", "c")]
    assert (out / "c").read_bytes() == FOREIGN


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "", "a\\b", "a\nb"])
def test_an_unsafe_file_name_never_reaches_the_disk(out, tree, name):
    """The last door checks for itself."""
    with pytest.raises(AssertionError, match="nothing may be written as"):
        write_cluster(out, "c", {**tree(1), name: b"x"})
    assert not out.exists()


@pytest.mark.parametrize("cluster", ["..", "a/b", ".backstay-stage-1", "/etc", ""])
def test_an_unsafe_cluster_name_never_reaches_the_disk(out, tree, cluster):
    """A cluster is one folder right below the output."""
    with pytest.raises(AssertionError):
        write_cluster(out, cluster, tree(1))
    assert not out.exists()


def test_odd_names_in_a_finding_cannot_disturb_the_terminal(out, tree):
    """What does not print is escaped, bytes that are not UTF-8 too, and the odd file is carried over."""
    write_cluster(out, "c", tree(1))
    odd = os.fsencode(out / "c") + b"/\x1b[31m\xff.yaml"
    Path(os.fsdecode(odd)).write_bytes(tree(1)["kustomization.yaml"] + b"edited\n")
    (finding,) = write_cluster(out, "c", tree(2)).findings
    assert finding.message.startswith("`")
    assert "\\x1b[31m\\udcff.yaml" in finding.message
    Path(os.fsdecode(odd)).write_bytes(FOREIGN)
    assert not write_cluster(out, "c", tree(2)).findings
    assert os.path.exists(odd)


def test_nothing_changes_before_the_commit(out, tree, on_disk):
    """A run that finds a mistake in its last cluster leaves the first as it was, and no litter."""
    write_cluster(out, "a", tree(1))
    before = on_disk(out)
    with open_tree(out) as opened:
        opened.write("a", tree(2))
        opened.write("b", tree(2))
        assert {name for name in on_disk(out) if not name.startswith(".backstay-stage-")} == set(before)
    assert on_disk(out) == before


def test_a_run_that_writes_nothing_leaves_no_folder(out):
    """The output folder that it made to lock it goes again."""
    with open_tree(out) as opened:
        assert opened.commit() == []
    assert not out.exists()


def test_several_clusters_are_committed_together(out, tree, on_disk):
    """New, changed and removed ones in one commit; folders of others stay."""
    write_cluster(out, "old", tree(1))
    write_cluster(out, "a", tree(1))
    _put(out / "base/kustomization.yaml")
    with open_tree(out) as opened:
        opened.write("a", tree(2))
        opened.write("b", tree(2))
        assert opened.remove_stale({"a", "b"}) == []
        assert opened.removals == ("old",)
        assert opened.commit() == []
    expected = {f"{cluster}/{name}": data for cluster in "ab" for name, data in tree(2).items()}
    assert on_disk(out) == {**expected, "base/kustomization.yaml": FOREIGN}


@pytest.mark.parametrize("edit", ["foreign", "edited", "link"])
def test_a_removed_cluster_with_other_files_is_kept_and_told(out, tree, on_disk, edit):
    """Somebody's work does not go with the cluster."""
    write_cluster(out, "old", tree(1))
    if edit == "foreign":
        _put(out / "old/notes.md")
    elif edit == "link":
        (out / "old/notes.md").symlink_to("/")
    else:
        (out / "old/kustomization.yaml").write_bytes(tree(1)["kustomization.yaml"] + b"x: 1\n")
    before = on_disk(out)
    with open_tree(out) as opened:
        (finding,) = opened.remove_stale(set())
        assert opened.commit() == []
    assert (finding.rule, finding.severity) == ("OUT008", "warning")
    assert ("kustomization.yaml" if edit == "edited" else "notes.md") in finding.message
    assert on_disk(out) == before


def test_a_change_made_while_compiling_is_not_lost(out, tree, on_disk):
    """What somebody does to any cluster between its staging and the commit stops the whole commit."""
    write_cluster(out, "a", tree(1))
    write_cluster(out, "b", tree(1))
    with open_tree(out) as opened:
        opened.write("a", tree(2))
        opened.write("b", tree(2))
        _put(out / "b/notes.md")
        (finding,) = opened.commit()
    assert (finding.rule, finding.place.file) == ("OUT009", f"{out}/b")
    assert on_disk(out / "a") == tree(1)
    assert on_disk(out / "b") == {**tree(1), "notes.md": FOREIGN}


def test_a_worker_can_stage_for_its_parent(out, tree, on_disk):
    """The work goes to other processes, the decision to commit stays in one."""
    write_cluster(out, "a", tree(1))
    with open_tree(out) as opened, ProcessPoolExecutor(1, get_context("spawn")) as workers:
        work = workers.submit(stage_cluster, out, opened.stage, "a", tree(2), force=False)
        assert opened.take(work.result()).written == 4
        assert on_disk(out / "a") == tree(1)
        assert opened.commit() == []
    assert on_disk(out) == {f"a/{name}": data for name, data in tree(2).items()}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_swaps(out, tree, on_disk, monkeypatch, number):
    """Ctrl-C between two swaps takes effect after the last."""
    write_cluster(out, "a", tree(1))
    write_cluster(out, "b", tree(1))
    done = []
    at_arrival = []

    def swap_then_signal(*paths):
        swap(*paths)
        done.append(paths)
        os.kill(os.getpid(), number)

    monkeypatch.setattr("backstay.write.tree.swap", swap_then_signal)
    before = signal.signal(number, lambda *_: at_arrival.append(len(done)))
    try:
        with open_tree(out) as opened:
            opened.write("a", tree(2))
            opened.write("b", tree(2))
            assert opened.commit() == []
    finally:
        signal.signal(number, before)
    assert at_arrival == [2]
    assert on_disk(out / "a") == on_disk(out / "b") == tree(2)


def test_an_output_folder_that_is_a_file_is_bad_input(out, tree):
    """The call cannot be carried out at all, and says which path stands in the way."""
    _put(out)
    outcome = write_cluster(out, "c", tree(1))
    assert [(f.rule, f.place.file) for f in outcome.findings] == [("OUT006", str(out))]
    with pytest.raises(BadInput, match="not a directory"), open_tree(out / "below"):
        pass
