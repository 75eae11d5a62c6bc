"""Planned objects against a server's word on what applying them would give."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from backstay.core.manifest import Role
from backstay.diff.rehearsed import Rehearsal, against_rehearsal, request_body
from support.planned import Object, config_map, obj, planned, pod

Told = list[tuple[str, str, Any, Any]]


def told(
    plan: Object, live: Object | None, applied: Object | None, role: Role = Role.OBJECT, note: str = ""
) -> Told:
    """The changes in short."""
    found = against_rehearsal(planned(plan, role), Rehearsal(live, applied, note))
    return [(one.kind.value, one.words, one.planned, one.actual) for one in found]


def test_the_servers_own_spelling_is_the_plan():
    """Whatever admission and defaults make of it, also where no table of ours knows that."""
    plan, stored = (
        obj("example.com/v1", "Odd", spec={"mode": "fast"}),
        obj("example.com/v1", "Odd", spec={"mode": "FAST"}),
    )
    assert told(plan, stored, deepcopy(stored)) == []
    live = obj("example.com/v1", "Odd", spec={"mode": "SLOW", "more": 1})
    assert told(plan, live, {**stored, "spec": {"mode": "FAST", "more": 1}}) == [
        ("changed", "spec.mode", "FAST", "SLOW")
    ]


def test_what_the_server_would_not_store_must_not_be_there():
    """Such as an empty value of a variable."""
    plan = pod(containers=[{"name": "main", "env": [{"name": "A", "value": ""}]}])
    stored = pod(containers=[{"name": "main", "env": [{"name": "A"}]}])
    live = pod(containers=[{"name": "main", "env": [{"name": "A", "value": "x"}]}])
    words = "spec.template.spec.containers[main].env[A].value"
    assert told(plan, deepcopy(stored), stored) == []
    assert told(plan, live, stored) == [("extra-field", words, None, "x")]


def test_entries_of_others_in_the_answer_do_not_count():
    """Neither in keyed lists nor in mappings."""
    plan = pod(containers=[{"name": "main", "image": "a:1"}])
    applied = pod(
        containers=[{"name": "sidecar", "image": "s"}, {"name": "main", "image": "a:1", "tty": True}],
        dnsPolicy="x",
    )
    live = pod(containers=[{"name": "main", "image": "a:2"}])
    assert told(plan, live, applied) == [
        ("changed", "spec.template.spec.containers[main].image", "a:1", "a:2")
    ]


def test_a_list_that_the_server_merges_is_compared_with_its_result():
    """Finalizers are a set: ours and others' together."""
    plan = {**config_map(), "metadata": {"name": "one", "namespace": "space", "finalizers": ["a"]}}
    both = {**config_map(), "metadata": {"name": "one", "namespace": "space", "finalizers": ["a", "b"]}}
    assert told(plan, both, deepcopy(both)) == []
    assert told(plan, config_map(), both) == [("missing-field", "metadata.finalizers", ["a", "b"], None)]


def test_an_entry_that_the_answer_lacks_is_taken_as_planned():
    """A server that drops it silently does not hide it."""
    plan = pod(volumes=[{"name": "v", "configMap": {"name": "c"}}])
    assert told(plan, pod(), pod(volumes=[])) == [
        ("missing-field", "spec.template.spec.volumes", [{"name": "v", "configMap": {"name": "c"}}], None)
    ]


def test_nulls_of_a_patch_are_looked_for_in_the_live_object():
    """Server-side apply cannot take away what others own."""
    plan = pod(
        containers=[
            {
                "name": "main",
                "env": [{"name": "A", "value": None, "valueFrom": {"fieldRef": {"fieldPath": "x"}}}],
            }
        ]
    )
    entry = {"name": "A", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "x"}}}
    stored = pod(containers=[{"name": "main", "env": [entry]}])
    live = pod(containers=[{"name": "main", "env": [{**entry, "value": "y"}]}])
    assert told(plan, deepcopy(stored), stored, Role.PATCH) == []
    assert told(plan, live, live, Role.PATCH) == [
        ("extra-field", "spec.template.spec.containers[main].env[A].value", None, "y")
    ]


def test_a_refused_dry_run_leaves_the_plan_itself():
    """The server's words go with every change."""
    found = list(
        against_rehearsal(planned(config_map(a="1")), Rehearsal(config_map(a="2"), None, "immutable"))
    )
    assert [(one.words, one.planned, one.actual, one.note) for one in found] == [
        ("data.a", "1", "2", "immutable")
    ]
    assert told(config_map(a="1"), config_map(a="1"), None) == []


def test_a_missing_object_carries_the_note():
    """Such as that its kind is not served."""
    (change,) = against_rehearsal(planned(config_map()), Rehearsal(None, None, "not served"))
    assert (change.kind.value, change.note) == ("missing-object", "not served")


def test_what_is_applied_holds_no_nulls_and_no_directives():
    """Lists keep their other entries."""
    plan = pod(containers=[{"name": "main", "env": [{"name": "A", "value": None}, {"name": "B", "$patch": "delete"}]}],
               securityContext={"$patch": "replace", "runAsUser": 1}, nodeSelector=None)  # fmt: skip
    assert request_body(plan)["spec"] == {
        "template": {
            "spec": {
                "containers": [{"name": "main", "env": [{"name": "A"}]}],
                "securityContext": {"runAsUser": 1},
            }
        }
    }
