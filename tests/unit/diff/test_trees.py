"""Output against output: every field of either side counts."""

from __future__ import annotations

from typing import Any

import pytest

from backstay.core.manifest import Role
from backstay.diff.trees import Former, against_tree
from support.planned import Object, config_map, obj, planned

FILE = "component/mesh/one.yaml"
Told = list[tuple[str, str, Any, Any]]


def told(now: Object | None, was: Object | None, file: str = FILE, role: Role = Role.OBJECT) -> Told:
    """What became of one file, in short."""
    new = [] if now is None else [planned(now, role, file)]
    old = [] if was is None else [Former("here", file, was)]
    return [(one.kind.value, one.words, one.planned, one.actual) for one in against_tree(new, old)]


def test_objects_come_and_go():
    """Each is one change."""
    assert told(config_map(a="1"), None) == [("missing-object", "", None, None)]
    assert told(None, config_map(a="1")) == [("extra-object", "", None, None)]


def test_fields_come_and_go():
    """Unlike with a cluster, what only the old side has is told."""
    assert told(config_map(a="1", b="2"), config_map(a="1", c="3")) == [
        ("missing-field", "data.b", "2", None), ("extra-field", "data.c", None, "3"),
    ]  # fmt: skip


def test_entries_of_a_list_come_and_go_by_name():
    """Wherever they stand."""
    now = obj("v1", "Pod", spec={"containers": [{"name": "a", "image": "x"}, {"name": "b"}]})
    was = obj("v1", "Pod", spec={"containers": [{"name": "c"}, {"name": "a", "image": "y"}]})
    assert told(now, was) == [
        ("changed", "spec.containers[a].image", "x", "y"),
        ("missing-field", "spec.containers[b]", {"name": "b"}, None),
        ("extra-field", "spec.containers[c]", None, {"name": "c"}),
    ]


@pytest.mark.parametrize(
    ("now", "was"),
    [({"a": "1Gi"}, {"a": "1024Mi"}), ({"timeout": "60s"}, {"timeout": "1m"}), ({"a": {}}, {"a": None}), ({"limit": 1}, {"limit": "1"})],
)  # fmt: skip
def test_other_spellings_are_other_output(now: Object, was: Object):
    """A file says what it says."""
    ((kind, *_),) = told(obj("v1", "Pod", spec={"limits": now}), obj("v1", "Pod", spec={"limits": was}))
    assert kind == "changed"


def test_a_null_is_more_than_nothing():
    """In a patch it takes something away."""
    now = obj("apps/v1", "Deployment", spec={"a": None})
    was = obj("apps/v1", "Deployment", spec={})
    assert told(now, was) == [("missing-field", "spec.a", None, None)]
    assert told(was, now) == [("extra-field", "spec.a", None, None)]


def test_another_version_of_the_same_object_is_one_changed_field():
    """Not one object that goes and one that comes."""
    now, was = obj("networking.istio.io/v1", "Sidecar"), obj("networking.istio.io/v1beta1", "Sidecar")
    assert told(now, was) == [
        ("changed", "apiVersion", "networking.istio.io/v1", "networking.istio.io/v1beta1")
    ]


def test_an_object_is_the_same_in_another_file():
    """Files may be renamed."""
    old = [Former("here", "component/pipelines/elsewhere.yaml", config_map(a="1"))]
    assert list(against_tree([planned(config_map(a="1"))], old)) == []


def test_an_object_and_a_patch_of_it_are_two_things():
    """A patch that became an object is a patch less and an object more."""
    old = [Former("here", "component/patches/one.yaml", config_map(a="1"))]
    found = list(against_tree([planned(config_map(a="1"))], old))
    assert [(one.kind.value, one.file) for one in found] == [
        ("missing-object", FILE), ("extra-object", "component/patches/one.yaml"),
    ]  # fmt: skip


def test_texts_of_a_bundle_are_compared_as_what_they_say():
    """At the top of a controller's config file; digests of such files are left to the files."""
    file = "bundle/kfp-launcher.yaml"
    assert told(
        {"providers": "a: {b: 1, c: 1}"}, {"providers": "a:\n  b: 2\n  c: 1\n"}, file, Role.BUNDLE
    ) == [("changed", "providers (a.b)", 1, 2)]
    now = {"files": [{"path": "a", "sha256": "1"}], "versions": {"istio": "1.31"}}
    was = {"files": [{"path": "a", "sha256": "2"}], "versions": {"istio": "1.30"}}
    assert told(now, was, "bundle/bundle.yaml", Role.BUNDLE) == [
        ("changed", "versions.istio", "1.31", "1.30")
    ]


def test_files_without_an_object_go_by_their_names():
    """Of kustomizations, and of a bundle's files."""
    old = [
        Former("here", "kustomization.yaml", {"resources": ["a"]}),
        Former("here", "bundle/old.yaml", {"a": 1}),
    ]
    new = [planned({"resources": ["b"]}, Role.KUSTOMIZE, "kustomization.yaml")]
    found = [(one.kind.value, str(one.ref), one.words) for one in against_tree(new, old)]
    assert found == [("changed", " ", "resources[0]"), ("extra-object", "File bundle/old.yaml", "")]


def test_several_patches_of_one_object_are_told_apart_by_their_files():
    """Each against its own; a patch whose file is new counts as renamed only where its old file is gone."""
    first, second = (obj("apps/v1", "Deployment", spec={key: 1}) for key in ("a", "b"))
    files = ("component/patches/one.yaml", "component/patches/two.yaml")
    new = [planned(value, Role.PATCH, file) for value, file in zip((first, second), files, strict=True)]
    old = [Former("here", file, value) for value, file in zip((second, first), reversed(files), strict=True)]
    assert list(against_tree(new, old)) == []
    renamed = [Former("here", "component/patches/old.yaml", first), old[0]]
    assert list(against_tree(new, renamed)) == []
    assert [one.kind.value for one in against_tree(new, old[:1])] == ["missing-object"]
