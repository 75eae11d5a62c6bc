"""Patches of listener, network and HTTP filters."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest

from backstay.prove.istiod import NoteKind, apply
from support.istio import envoy_filter, keepalive_patch
from support.listening import inbound, names, patch, run
from support.sidecar import (
    API,
    HCM,
    ORDERS,
    ROUTER_TYPE,
    TCP_TYPE,
    manager_of,
    named,
    sidecar_config,
)

ROUTER = "envoy.filters.http.router"
TCP = "envoy.filters.network.tcp_proxy"
INSPECTOR = "envoy.filters.listener.tls_inspector"
INSPECTOR_TYPE = "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"


def test_the_field_merge_keeps_what_is_there():
    """A MERGE of a connection manager goes field by field."""
    before = manager_of(named(sidecar_config([ORDERS], [])["listeners"], "virtualInbound"))
    after = manager_of(inbound(run(keepalive_patch())))
    keepalive = {"connection_keepalive": {"interval": "60s", "timeout": "20s"}}
    assert after == {**before, "http2_protocol_options": keepalive}


def test_a_filter_match_is_needed_or_the_merge_panics():
    """Without it the first filter of another type ends the whole call, later patches of other filters included."""
    bare = keepalive_patch()
    del bare["match"]["listener"]
    later = patch("LISTENER", "MERGE", {"stat_prefix": "seen"}, "SIDECAR_OUTBOUND")
    added = patch("NETWORK_FILTER", "INSERT_FIRST", {"name": "first"}, filterChain={"name": "0.0.0.0_5432"})
    result = run(bare, later, added)
    assert inbound(result) == inbound(run())
    assert named(result.config["listeners"], "0.0.0.0_9000")["stat_prefix"] == "seen"
    panic, unmatched = result.notes
    assert panic.kind is NoteKind.PANIC
    assert "descriptor mismatch: udpa.type.v1.TypedStruct != envoy.extensions" in panic.message
    assert unmatched.kind is NoteKind.UNMATCHED


def test_what_was_edited_before_a_panic_stays():
    """Istiod edits in place."""
    first = patch("LISTENER", "MERGE", {"stat_prefix": "seen"})
    bare = keepalive_patch()
    del bare["match"]["listener"]
    assert inbound(run(first, bare))["stat_prefix"] == "seen"


def test_a_filter_may_be_renamed_by_a_merge():
    """A name in the value wins, and a merge of a name alone leaves the configuration."""
    rename = patch(
        "NETWORK_FILTER",
        "MERGE",
        {"name": "renamed"},
        filterChain={"name": "0.0.0.0_5432", "filter": {"name": TCP}},
    )
    result = run(rename)
    filters = inbound(result)["filter_chains"][1]["filters"]
    assert filters[1] == {**inbound(run())["filter_chains"][1]["filters"][1], "name": "renamed"}
    assert result.notes == ()


def test_a_filter_without_a_configuration_is_left_alone():
    """There is nothing to merge into."""
    config = sidecar_config([ORDERS], [])
    config["listeners"][0]["filter_chains"][0]["filters"].append({"name": "bare"})
    result = run(
        patch("NETWORK_FILTER", "MERGE", {"name": "x"}, filterChain={"filter": {"name": "bare"}}),
        config=config,
    )
    assert inbound(result)["filter_chains"][0]["filters"][-1] == {"name": "bare"}
    assert [note.kind for note in result.notes] == [NoteKind.SKIPPED]


def test_a_filter_of_a_type_istiod_does_not_know_is_left_alone():
    """The error is swallowed."""
    config = sidecar_config([ORDERS], [])
    alien = {"name": "alien", "typed_config": {"@type": "type.googleapis.com/no.such.Message"}}
    config["listeners"][0]["filter_chains"][0]["filters"].append(deepcopy(alien))
    merge = patch(
        "NETWORK_FILTER",
        "MERGE",
        {"typed_config": {"@type": TCP_TYPE}},
        filterChain={"filter": {"name": "alien"}},
    )
    result = run(merge, config=config)
    assert inbound(result)["filter_chains"][0]["filters"][-1] == alien
    assert [note.kind for note in result.notes] == [NoteKind.SKIPPED]


@pytest.mark.parametrize(
    ("operation", "wanted", "expected"),
    [
        ("ADD", None, ["a", "b", "new"]),
        ("ADD", "a", ["a", "b", "new"]),
        ("INSERT_FIRST", None, ["new", "a", "b"]),
        ("INSERT_BEFORE", None, ["new", "a", "b"]),
        ("INSERT_BEFORE", "b", ["a", "new", "b"]),
        ("INSERT_BEFORE", "z", ["a", "b"]),
        ("INSERT_AFTER", None, ["a", "b", "new"]),
        ("INSERT_AFTER", "a", ["a", "new", "b"]),
        ("INSERT_AFTER", "z", ["a", "b"]),
        ("REPLACE", "a", ["new", "b"]),
        ("REPLACE", None, ["a", "b"]),
        ("REPLACE", "z", ["a", "b"]),
        ("REMOVE", "a", ["b"]),
        ("REMOVE", None, ["a", "b"]),
        ("REMOVE", "z", ["a", "b"]),
    ],
)
@pytest.mark.parametrize("apply_to", ["NETWORK_FILTER", "HTTP_FILTER", "LISTENER_FILTER"])
def test_editing_a_list_of_filters(apply_to: str, operation: str, wanted: str | None, expected: list[str]):
    """The same operations for the three kinds of filters."""
    config, items, match = filters_of(apply_to, wanted)
    items[:] = [{"name": "a"}, {"name": "b"}]
    value = None if operation == "REMOVE" else {"name": "new"}
    before = names(items)
    result = run(patch(apply_to, operation, value, **match), config=config)
    found = names(listed(apply_to, inbound(result)))
    assert [name for name in found if name != HCM] == expected
    unmatched = [note.kind for note in result.notes] == [NoteKind.UNMATCHED]
    assert unmatched is (before == expected)


def filters_of(apply_to: str, wanted: str | None) -> tuple[dict, list, dict]:
    """Return a configuration, the list in it that `apply_to` edits, and the match on one of its items."""
    config = sidecar_config([ORDERS], [])
    listener = config["listeners"][0]
    listener["filter_chains"].pop()
    listener["listener_filters"] = []
    items = listed(apply_to, listener)
    if apply_to == "LISTENER_FILTER":
        return config, items, {"listenerFilter": wanted} if wanted else {}
    if apply_to == "NETWORK_FILTER":
        return config, items, {"filterChain": {"filter": {"name": wanted}}} if wanted else {}
    sub = {"subFilter": {"name": wanted}} if wanted else {}
    return config, items, {"filterChain": {"filter": {"name": HCM, **sub}}}


def listed(apply_to: str, listener: dict) -> list:
    """Return the filters of a kind in the listener."""
    if apply_to == "LISTENER_FILTER":
        return listener["listener_filters"]
    if apply_to == "NETWORK_FILTER":
        return listener["filter_chains"][0]["filters"]
    return manager_of(listener)["http_filters"]


def test_http_filters_are_merged_unpacked():
    """By subFilter name; another type panics."""
    match = {"filterChain": {"filter": {"name": HCM, "subFilter": {"name": ROUTER}}}}
    value = {"name": ROUTER, "typed_config": {"@type": ROUTER_TYPE, "suppress_envoy_headers": True}}
    merged = manager_of(inbound(run(patch("HTTP_FILTER", "MERGE", value, **match))))["http_filters"]
    assert merged == [
        {"name": ROUTER, "typed_config": {"@type": ROUTER_TYPE, "suppress_envoy_headers": True}}
    ]
    other = {"typed_config": {"@type": TCP_TYPE}}
    assert run(patch("HTTP_FILTER", "MERGE", other, **match)).notes[0].kind is NoteKind.PANIC


def test_a_manager_by_name_of_another_type_has_no_http_filters():
    """Istiod cannot unpack it and goes on."""
    config = sidecar_config([ORDERS], [])
    config["listeners"][0]["filter_chains"][0]["filters"][1]["typed_config"] = {"@type": TCP_TYPE}
    result = run(patch("HTTP_FILTER", "ADD", {"name": "new"}), config=config)
    assert [note.kind for note in result.notes] == [NoteKind.UNMATCHED]


def listener_filter_config() -> dict:
    """Return a configuration with one listener filter."""
    config = sidecar_config([ORDERS], [])
    config["listeners"][0]["listener_filters"] = [
        {"name": INSPECTOR, "typed_config": {"@type": INSPECTOR_TYPE}}
    ]
    return config


def test_listener_filters_are_merged_since_1_27():
    """And only with a match on one."""
    value = {"typed_config": {"@type": INSPECTOR_TYPE, "initial_read_buffer_size": 512}}
    merge = patch("LISTENER_FILTER", "MERGE", value, listenerFilter=INSPECTOR)
    merged = {"name": INSPECTOR, **value}
    result = run(merge, config=listener_filter_config())
    assert inbound(result)["listener_filters"] == [merged]
    older = replace(API, istio_version="1.26.8")
    skipped = apply([envoy_filter("a", merge)], listener_filter_config(), older)
    assert (
        inbound(skipped)["listener_filters"] == listener_filter_config()["listeners"][0]["listener_filters"]
    )
    assert [note.kind for note in skipped.notes] == [NoteKind.SKIPPED]


def test_a_listener_filter_patch_may_miss_its_listener():
    """A listener by another name is passed by."""
    result = run(
        patch("LISTENER_FILTER", "ADD", {"name": "x"}, name="nowhere"), config=listener_filter_config()
    )
    assert [note.kind for note in result.notes] == [NoteKind.UNMATCHED]
