"""`compile --check`: what is stale, as a diff, without touching anything."""

import os

from backstay.write.check import Change, stale
from backstay.write.tree import write_cluster


def test_an_up_to_date_cluster_has_nothing_to_tell(out, tree):
    """Files of others are none of its business."""
    write_cluster(out, "c", tree(1))
    (out / "c/notes.md").write_text("mine\n")
    assert stale(out, "c", tree(1)) == []


def test_missing_changed_and_left_over_files(out, tree, on_disk):
    """Each stale file once, by name, with both sides; the check changes nothing."""
    write_cluster(out, "c", tree(1, "a.yaml", "old.yaml"))
    before = on_disk(out)
    files = tree(2, "a.yaml", "b/new.yaml")
    files["provenance.json"] = tree(1)["provenance.json"]
    found = stale(out, "c", files)
    assert [(diff.file, diff.change) for diff in found] == [
        (f"{out}/c/a.yaml", Change.CHANGED),
        (f"{out}/c/b/new.yaml", Change.MISSING),
        (f"{out}/c/old.yaml", Change.LEFT_OVER),
    ]
    changed, missing, left_over = (diff.text() for diff in found)
    assert f"--- a/{out}/c/a.yaml\n+++ b/{out}/c/a.yaml\n" in changed
    assert "\n-value: 1\n" in changed
    assert "\n+value: 2\n" in changed
    assert "--- /dev/null\n" in missing
    assert "+value: 2\n" in missing
    assert "+++ /dev/null\n" in left_over
    assert "-value: 1\n" in left_over
    assert on_disk(out) == before


def test_one_byte_is_a_difference(out, tree):
    """A hand-edited file is stale, also when only its last newline is gone; edited left-overs are told, too."""
    write_cluster(out, "c", tree(1))
    edited = out / "c/kustomization.yaml"
    edited.write_bytes(edited.read_bytes()[:-1])
    (found,) = stale(out, "c", tree(1))
    assert found.change is Change.CHANGED
    assert found.text().endswith("-value: 1\n\\ No newline at end of file\n+value: 1\n")
    rest = {name: data for name, data in tree(1).items() if name != "kustomization.yaml"}
    assert [diff.change for diff in stale(out, "c", rest)] == [Change.LEFT_OVER]


def test_a_cluster_that_was_never_compiled_is_missing(out, tree):
    """There need not even be an output folder."""
    assert [diff.change for diff in stale(out, "c", tree(1))] == [Change.MISSING] * 4


def test_links_are_not_followed(out, tree, tmp_path):
    """What stands elsewhere is not this output, even when its bytes are right; nor is it shown."""
    write_cluster(tmp_path / "elsewhere", "c", tree(1))
    out.mkdir()
    (out / "c").symlink_to(tmp_path / "elsewhere/c")
    assert [diff.change for diff in stale(out, "c", tree(1))] == [Change.MISSING] * 4
    (out / "c").unlink()
    write_cluster(out, "c", tree(1))
    os.unlink(out / "c/kustomization.yaml")
    (out / "c/kustomization.yaml").symlink_to(tmp_path / "elsewhere/c/kustomization.yaml")
    (found,) = stale(out, "c", tree(1))
    assert (found.change, found.old) == (Change.CHANGED, None)


def test_bytes_that_are_not_text_are_shown_escaped(out, tree):
    """A diff can always be printed."""
    write_cluster(out, "c", tree(1))
    (out / "c/kustomization.yaml").write_bytes(b"\xff\n")
    (found,) = stale(out, "c", tree(1))
    assert "-\\xff\n" in found.text()
