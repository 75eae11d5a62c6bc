"""The fleet: which files are clusters, one after the other, and every way in which one is refused."""

import os
from pathlib import Path

import pytest

from backstay.load.fleet import Refused, find, fleet, show
from backstay.load.profiles import Merged


@pytest.fixture
def specs(tmp_path, monkeypatch):
    """A folder of specs, in the current folder, that a test fills."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs" / "clusters").mkdir(parents=True)
    (tmp_path / "specs" / "profiles").mkdir()
    return Path("specs")


def _write(specs, **files):
    for name, text in files.items():
        folder, _, stem = name.partition("_")
        (specs / folder / f"{stem}.yaml").write_text(text)


def _cluster(name, rest=""):
    return f"kind: Cluster\nmetadata: {{name: {name}}}\n{rest}"


def _outline(specs):
    """Each loaded cluster's name, or the rules and places of a refused file."""
    return [
        each.value["metadata"]["name"]
        if isinstance(each, Merged)
        else (each.file, [(found.rule, str(found.place)) for found in each.found])
        for each in fleet(specs)
    ]


def test_clusters_come_in_the_order_of_their_files(specs):
    """With their profiles; hidden files, other files and folders are left alone."""
    _write(
        specs,
        clusters_b=_cluster("two", "extends: [p]\n"),
        clusters_a=_cluster("one"),
        profiles_p="kind: Profile\nx: 1\n",
    )
    (specs / "clusters" / "c.yml").write_text(_cluster("three"))
    (specs / "clusters" / ".d.yaml").write_text("[")
    (specs / "clusters" / "README.md").write_text("[")
    loaded = list(fleet(specs))
    assert [each.file for each in loaded] == [
        "specs/clusters/a.yaml",
        "specs/clusters/b.yaml",
        "specs/clusters/c.yml",
    ]
    assert [each.value.get("x") for each in loaded] == [None, 1, None]


def test_every_file_is_judged_and_the_rest_goes_on(specs):
    """Errors in one file do not hide those of another, nor the clusters that are sound."""
    _write(
        specs,
        clusters_a="a: [\n",
        clusters_b=_cluster("b"),
        clusters_c="a: 1\na: 2\nb: !x 1\n",
        clusters_d=_cluster("d", "extends: [no]\n"),
    )
    assert _outline(specs) == [
        ("specs/clusters/a.yaml", [("LOD003", "specs/clusters/a.yaml:2:1")]),
        "b",
        (
            "specs/clusters/c.yaml",
            [("LOD004", "specs/clusters/c.yaml:2:1"), ("LOD012", "specs/clusters/c.yaml:3:4")],
        ),
        ("specs/clusters/d.yaml", [("LOD014", "specs/clusters/d.yaml:3:11")]),
    ]


def test_profiles_that_nobody_extends_are_judged_too(specs):
    """Last, and only when there is something wrong with them."""
    _write(
        specs,
        clusters_a=_cluster("a"),
        profiles_good="kind: Profile\n",
        profiles_bad="a: @\n",
        profiles_whole="kind: Cluster\n",
    )
    assert _outline(specs) == [
        "a",
        ("specs/profiles/bad.yaml", [("LOD003", "specs/profiles/bad.yaml:1:4")]),
        ("specs/profiles/whole.yaml", [("LOD024", "specs/profiles/whole.yaml:1:7")]),
    ]


def test_two_clusters_of_one_name_are_refused(specs):
    """The second one, with the place of the first."""
    _write(
        specs,
        clusters_a=_cluster("x"),
        clusters_b=_cluster("y"),
        clusters_c=_cluster("x"),
        clusters_d="metadata: 3\n",
        clusters_e="metadata: 3\n",
    )
    loaded = list(fleet(specs))
    assert [isinstance(each, Merged) for each in loaded] == [True, True, False, True, True]
    (found,) = loaded[2].found
    assert (found.rule, str(found.place), found.message) == (
        "LOD015",
        "specs/clusters/c.yaml:2:18",
        "a second cluster named `x`",
    )
    assert [str(other.place) for other in found.related] == ["specs/clusters/a.yaml:2:18"]


@pytest.mark.parametrize("folder", ["specs/clusters", "specs"])
def test_an_empty_folder_is_a_mistake(specs, folder):
    """A run over nothing must not look like success."""
    (refused,) = fleet(Path(folder))
    assert [(found.rule, str(found.place)) for found in refused.found] == [("LOD016", "specs/clusters")]


def test_a_single_file_finds_its_profiles_beside_its_folder(specs):
    """As a commit hook names files; the other profiles are not judged then."""
    _write(
        specs, clusters_a=_cluster("a", "extends: [p]\n"), profiles_p="kind: Profile\nx: 1\n", profiles_q="["
    )
    (loaded,) = fleet(specs / "clusters" / "a.yaml")
    assert loaded.value["x"] == 1
    assert loaded.file == "specs/clusters/a.yaml"


def test_a_plain_folder_of_clusters_will_do(specs, monkeypatch):
    """Its profiles are inside or beside it, also when it is the current folder."""
    _write(specs, clusters_a=_cluster("a", "extends: [p]\n"), profiles_p="kind: Profile\nx: 1\n")
    monkeypatch.chdir(specs / "clusters")
    (loaded,) = fleet(Path())
    assert (loaded.file, loaded.documents[0].file, loaded.value["x"]) == ("a.yaml", "../profiles/p.yaml", 1)
    Path("profiles").mkdir()
    Path("profiles/p.yaml").write_text("kind: Profile\nx: 2\n")
    (loaded,) = fleet(Path())
    assert loaded.value["x"] == 2


@pytest.mark.parametrize("path", ["nowhere", "specs/clusters/no.yaml"])
def test_specs_that_do_not_exist_are_refused(specs, path):
    """By the name that was given."""
    (refused,) = fleet(Path(path))
    assert [(found.rule, found.message, str(found.place)) for found in refused.found] == [
        ("LOD001", "cannot be read: no such file or directory", path)
    ]


def test_links_may_not_leave_the_folder(specs, tmp_path):
    """Neither of clusters nor of profiles, while links inside are fine."""
    (tmp_path / "secret.yaml").write_text(_cluster("secret"))
    _write(specs, clusters_a=_cluster("a", "extends: [out]\n"), profiles_p="kind: Profile\n")
    (specs / "profiles" / "out.yaml").symlink_to(tmp_path / "secret.yaml")
    (specs / "clusters" / "b.yaml").symlink_to(tmp_path / "secret.yaml")
    (specs / "clusters" / "loop.yaml").symlink_to("loop.yaml")
    (specs / "clusters" / "z.yaml").symlink_to("../profiles/p.yaml")
    outline = _outline_files(specs)
    assert outline == {
        "specs/clusters/a.yaml": ["LOD023"],
        "specs/clusters/b.yaml": ["LOD023"],
        "specs/clusters/loop.yaml": ["LOD001"],
        "specs/clusters/z.yaml": [],
    }


def _outline_files(specs):
    return {
        each.file: [found.rule for found in each.found] if isinstance(each, Refused) else []
        for each in fleet(specs)
    }


def test_the_folder_itself_may_not_be_a_link_to_elsewhere(specs, tmp_path):
    """`specs/clusters` that leads out of `specs` is refused as a whole."""
    (tmp_path / "elsewhere").mkdir()
    (specs / "clusters").rmdir()
    (specs / "clusters").symlink_to(tmp_path / "elsewhere")
    (refused,) = fleet(specs)
    assert [(found.rule, str(found.place)) for found in refused.found] == [("LOD023", "specs/clusters")]


def test_a_folder_that_cannot_be_listed_is_refused(specs, monkeypatch):
    """With the system's own reason."""

    def locked(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", locked)
    (refused,) = fleet(specs)
    assert [(found.rule, found.message) for found in refused.found] == [
        ("LOD001", "cannot be read: permission denied")
    ]


def test_odd_file_names_can_be_printed(specs):
    """Neither bytes that are no UTF-8 nor control characters reach a terminal."""
    path = os.fsencode(specs / "clusters") + b"/\xff\x1b[31m.yaml"
    Path(os.fsdecode(path)).write_text("[")
    (refused,) = fleet(specs)
    assert refused.file == "specs/clusters/??[31m.yaml"
    assert refused.found[0].place.file == refused.file


def test_paths_outside_the_current_folder_stay_as_given(specs, tmp_path):
    """Inside, they are relative to it."""
    assert show(tmp_path / "specs") == "specs"
    assert show(tmp_path.parent / "other") == (tmp_path.parent / "other").as_posix()


def test_a_fleet_is_streamed(specs):
    """The first cluster is there before the second file is opened."""
    _write(specs, clusters_a=_cluster("a"), clusters_b=_cluster("b"))
    loaded = fleet(specs)
    assert next(loaded).value["metadata"]["name"] == "a"
    (specs / "clusters" / "b.yaml").write_text(_cluster("changed"))
    assert next(loaded).value["metadata"]["name"] == "changed"


def test_single_clusters_can_be_loaded_by_file(specs):
    """For whoever shares the files out among processes."""
    _write(specs, clusters_a=_cluster("a"), clusters_b="[")
    layout = find(specs)
    assert layout.files == ("a.yaml", "b.yaml")
    assert isinstance(layout.load("a.yaml"), Merged)
    assert isinstance(layout.load("b.yaml"), Refused)


def test_the_first_of_a_name_may_be_gone_by_then(specs):
    """The finding names its file all the same."""
    _write(specs, clusters_a=_cluster("x"), clusters_b=_cluster("x"))
    loaded = fleet(specs)
    next(loaded)
    (specs / "clusters" / "a.yaml").unlink()
    (found,) = next(loaded).found
    assert [str(other.place) for other in found.related] == ["specs/clusters/a.yaml"]
