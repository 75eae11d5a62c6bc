"""Connection pools and the mesh's tcpKeepalive: what they make of a cluster."""

from __future__ import annotations

import pytest

from backstay.prove.istiod import Mesh, NoteKind, Result, apply
from support.istio import KEEPALIVE, PINGS, PROBES, rule
from support.sidecar import (
    INBOUND,
    OPTIONS,
    OPTIONS_TYPE,
    ORDERS,
    OUTBOUND,
    WEB,
    Service,
    cluster_name,
    effective,
    keepalive_of,
    named,
    note_kinds,
    options_of,
    probes_of,
    rule_of,
)


def test_keepalive_lands_on_clients_and_on_the_servers_own_sidecar():
    """The inbound cluster pings the application."""
    result = effective([rule()])
    assert keepalive_of(result, OUTBOUND) == keepalive_of(result, INBOUND) == PINGS
    assert options_of(result, OUTBOUND)["common_http_protocol_options"] == {}
    assert rule_of(result, OUTBOUND) == rule_of(result, INBOUND) == "a"
    assert result.notes == ()


@pytest.mark.parametrize(
    ("protocol", "upgrade", "expected"),
    [
        ("grpc", False, True),
        ("http", False, False),
        ("tcp", False, False),
        ("", False, False),
        ("http", True, True),
        ("tcp", True, True),
        ("", True, False),
    ],
)
def test_http2_keepalive_needs_a_port_known_to_speak_it(protocol: str, upgrade, expected):
    """Or the upgrade, which does nothing for a port whose protocol is detected; what is lost is spoken of."""
    service = Service("x.shop.svc.cluster.local", 7000, protocol)
    pool = {"http": {**KEEPALIVE["http"], **({"h2UpgradePolicy": "UPGRADE"} if upgrade else {})}}
    result = effective([rule(pool, host=service.host)], WEB, own=(), reachable=[service])
    assert (keepalive_of(result, cluster_name(service)) == PINGS) is expected
    assert note_kinds(result) == ([] if expected else [NoteKind.DROPPED])
    if not expected:
        assert (
            "no effect on `outbound|7000||x.shop.svc.cluster.local`: http2KeepAlive"
            in result.notes[0].message
        )


@pytest.mark.parametrize("protocol", ["http", "tcp"])
def test_http_options_need_some_protocol(protocol: str):
    """Istiod writes HTTP/1 when nothing else is settled, also on plain TCP."""
    service = Service("x.shop.svc.cluster.local", 7000, protocol)
    pool = {"http": {"idleTimeout": "5s"}}
    result = effective([rule(pool, host=service.host)], WEB, own=(), reachable=[service])
    assert options_of(result, cluster_name(service)) == {
        "common_http_protocol_options": {"idle_timeout": "5s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }


def test_an_upgrade_is_not_for_inbound_clusters():
    """The application speaks what it speaks."""
    service = Service("x.shop.svc.cluster.local", 7000, "http")
    result = effective(
        [rule({"http": {"h2UpgradePolicy": "UPGRADE"}}, host=service.host)],
        own=[service],
        reachable=[service],
    )
    assert options_of(result, "inbound|7000||") == {}
    assert options_of(result, cluster_name(service)) == {
        "explicit_http_config": {"http2_protocol_options": {}}
    }


def tls_cluster(*alpn: str) -> dict:
    """Return a cluster with the mesh's own TLS."""
    socket = {"name": "tls", "typed_config": {"common_tls_context": {"alpn_protocols": list(alpn)}}}
    http1 = {OPTIONS: {"@type": OPTIONS_TYPE, "explicit_http_config": {"http_protocol_options": {"x": 1}}}}
    http2 = {OPTIONS: {"@type": OPTIONS_TYPE, "explicit_http_config": {"http2_protocol_options": {}}}}
    return {
        "name": OUTBOUND,
        "transport_socket_matches": [{"name": "tlsMode-istio", "transport_socket": socket}],
        "typed_extension_protocol_options": http2 if "h2" in alpn else http1,
    }


def offered(result: Result) -> list[str]:
    """Return the protocols that the cluster's TLS offers."""
    (match,) = result.config["clusters"][0]["transport_socket_matches"]
    return match["transport_socket"]["typed_config"]["common_tls_context"]["alpn_protocols"]


def test_an_upgrade_offers_h2():
    """Otherwise the server's sidecar would not take HTTP/2."""
    cluster = tls_cluster("istio")
    del cluster["typed_extension_protocol_options"]
    result = apply([rule({"http": {"h2UpgradePolicy": "UPGRADE"}})], {"clusters": [cluster]}, WEB)
    assert offered(result) == ["istio", "h2"]


def test_use_client_protocol_takes_the_keepalive_away():
    """HTTP/2 options start afresh, h2 is not offered, HTTP/1 options are kept."""
    pool = {"http": {**KEEPALIVE["http"], "useClientProtocol": True, "h2UpgradePolicy": "UPGRADE"}}
    result = apply([rule(pool)], {"clusters": [tls_cluster("istio", "h2")]}, WEB)
    both = {"http_protocol_options": {}, "http2_protocol_options": {}}
    assert options_of(result, OUTBOUND) == {
        "common_http_protocol_options": {},
        "use_downstream_protocol_config": both,
    }
    assert offered(result) == ["istio"]
    assert "useClientProtocol takes it away" in result.notes[0].message
    kept = apply([rule({"http": {"useClientProtocol": True}})], {"clusters": [tls_cluster("istio")]}, WEB)
    assert options_of(kept, OUTBOUND)["use_downstream_protocol_config"]["http_protocol_options"] == {"x": 1}


def test_other_pool_settings_land_in_their_places():
    """Circuit breakers, timeouts and limits; a zero counts as unset."""
    pool = {
        "http": {
            "http2MaxRequests": 5,
            "http1MaxPendingRequests": 0,
            "maxRetries": 6,
            "maxRequestsPerConnection": 7,
            "maxConcurrentStreams": 8,
        },
        "tcp": {
            "maxConnections": 9,
            "connectTimeout": "3s",
            "maxConnectionDuration": "1h",
            "idleTimeout": "4s",
        },
    }
    result = effective([rule(pool)], WEB, own=())
    cluster = named(result.config["clusters"], OUTBOUND)
    assert cluster["connect_timeout"] == "3s"
    (limits,) = cluster["circuit_breakers"]["thresholds"]
    assert limits == {
        "max_requests": 5,
        "max_pending_requests": 2**32 - 1,
        "max_retries": 6,
        "max_connections": 9,
    }
    assert options_of(result, OUTBOUND) == {
        "common_http_protocol_options": {
            "idle_timeout": "4s",
            "max_requests_per_connection": 7,
            "max_connection_duration": "3600s",
        },
        "explicit_http_config": {"http2_protocol_options": {"max_concurrent_streams": 8}},
    }


def test_an_http_idle_timeout_comes_before_the_tcp_one():
    """Only one fits."""
    pool = {"http": {"idleTimeout": "5s"}, "tcp": {"idleTimeout": "9s"}}
    assert options_of(effective([rule(pool)]), OUTBOUND)["common_http_protocol_options"] == {
        "idle_timeout": "5s"
    }


def test_tcp_keepalive_lands_on_every_port():
    """In whole seconds; what is unset is left to the system."""
    services = [
        Service(f"{name or 'u'}.shop.svc.cluster.local", 7000, name) for name in ("grpc", "http", "tcp", "")
    ]
    pool = {"tcp": {"tcpKeepalive": {"time": "1m30s", "interval": "2500ms"}}}
    result = effective([rule(pool, host="*")], WEB, own=(), reachable=services)
    for service in services:
        assert probes_of(result, cluster_name(service)) == {"keepalive_time": 90, "keepalive_interval": 2}
    empty = effective([rule({"tcp": {"tcpKeepalive": {}}})])
    assert probes_of(empty, OUTBOUND) == {}


def test_the_meshs_tcp_keepalive_is_everywhere_and_is_overridden_field_by_field():
    """Pass-through clusters included; port level settings do not take it away."""
    mesh = Mesh(tcp_keepalive={"time": "10s", "interval": "5s", "probes": 3})
    whole = {"keepalive_time": 10, "keepalive_interval": 5, "keepalive_probes": 3}
    result = effective(
        [rule({"tcp": {"tcpKeepalive": {"time": "60s"}}})],
        mesh=mesh,
        reachable=(ORDERS, Service("x.y.svc.z", 1)),
    )
    assert probes_of(result, OUTBOUND) == probes_of(result, INBOUND) == {**whole, "keepalive_time": 60}
    assert probes_of(result, "outbound|1||x.y.svc.z") == whole
    assert probes_of(result, "PassthroughCluster") == probes_of(result, "InboundPassthroughCluster") == whole
    assert probes_of(result, "BlackHoleCluster") is None
    levels = {"portLevelSettings": [{"port": {"number": 9000}, "connectionPool": KEEPALIVE}]}
    assert probes_of(effective([rule(PROBES, trafficPolicy=levels)], mesh=mesh), OUTBOUND) == whole


def test_envoy_filters_come_after_rules():
    """Istiod patches the clusters it has built; both are told of in one run."""
    pool = {"http": {"idleTimeout": "5s"}}
    value = {"connect_timeout": "2s"}
    patch = {
        "applyTo": "CLUSTER",
        "match": {"cluster": {"name": OUTBOUND}},
        "patch": {"operation": "MERGE", "value": value},
    }
    filters = {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": "f", "namespace": "shop"},
        "spec": {"configPatches": [patch]},
    }
    result = effective([filters, rule({**pool, "tcp": {"connectTimeout": "9s"}})])
    assert named(result.config["clusters"], OUTBOUND)["connect_timeout"] == "2s"
    assert options_of(result, OUTBOUND)["common_http_protocol_options"] == {"idle_timeout": "5s"}
