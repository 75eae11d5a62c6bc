"""What a change tells besides the values: the spec line that decides, what else does, who set it."""

from __future__ import annotations

from typing import Any

from backstay.core.fact import Fact, Origin, OriginKind
from backstay.core.manifest import YamlText
from support.planned import Object, changes, config_map, obj, pod, spec

VERSION = Origin(OriginKind.VERSION, "pipelines 2.15", "since then")


def test_a_field_is_told_by_the_spec_leaf_that_decides_it():
    """As file, line and column, which the caller looks up, and the route in the merged spec."""
    plan = config_map(a=spec("1", "storage", "url"), b=spec("2", "retries"))
    changed = {one.words: one for one in changes(plan, config_map(a="1", b="3"))}
    place = changed["data.b"].place
    assert (str(place), place.path) == ("specs/clusters/here.yaml:7:3", "retries")
    assert changed["data.b"].origins == (Origin(OriginKind.SPEC, "retries"),)


def test_a_field_without_a_spec_line_of_its_own_names_its_neighbours():
    """And says what it really comes from."""
    plan = config_map(a=spec("1", "storage", "url"), b=Fact("2", (VERSION,)))
    (change,) = changes(plan, config_map(a="1"))
    assert (change.place.path, change.origins) == ("storage.url", (VERSION,))


def test_a_value_inside_a_text_has_the_place_of_its_own_leaf():
    """Not of the first leaf that the text is made of."""
    text = YamlText(
        {"default": {"endpoint": spec("a:80", "storage", "url"), "region": spec("r", "storage", "region")}}
    )
    found = changes(config_map(providers=text), config_map(providers="default: {endpoint: b, region: s}"))
    assert [(one.words, one.place.path, one.origins[0].ref) for one in found] == [
        ("data.providers (default.endpoint)", "storage.url", "storage.url"),
        ("data.providers (default.region)", "storage.region", "storage.region"),
    ]


def test_a_value_too_many_inside_a_text_has_the_place_of_its_neighbours():
    """There is no leaf of the plan to name."""
    text = YamlText({"default": {"endpoint": spec("a:80", "storage", "url")}})
    (change,) = changes(
        config_map(providers=text), config_map(providers="default: {endpoint: 'a:80', more: 1}")
    )
    assert (change.words, change.place.path) == ("data.providers (default.more)", "storage.url")
    assert change.origins == (Origin(OriginKind.SPEC, "storage.url"),)


def test_a_missing_object_is_told_by_its_first_spec_leaf():
    """And by its output file."""
    (change,) = changes(config_map(a="1", b=spec("2", "retries")), None)
    assert (change.place.path, change.file) == ("retries", "component/mesh/one.yaml")


def managed(fields: Object, *, manager: str = "kubectl-edit", time: str = "2026-10-01T00:00:00Z") -> Object:
    """An entry of managedFields."""
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields}


def setter(plan: Object, actual: Object, *entries: Any) -> str | None:
    """Who set the one field that differs."""
    actual["metadata"] = {**actual["metadata"], "managedFields": list(entries)}
    (change,) = changes(plan, actual)
    return change.setter.manager if change.setter else None


def test_the_last_manager_of_the_field_is_named():
    """Of several the latest, and nobody who manages only other fields."""
    plan, actual = config_map(a="1"), config_map(a="2")
    ours, theirs = {"f:data": {"f:a": {}}}, {"f:data": {"f:b": {}}}
    early = managed(ours, manager="argocd", time="2026-09-01T00:00:00Z")
    late = managed(ours, manager="kubectl-edit")
    other = managed(theirs, manager="other", time="2027-01-01T00:00:00Z")
    assert setter(plan, actual, late, early, other) == "kubectl-edit"
    assert setter(plan, actual, other) is None


def test_entries_of_lists_are_found_by_their_keys():
    """As `k:{...}` in managedFields, whatever their place in the list."""
    plan = pod(containers=[{"name": "main", "ports": [{"containerPort": 80, "name": "a"}]}])
    actual = pod(
        containers=[{"name": "main", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "b"}]}]
    )
    port = {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:name": {}}}
    fields = {
        "f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"main"}': {"f:ports": port}}}}}
    }
    assert setter(plan, actual, managed(fields)) == "kubectl-edit"


def test_an_atomic_list_is_owned_as_a_whole():
    """Its entries have no owners of their own."""
    plan = obj("networking.istio.io/v1", "EnvoyFilter", spec={"configPatches": [{"applyTo": "CLUSTER"}]})
    actual = obj("networking.istio.io/v1", "EnvoyFilter", spec={"configPatches": [{"applyTo": "LISTENER"}]})
    assert setter(plan, actual, managed({"f:spec": {".": {}, "f:configPatches": {}}})) == "kubectl-edit"


def test_odd_managed_fields_name_nobody():
    """A dump may hold anything there."""
    plan, actual = config_map(a="1"), config_map(a="2")
    odd = [1, {}, managed({"f:data": 1}), managed({"f:data": {"k:{": {}}}), {"fieldsV1": []}]
    assert setter(plan, actual, *odd) is None
    pods = pod(containers=[{"name": "main", "image": "a"}]), pod(containers=[{"name": "main", "image": "b"}])
    bad = {
        "f:spec": {
            "f:template": {"f:spec": {"f:containers": {"k:{": {}, 'k:["name"]': {}, "v:1": {}, ".": {}}}}
        }
    }
    assert setter(*pods, managed(bad)) is None
    actual["metadata"]["managedFields"] = "x"
    (change,) = changes(plan, actual)
    assert change.setter is None
