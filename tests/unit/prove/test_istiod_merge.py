"""Merging is protobuf's, with Istio's one difference."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.prove.istiod.merge import merge, merge_any
from backstay.prove.istiod.values import read_value
from backstay.prove.istiod.words import Panicked

CLUSTER = "envoy.config.cluster.v3.Cluster"
LISTENER = "envoy.config.listener.v3.Listener"
HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
HCM_URL = f"type.googleapis.com/{HCM}"
TCP_URL = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"

names = st.text("abc", min_size=1, max_size=3)
seconds = st.integers(0, 10**6).map(lambda each: f"{each}s")
socket_options = st.lists(
    st.fixed_dictionaries(
        {"description": names}, optional={"int_value": st.integers(0, 9), "level": st.integers(0, 2)}
    ),
    max_size=3,
)
listeners = st.fixed_dictionaries(
    {},
    optional={
        "name": names,
        "transparent": st.booleans(),
        "tcp_backlog_size": st.integers(0, 3),
        "listener_filters_timeout": seconds,
        "socket_options": socket_options,
        "metadata": st.fixed_dictionaries(
            {}, optional={"filter_metadata": st.dictionaries(names, st.dictionaries(names, names))}
        ),
        "per_connection_buffer_limit_bytes": st.integers(0, 3),
    },
).map(lambda each: read_value(each, LISTENER).value)


@given(listeners)
def test_nothing_merged_in_changes_nothing(into: dict):
    """The empty message is neutral on either side."""
    assert merge(into, {}, LISTENER) == into
    assert merge({}, into, LISTENER) == into


@given(listeners, listeners)
def test_neither_side_is_changed(into: dict, value: dict):
    """Merging is a function, and its result shares nothing that can be edited with the value."""
    before = deepcopy((into, value))
    merged = merge(into, value, LISTENER)
    for option in merged.get("socket_options", []):
        if option not in into.get("socket_options", []):
            option["description"] = "edited"
    assert (into, value) == before


@given(listeners, listeners)
def test_scalars_overwrite_and_durations_are_replaced(into: dict, value: dict):
    """What the value sets, it wins."""
    merged = merge(into, value, LISTENER)
    for field in ("name", "listener_filters_timeout"):
        assert merged.get(field) == value.get(field, into.get(field))


@given(listeners, listeners)
def test_lists_append(into: dict, value: dict):
    """Lists become longer, in order, unless they are to be replaced."""
    ours, theirs = into.get("socket_options", []), value.get("socket_options", [])
    assert merge(into, value, LISTENER).get("socket_options", []) == ours + theirs
    replaced = merge(into, value, LISTENER, replace_lists=True).get("socket_options", [])
    assert replaced == (theirs or ours)


@given(listeners, listeners)
def test_map_entries_are_replaced_whole(into: dict, value: dict):
    """An entry of a map is never merged into, and other entries stay."""
    ours = into.get("metadata", {}).get("filter_metadata", {})
    theirs = value.get("metadata", {}).get("filter_metadata", {})
    merged = merge(into, value, LISTENER).get("metadata", {}).get("filter_metadata", {})
    assert merged == {**ours, **theirs}


@given(listeners, listeners)
def test_a_wrapped_zero_cannot_overwrite(into: dict, value: dict):
    """A wrapper that holds zero is a message with nothing set."""
    for field in ("transparent", "tcp_backlog_size"):
        merged = merge(into, value, LISTENER)
        expected = value.get(field) or into.get(field, value.get(field))
        assert merged.get(field) == expected


@given(listeners, listeners, listeners)
def test_merging_is_associative(one: dict, two: dict, three: dict):
    """It does not matter whether patches are joined first or applied one by one."""
    joined = merge(one, merge(two, three, LISTENER), LISTENER)
    assert merge(merge(one, two, LISTENER), three, LISTENER) == joined


def test_setting_one_of_a_oneof_clears_the_other():
    """A connection manager has either an inline route or a reference to one."""
    merged = merge({"route_config": {"name": "a"}, "stat_prefix": "s"}, {"rds": {}}, HCM)
    assert merged == {"rds": {}, "stat_prefix": "s"}


def test_protocol_options_of_a_cluster_are_a_map():
    """So a MERGE of HttpProtocolOptions takes away everything that was in them."""
    key = "typed_extension_protocol_options"
    merged = merge({key: {"a": {"@type": "x", "one": {}}, "b": {}}}, {key: {"a": {"@type": "x"}}}, CLUSTER)
    assert merged == {key: {"a": {"@type": "x"}, "b": {}}}


def test_an_any_inside_a_message_is_replaced():
    """Only filters and transport sockets are unpacked for a merge; an Any elsewhere is a scalar."""
    old = {"typed_dns_resolver_config": {"name": "a", "typed_config": {"@type": "x", "one": 1}}}
    new = {"typed_dns_resolver_config": {"typed_config": {"@type": "y", "two": 2}}}
    expected = {"name": "a", "typed_config": {"@type": "y", "two": 2}}
    assert merge(old, new, CLUSTER) == {"typed_dns_resolver_config": expected}


def test_a_struct_is_replaced_by_its_top_keys():
    """A Struct is a map, also where it is not the value of one."""
    typed = "udpa.type.v1.TypedStruct"
    assert merge({"value": {"a": {"x": 1}, "b": 1}}, {"value": {"a": {"y": 1}}}, typed) == {
        "value": {"a": {"y": 1}, "b": 1}
    }


def test_a_message_without_a_table_merges_by_its_looks():
    """Objects recurse, lists append, the rest overwrites."""
    old = {"a": {"x": [1], "z": {"deep": 1}}, "b": 0}
    new = {"a": {"x": [2], "y": 1, "z": {"deeper": 2}}, "b": 2}
    expected = {"a": {"x": [1, 2], "y": 1, "z": {"deep": 1, "deeper": 2}}, "b": 2}
    assert merge(old, new, "no.such.Message") == expected


def test_anys_of_one_type_are_merged_unpacked():
    """Two connection managers become one."""
    merged = merge_any(
        {"@type": HCM_URL, "http2_protocol_options": {"max_concurrent_streams": 7}, "rds": {}},
        {"@type": HCM_URL, "http2_protocol_options": {"connection_keepalive": {"interval": "60s"}}},
    )
    assert merged == {
        "@type": HCM_URL,
        "http2_protocol_options": {
            "max_concurrent_streams": 7,
            "connection_keepalive": {"interval": "60s"},
        },
        "rds": {},
    }


def test_anys_of_different_types_panic():
    """Istiod hands both to protobuf, which panics."""
    with pytest.raises(Panicked, match="descriptor mismatch"):
        merge_any({"@type": TCP_URL}, {"@type": HCM_URL})
