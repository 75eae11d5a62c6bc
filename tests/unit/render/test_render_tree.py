"""A cluster's files: all of them, by name, the same bytes whatever the order of work."""

import json

import pytest
import yaml

from backstay.core.fact import Fact, Origin, OriginKind
from backstay.core.manifest import Manifest, Role, settle
from backstay.render.header import Header, Standing, standing
from backstay.render.provenance import lookup
from backstay.render.tree import render_tree
from backstay.render.yaml import dump

HEADER = Header("specs/clusters/c.yaml")
FIXED = Origin(OriginKind.FIXED, "t")
SPEC = Origin(OriginKind.SPEC, "a.b")


def _one(file, **body):
    return settle(Manifest(file, Role.OBJECT, {"kind": "A", **body}, FIXED), dump)


def _tree(*files):
    return render_tree("c", [_one(file) for file in files], HEADER, lambda _: "specs/clusters/c.yaml")


def test_files_come_by_name_with_the_provenance_among_them():
    """Sorted, complete, each with its header, whatever order they came in."""
    tree = _tree("z.yaml", "component/b.yaml", "component/a.yaml")
    assert list(tree) == ["component/a.yaml", "component/b.yaml", "provenance.json", "z.yaml"]
    assert all(standing(data) is Standing.INTACT for data in tree.values())
    assert yaml.safe_load(tree["z.yaml"]) == {"kind": "A"}
    assert tree == _tree("component/a.yaml", "z.yaml", "component/b.yaml")


def test_the_provenance_file_answers_for_the_leaves():
    """The file written beside the objects leads from a leaf to the profile that wrote it."""
    tree = render_tree("c", [_one("a.yaml", x=Fact(1, (SPEC,)))], HEADER, lambda _: "specs/profiles/p.yaml")
    found = json.loads(tree["provenance.json"])
    assert found["cluster"] == "c"
    assert lookup(found, "a.yaml", ("x",)) == ["spec:a.b"]
    assert found["origins"]["spec:a.b"] == {"file": "specs/profiles/p.yaml"}


def test_a_file_kept_elsewhere_is_in_the_provenance_only():
    """What a cluster has in the folder of the fleet is explained with the cluster."""
    beside = [_one("prod-eu.yaml", x=Fact(1, (SPEC,)))]
    tree = render_tree("c", [_one("a.yaml")], HEADER, lambda _: None, beside)
    assert list(tree) == ["a.yaml", "provenance.json"]
    assert lookup(json.loads(tree["provenance.json"]), "prod-eu.yaml", ("x",)) == ["spec:a.b"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a/../x",
        "./a",
        "a//b",
        "a/",
        ".",
        "..",
        "a\\b",
        "a\nb",
        "a\x00",
        "a\u202eb",
    ],
)
def test_an_unsafe_name_is_refused(name):
    """No emitter can write outside the cluster's folder, whatever a spec made it call its file."""
    with pytest.raises(AssertionError, match="no file may be called"):
        _tree("ok.yaml", name)


@pytest.mark.parametrize(
    "names", [("a.yaml", "a.yaml"), ("a.yaml", "A.yaml"), ("a", "a/b"), ("provenance.json",)]
)
def test_two_files_cannot_have_one_name(names):
    """Not even on a file system that ignores case, and no file can stand where another needs a folder."""
    with pytest.raises(AssertionError, match="two files want the name"):
        _tree(*names)
