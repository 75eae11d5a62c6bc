"""Sidecar connection pools: which Sidecar a proxy uses, and what its pools do to inbound clusters."""

from __future__ import annotations

import pytest

from backstay.prove.istiod import NoteKind, Proxy, ProxyKind, apply
from support.istio import PINGS, rule, sidecar_object
from support.sidecar import (
    INBOUND,
    ORDERS,
    OUTBOUND,
    Service,
    effective,
    keepalive_of,
    note_kinds,
    options_of,
    rule_of,
    sidecar_config,
)


def test_a_sidecar_pool_takes_the_place_of_the_rules_on_the_server():
    """Which is how the application is spared; the rule's mark stays."""
    sidecar = sidecar_object("s", {"inboundConnectionPool": {"tcp": {"connectTimeout": "10s"}}})
    result = effective([rule(), sidecar])
    assert keepalive_of(result, OUTBOUND) == PINGS
    assert options_of(result, INBOUND) == {"explicit_http_config": {"http2_protocol_options": {}}}
    assert rule_of(result, INBOUND) == "a"


def test_a_sidecar_pool_works_without_a_rule():
    """Per port, or for all of them."""
    ports = [
        {"port": {"number": 9000}, "connectionPool": {"http": {"idleTimeout": "5s"}}},
        {"port": {"number": 1}},
    ]
    spec = {"ingress": ports, "inboundConnectionPool": {"http": {"idleTimeout": "9s"}}}
    own = (ORDERS, Service(ORDERS.host, 9001))
    result = effective([sidecar_object("s", spec)], own=own)
    assert options_of(result, INBOUND)["common_http_protocol_options"] == {"idle_timeout": "5s"}
    assert options_of(result, "inbound|9001||")["common_http_protocol_options"] == {"idle_timeout": "9s"}
    assert note_kinds(result) == [NoteKind.UNMODELLED]


@pytest.mark.parametrize(
    ("spec", "namespace", "counts"),
    [
        ({}, "shop", True),
        ({}, "istio-system", True),
        ({}, "other", False),
        ({"workloadSelector": {"labels": {"app": "orders"}}}, "shop", True),
        ({"workloadSelector": {"labels": {"app": "web"}}}, "shop", False),
        ({"workloadSelector": {"labels": {"app": "orders"}}}, "istio-system", False),
    ],
)
def test_which_sidecar_a_proxy_uses(spec: dict, namespace: str, counts):
    """Its namespace's, with a fitting selector or none, or the root namespace's without one."""
    pool = {"inboundConnectionPool": {"http": {"idleTimeout": "9s"}}}
    result = effective([sidecar_object("s", {**spec, **pool}, namespace)])
    assert ("common_http_protocol_options" in options_of(result, INBOUND)) is counts
    assert note_kinds(result) == ([] if counts else [NoteKind.NOT_SELECTED])


def test_only_one_sidecar_counts():
    """One with a selector before one without, the namespace's before the root's."""
    objects = [
        sidecar_object("a", {"inboundConnectionPool": {"http": {"idleTimeout": "1s"}}}, "istio-system"),
        sidecar_object("b", {"inboundConnectionPool": {"http": {"idleTimeout": "2s"}}}),
        sidecar_object(
            "c",
            {
                "workloadSelector": {"labels": {"app": "orders"}},
                "inboundConnectionPool": {"http": {"idleTimeout": "3s"}},
                "egress": [],
                "outboundTrafficPolicy": {},
            },
        ),
    ]
    result = effective(objects)
    assert options_of(result, INBOUND)["common_http_protocol_options"] == {"idle_timeout": "3s"}
    assert note_kinds(result) == [NoteKind.SHADOWED] * 2 + [NoteKind.UNMODELLED] * 2


def test_a_gateway_has_no_sidecar():
    """The object is for sidecars."""
    pool = {"inboundConnectionPool": {"http": {"idleTimeout": "1s"}}}
    gateway = Proxy("g", "shop", {}, ProxyKind.GATEWAY)
    result = apply([sidecar_object("s", pool)], sidecar_config([], [ORDERS]), gateway)
    assert result.notes == ()


def test_a_sidecar_with_half_a_keepalive_is_refused():
    """As a rule would be."""
    pool = {"http": {"http2KeepAlive": {"interval": "60s"}}}
    result = effective([sidecar_object("s", {"inboundConnectionPool": pool})])
    assert note_kinds(result) == [NoteKind.REFUSED]
