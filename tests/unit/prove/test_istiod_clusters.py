"""Patches of clusters."""

from __future__ import annotations

import pytest

from backstay.prove.istiod import NoteKind, Proxy, ProxyKind, Result, apply
from support.istio import envoy_filter, options_patch
from support.sidecar import (
    API,
    OPTIONS,
    OPTIONS_TYPE,
    ORDERS,
    OUTBOUND,
    Service,
    cluster_name,
    effective,
    named,
    sidecar_config,
)

TLS_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
RAW_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"
HTTP2 = {"explicit_http_config": {"http2_protocol_options": {"connection_keepalive": {"timeout": "20s"}}}}
PLAIN = Service("plain.shop.svc.cluster.local", 5432, "tcp")
SUBSET = f"outbound|9000|v1|{ORDERS.host}"


def patch(operation: str, value: dict | None, context: str = "SIDECAR_OUTBOUND", **match: object) -> dict:
    """Return a patch on clusters; `match` is its match on one."""
    body = {"operation": operation} | ({} if value is None else {"value": value})
    match = {"context": context} | ({"cluster": match} if match else {})
    return {"applyTo": "CLUSTER", "match": match, "patch": body}


def run(*patches: dict, config: dict | None = None) -> Result:
    """Return what istiod makes of one EnvoyFilter with the patches."""
    given = config or sidecar_config([ORDERS], [ORDERS, PLAIN])
    return apply([envoy_filter("a", *patches)], given, API)


def names(result: Result) -> list[str]:
    """Return the names of the clusters."""
    return [each["name"] for each in result.config["clusters"]]


def touched(result: Result) -> set[str]:
    """Return the names of the clusters that a MERGE of a connect timeout reached."""
    return {each["name"] for each in result.config["clusters"] if each.get("connect_timeout") == "3s"}


@pytest.mark.parametrize(
    ("context", "match", "expected"),
    [
        ("SIDECAR_OUTBOUND", {"service": ORDERS.host}, {OUTBOUND, SUBSET}),
        ("SIDECAR_OUTBOUND", {"service": ORDERS.host, "portNumber": 9000}, {OUTBOUND, SUBSET}),
        ("SIDECAR_OUTBOUND", {"service": ORDERS.host, "portNumber": 80}, set()),
        ("SIDECAR_OUTBOUND", {"service": "orders"}, set()),
        ("SIDECAR_OUTBOUND", {"portNumber": 5432}, {cluster_name(PLAIN)}),
        ("SIDECAR_OUTBOUND", {"subset": "v1"}, {SUBSET}),
        ("SIDECAR_OUTBOUND", {"name": "BlackHoleCluster", "portNumber": 1}, {"BlackHoleCluster"}),
        ("SIDECAR_INBOUND", {"service": ORDERS.host}, {"inbound|9000||"}),
        ("SIDECAR_INBOUND", {"service": "other.shop.svc.cluster.local"}, set()),
        ("SIDECAR_INBOUND", {}, {"inbound|9000||", "InboundPassthroughCluster"}),
        (
            "SIDECAR_OUTBOUND",
            {},
            {
                OUTBOUND,
                cluster_name(PLAIN),
                SUBSET,
                "PassthroughCluster",
                "BlackHoleCluster",
            },
        ),
        ("GATEWAY", {}, set()),
    ],
)
def test_which_clusters_a_match_reaches(context: str, match: dict, expected: set[str]):
    """Host names are compared whole, a name stands alone, and no match means every cluster of the context."""
    config = sidecar_config([ORDERS], [ORDERS, PLAIN])
    subset = {**named(config["clusters"], OUTBOUND), "name": SUBSET}
    config["clusters"].append(subset)
    assert (
        touched(run(patch("MERGE", {"connect_timeout": "3s"}, context, **match), config=config)) == expected
    )


def test_an_inbound_cluster_without_services_is_matched_by_its_name():
    """Without istiod's metadata there is no host to compare."""
    config = {"clusters": [{"name": "inbound|9000||"}]}
    result = run(patch("MERGE", {"connect_timeout": "3s"}, "SIDECAR_INBOUND", portNumber=9000), config=config)
    assert result.config["clusters"] == [{"name": "inbound|9000||", "connect_timeout": "3s"}]


def test_merging_protocol_options_replaces_them_and_says_what_is_lost():
    """They are an entry of a map."""
    config = sidecar_config([], [ORDERS])
    options = named(config["clusters"], OUTBOUND)["typed_extension_protocol_options"][OPTIONS]
    options["common_http_protocol_options"] = {"idle_timeout": "71s"}
    result = run(options_patch(HTTP2, service=ORDERS.host), config=config)
    after = named(result.config["clusters"], OUTBOUND)["typed_extension_protocol_options"]
    assert after == {OPTIONS: {"@type": OPTIONS_TYPE, **HTTP2}}
    (note,) = result.notes
    assert note.kind is NoteKind.REPLACED
    assert "common_http_protocol_options.idle_timeout" in note.message
    assert "http2_protocol_options" not in note.message


def test_two_filters_on_one_cluster_overwrite_each_other():
    """The later one takes away what the earlier one put there."""
    idle = {"auto_config": {}, "common_http_protocol_options": {"idle_timeout": "9s"}}
    objects = [
        envoy_filter("a", options_patch(HTTP2, service=ORDERS.host), priority=10),
        envoy_filter("b", options_patch(idle, service=ORDERS.host), priority=20),
    ]
    result = effective(objects)
    after = named(result.config["clusters"], OUTBOUND)["typed_extension_protocol_options"][OPTIONS]
    assert after == {"@type": OPTIONS_TYPE, **idle}
    (note,) = result.notes
    assert (note.object.name, note.kind) == ("b", NoteKind.REPLACED)
    assert "connection_keepalive.timeout" in note.message


def test_clusters_are_removed():
    """Only the one that matches."""
    before, result = names(run()), run(patch("REMOVE", None, name="BlackHoleCluster"))
    assert names(result) == [name for name in before if name != "BlackHoleCluster"]
    assert result.notes == ()


@pytest.mark.parametrize(
    ("context", "count"), [("ANY", 1), ("SIDECAR_OUTBOUND", 1), ("SIDECAR_INBOUND", 1), ("GATEWAY", 0)]
)
def test_an_added_cluster_comes_once(context: str, count: int):
    """Also without a context."""
    assert names(run(patch("ADD", {"name": "new"}, context))).count("new") == count


def test_a_gateway_adds_once():
    """It has one context for everything."""
    gateway = Proxy("front", "shop", {}, ProxyKind.GATEWAY)
    result = apply([envoy_filter("a", patch("ADD", {"name": "new"}, "ANY"))], {"clusters": []}, gateway)
    assert names(result) == ["new"]


def test_a_taken_name_is_not_added_again():
    """Istiod drops the later of two clusters with one name."""
    result = run(patch("ADD", {"name": "new"}), patch("ADD", {"name": "new", "connect_timeout": "3s"}))
    assert names(result).count("new") == 1
    assert touched(result) == set()
    assert [note.kind for note in result.notes] == [NoteKind.SKIPPED]


def socket(name: str, **config: object) -> dict:
    """Return a transport socket."""
    return {"name": name, "typed_config": {"@type": TLS_TYPE, **config}}


def with_sockets(**fields: object) -> dict:
    """Return a configuration with one cluster that has the fields."""
    return {"clusters": [{"name": OUTBOUND, **fields}]}


def test_a_transport_socket_is_merged_into_the_one_of_its_name():
    """Unpacked; what else the value holds is not read."""
    config = with_sockets(transport_socket=socket("tls", sni="a"))
    value = {"transport_socket": socket("tls", allow_renegotiation=True), "connect_timeout": "3s"}
    result = run(patch("MERGE", value), config=config)
    expected = {"name": OUTBOUND, "transport_socket": socket("tls", sni="a", allow_renegotiation=True)}
    assert result.config["clusters"] == [expected]
    assert [note.kind for note in result.notes] == [NoteKind.SKIPPED]


@pytest.mark.parametrize("config", [with_sockets(), with_sockets(transport_socket=socket("raw"))])
def test_a_transport_socket_of_another_name_takes_its_place(config: dict):
    """And so it does where there was none."""
    result = run(patch("MERGE", {"transport_socket": socket("tls", sni="b")}), config=config)
    assert result.config["clusters"] == [{"name": OUTBOUND, "transport_socket": socket("tls", sni="b")}]


def test_a_transport_socket_is_looked_for_among_the_matches():
    """The first of its name gets it; when there is none, nothing happens."""
    matches = [
        {"name": "x", "transport_socket": socket("raw")},
        {"name": "y", "transport_socket": socket("tls")},
    ]
    config = with_sockets(transport_socket_matches=matches)
    found = run(patch("MERGE", {"transport_socket": socket("tls", sni="b")}), config=config).config[
        "clusters"
    ][0]
    assert found["transport_socket_matches"] == [
        matches[0],
        {"name": "y", "transport_socket": socket("tls", sni="b")},
    ]
    missed = run(patch("MERGE", {"transport_socket": socket("quic")}), config=config)
    assert missed.config["clusters"] == config["clusters"]
    assert [note.kind for note in missed.notes] == [NoteKind.SKIPPED]


def test_a_panic_costs_one_cluster_its_remaining_patches():
    """Other clusters, and what came before, are not touched by it."""
    raw = {"name": "tls", "typed_config": {"@type": RAW_TYPE}}
    config = with_sockets(transport_socket=raw)
    config["clusters"].append({"name": "other"})
    before = patch("MERGE", {"connect_timeout": "2s"})
    panics = patch("MERGE", {"transport_socket": socket("tls")}, name=OUTBOUND)
    after = patch("MERGE", {"connect_timeout": "3s"})
    result = run(before, panics, after, config=config)
    assert result.config["clusters"] == [
        {"name": OUTBOUND, "transport_socket": raw, "connect_timeout": "2s"},
        {"name": "other", "connect_timeout": "3s"},
    ]
    assert [note.kind for note in result.notes] == [NoteKind.PANIC]
