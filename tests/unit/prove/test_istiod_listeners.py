"""Patches of listeners and of everything inside them."""

from __future__ import annotations

from copy import deepcopy

import pytest

from backstay.prove.istiod import Proxy, ProxyKind, apply
from support.istio import envoy_filter, keepalive_patch, options_patch
from support.listening import PLAIN, inbound, names, patch, pings, run
from support.sidecar import (
    API,
    OPTIONS,
    ORDERS,
    effective,
    named,
    sidecar_config,
)

TCP = "envoy.filters.network.tcp_proxy"
TLS_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"


@pytest.mark.parametrize(
    ("context", "inbound_pings", "outbound_pings"),
    [
        ("SIDECAR_INBOUND", True, False),
        ("SIDECAR_OUTBOUND", False, True),
        ("ANY", True, True),
        ("GATEWAY", False, False),
    ],
)
def test_a_context_is_a_side_of_the_sidecar(context: str, inbound_pings, outbound_pings):
    """Inbound managers face callers, outbound ones the pod's own application."""
    result = run(keepalive_patch(context))
    assert pings(inbound(result)) is inbound_pings
    assert pings(named(result.config["listeners"], "0.0.0.0_9000")) is outbound_pings


def test_a_match_without_a_context_is_any():
    """The default of the API."""
    bare = keepalive_patch()
    del bare["match"]["context"]
    result = run(bare)
    assert pings(inbound(result))
    assert pings(named(result.config["listeners"], "0.0.0.0_9000"))


def test_a_gateways_listeners_are_of_one_context():
    """Sidecar patches do not reach it."""
    config = sidecar_config([], [ORDERS])
    gateway = Proxy("front", "shop", {}, ProxyKind.GATEWAY)
    for context, expected in (("GATEWAY", True), ("SIDECAR_OUTBOUND", False)):
        result = apply([envoy_filter("a", keepalive_patch(context))], config, gateway)
        assert pings(named(result.config["listeners"], "0.0.0.0_9000")) is expected


@pytest.mark.parametrize(
    ("match", "chains"),
    [
        ({"portNumber": 9000}, [0]),
        ({"portNumber": 9999}, []),
        ({"name": "virtualInbound"}, [0, 1]),
        ({"name": "0.0.0.0_9000"}, []),
        ({"filterChain": {"name": "0.0.0.0_5432"}}, [1]),
        ({"filterChain": {"destinationPort": 5432}}, [1]),
        ({"filterChain": {"sni": "a.example"}}, [0]),
        ({"filterChain": {"transportProtocol": "tls"}}, [0]),
        ({"filterChain": {"applicationProtocols": "istio,h2"}}, [0]),
        ({"filterChain": {"applicationProtocols": "istio,h3"}}, []),
    ],
)
def test_which_chains_a_match_reaches(match: dict, chains: list[int]):
    """On the virtual listener a port number is the chain's destination port, which is the pod's port."""
    config = sidecar_config([ORDERS, PLAIN], [])
    config["listeners"][0]["filter_chains"].pop()
    config["listeners"][0]["filter_chains"][0]["filter_chain_match"] |= {
        "server_names": ["a.example"],
        "transport_protocol": "tls",
        "application_protocols": ["istio", "h2"],
    }
    result = run(patch("NETWORK_FILTER", "INSERT_FIRST", {"name": "new"}, **match), config=config)
    found = [
        i for i, chain in enumerate(inbound(result)["filter_chains"]) if chain["filters"][0]["name"] == "new"
    ]
    assert found == chains


@pytest.mark.parametrize(("port", "applies"), [(9000, True), (80, False)])
def test_on_other_listeners_a_port_is_the_listeners(port: int, applies):
    """An outbound listener is found by the port it is bound to."""
    result = run(patch("LISTENER", "MERGE", {"stat_prefix": "x"}, "SIDECAR_OUTBOUND", portNumber=port))
    assert ("stat_prefix" in named(result.config["listeners"], "0.0.0.0_9000")) is applies


def test_a_listener_patch_looks_at_the_virtual_listeners_own_port():
    """Only for what is inside it does the port mean a chain's."""
    assert (
        inbound(run(patch("LISTENER", "MERGE", {"stat_prefix": "x"}, portNumber=15006)))["stat_prefix"] == "x"
    )
    assert "stat_prefix" not in inbound(
        run(patch("LISTENER", "MERGE", {"stat_prefix": "x"}, portNumber=9000))
    )


def test_listeners_are_merged_and_removed():
    """Lists in a listener append; MERGE_AND_REPLACE_LIST puts the new list in their place."""
    option = {"level": "1", "name": "9", "int_value": "1", "state": "STATE_LISTENING"}
    merge = patch("LISTENER", "MERGE", {"socket_options": [option]})
    again = patch("LISTENER", "MERGE_AND_REPLACE_LIST", {"socket_options": [{**option, "int_value": "0"}]})
    assert inbound(run(merge, merge))["socket_options"] == [option, option]
    assert inbound(run(merge, again))["socket_options"] == [{**option, "int_value": "0"}]
    removed = run(patch("LISTENER", "REMOVE", None, name="virtualInbound"))
    assert "virtualInbound" not in names(removed.config["listeners"])
    assert removed.notes == ()


@pytest.mark.parametrize(
    ("context", "count"), [("ANY", 1), ("SIDECAR_OUTBOUND", 1), ("SIDECAR_INBOUND", 1), ("GATEWAY", 0)]
)
def test_an_added_listener_comes_once(context: str, count: int):
    """Also without a context, where each direction could take it; the name of an insertion makes no difference."""
    for operation in ("ADD", "INSERT_FIRST"):
        result = run(patch("LISTENER", operation, {"name": "new"}, context))
        assert names(result.config["listeners"]).count("new") == count
        assert names(result.config["listeners"])[0] == "virtualInbound"


def test_inbound_listeners_of_their_own_are_inbound():
    """A listener outside virtualInbound counts by its direction."""
    config = sidecar_config([ORDERS], [])
    config["listeners"].append({"name": "own", "traffic_direction": "INBOUND", "filter_chains": []})
    result = run(patch("LISTENER", "MERGE", {"stat_prefix": "x"}), config=config)
    assert [each.get("stat_prefix") for each in result.config["listeners"]] == ["x", "x"]


def test_filter_chains_are_added_merged_and_removed():
    """By the chain's name; a default chain is a chain, too."""
    config = sidecar_config([ORDERS], [])
    config["listeners"][0]["default_filter_chain"] = {"name": "last", "filters": [{"name": "x"}]}
    add = patch("FILTER_CHAIN", "ADD", {"name": "new", "filters": [{"name": "x"}]})
    merge = patch("FILTER_CHAIN", "MERGE", {"filters": [{"name": "y"}]}, filterChain={"name": "last"})
    drop = patch("FILTER_CHAIN", "REMOVE", None, filterChain={"name": "0.0.0.0_9000"})
    after = inbound(run(add, merge, drop, config=config))
    assert names(after["filter_chains"]) == ["virtualInbound-blackhole", "new"]
    assert names(after["default_filter_chain"]["filters"]) == ["x", "y"]
    gone = patch("FILTER_CHAIN", "REMOVE", None, filterChain={"name": "last"})
    assert "default_filter_chain" not in inbound(run(gone, config=config))


def test_a_chain_without_filters_does_not_outlive_a_patch():
    """Istiod takes it for a removed one."""
    config = sidecar_config([ORDERS], [])
    config["listeners"][0]["filter_chains"].append({"name": "empty"})
    assert "empty" not in names(inbound(run(keepalive_patch(), config=config))["filter_chains"])


def test_transport_sockets_of_one_name_are_merged_unpacked():
    """And then nothing else in the value is looked at; another name merges as messages do."""
    config = sidecar_config([ORDERS], [])
    tls = {
        "name": "tls",
        "typed_config": {"@type": TLS_TYPE, "common_tls_context": {"alpn_protocols": ["h2"]}},
    }
    config["listeners"][0]["filter_chains"][0]["transport_socket"] = tls
    more = {"name": "tls", "typed_config": {"@type": TLS_TYPE, "require_client_certificate": True}}
    chain = {"name": "0.0.0.0_9000"}
    same = run(
        patch("FILTER_CHAIN", "MERGE", {"name": "seen", "transport_socket": more}, filterChain=chain),
        config=config,
    )
    merged = inbound(same)["filter_chains"][0]
    assert merged["name"] == "0.0.0.0_9000"
    assert merged["transport_socket"]["typed_config"] == {
        **tls["typed_config"],
        "require_client_certificate": True,
    }
    named_so = {"name": "other", "typed_config": {"@type": TLS_TYPE}}
    other = run(
        patch("FILTER_CHAIN", "MERGE", {"transport_socket": named_so}, filterChain=chain), config=config
    )
    assert inbound(other)["filter_chains"][0]["transport_socket"] == named_so
    bare = run(
        patch("FILTER_CHAIN", "MERGE", {"transport_socket": {"name": "tls"}}, filterChain=chain),
        config=config,
    )
    assert inbound(bare)["filter_chains"][0]["transport_socket"] == tls


def test_nothing_given_is_changed():
    """The objects and the configuration stay as they were, and a patch used twice is not shared."""
    objects = [
        envoy_filter("a", keepalive_patch("ANY"), patch("NETWORK_FILTER", "ADD", {"name": "x"}, "ANY")),
        envoy_filter("b", options_patch({"auto_config": {}})),
    ]
    config = sidecar_config([ORDERS], [ORDERS])
    before = deepcopy((objects, config))
    result = effective(objects)
    apply(objects, config, API)
    added = [
        each
        for listener in result.config["listeners"]
        for chain in listener["filter_chains"]
        for each in chain["filters"]
    ]
    tail = [each for each in added if each["name"] == "x"]
    tail[0]["name"] = "edited"
    assert (objects, config) == before
    assert {each["name"] for each in tail[1:]} == {"x"}
    clusters = result.config["clusters"]
    assert {OPTIONS} == set(named(clusters, "BlackHoleCluster")["typed_extension_protocol_options"])


def test_a_config_may_lack_a_kind():
    """A missing list is an empty one."""
    assert apply([], {}, API).config == {"listeners": [], "clusters": [], "routes": []}
