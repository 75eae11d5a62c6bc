"""A real Envoy takes what istiod makes of Istio objects, or says what is wrong with it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from support.istio import (
    KEEPALIVE,
    PROBES,
    envoy_filter,
    keepalive_patch,
    options_patch,
    rule,
    sidecar_object,
)
from support.sidecar import (
    INBOUND,
    ORDERS,
    OUTBOUND,
    Service,
    effective,
    keepalive_of,
    manager_of,
    named,
    probes_of,
)

if TYPE_CHECKING:
    from backstay.prove.istiod import Result, Struct
    from e2e.support.envoy import Validate

pytestmark = pytest.mark.e2e

SERVICES = tuple(
    Service(f"{name}.shop.svc.cluster.local", 7000 + index, protocol)
    for index, (name, protocol) in enumerate({"pay": "http", "db": "tcp", "misc": ""}.items())
)
COMPLETE = {
    "common_http_protocol_options": {"idle_timeout": "3600s"},
    "explicit_http_config": {
        "http2_protocol_options": {"connection_keepalive": {"interval": "60s", "timeout": "20s"}}
    },
}


def judged(envoy: Validate, result: Result) -> tuple[bool, str]:
    """Return Envoy's verdict on a result."""
    return envoy(result.config["listeners"], result.config["clusters"], result.config["routes"])


def everything(*objects: Struct) -> Result:
    """Return what istiod makes of the objects for a pod with a port of every kind and a service of every kind."""
    return effective(objects, own=(ORDERS, *SERVICES), reachable=(ORDERS, *SERVICES))


def test_the_configuration_without_objects(envoy: Validate):
    """So what the other tests see is the objects' doing."""
    assert judged(envoy, everything()) == (True, "")


def test_keepalive_towards_callers(envoy: Validate):
    """By a field-by-field merge into every inbound connection manager."""
    result = everything(envoy_filter("a", keepalive_patch()))
    listener = named(result.config["listeners"], "virtualInbound")
    assert "connection_keepalive" in manager_of(listener)["http2_protocol_options"]
    assert judged(envoy, result) == (True, "")


def test_keepalive_towards_servers(envoy: Validate):
    """By complete protocol options in the place of Istio's."""
    result = everything(envoy_filter("a", options_patch(COMPLETE, service=ORDERS.host, portNumber=9000)))
    assert keepalive_of(result, OUTBOUND) == {"interval": "60s", "timeout": "20s"}
    assert judged(envoy, result) == (True, "")


def test_connection_pools(envoy: Validate):
    """Keepalive of both kinds on clients, and a Sidecar that spares the application."""
    pool = {**KEEPALIVE, **PROBES}
    spared = sidecar_object("s", {"inboundConnectionPool": {"tcp": {"connectTimeout": "10s"}}})
    result = everything(rule(pool, host="*"), spared)
    assert keepalive_of(result, OUTBOUND) is not None
    assert probes_of(result, OUTBOUND) is not None
    assert keepalive_of(result, INBOUND) is None
    assert judged(envoy, result) == (True, "")


def test_an_interval_of_zero_is_refused(envoy: Validate):
    """Leaving it out is how it is switched off, whatever the field's comment says."""
    patch = keepalive_patch(seconds=0)
    accepted, words = judged(envoy, everything(envoy_filter("a", patch)))
    assert not accepted
    assert "Interval" in words or "interval" in words
    assert "must be greater than or equal to 1ms" in words or ">=" in words


def test_options_without_a_protocol_are_refused(envoy: Validate):
    """A merge replaces them whole, so a patch of one field loses the protocol that Istio had chosen."""
    partial = {"common_http_protocol_options": {"idle_timeout": "60s"}}
    accepted, words = judged(envoy, everything(envoy_filter("a", options_patch(partial))))
    assert not accepted
    assert 'field: "upstream_protocol_options", reason: is required' in words


def test_a_route_to_a_cluster_that_is_not_there_is_judged_inline(envoy: Validate):
    """Routes are put where istiod would serve them, so Envoy reads them, too."""
    result = effective([])
    broken = deepcopy(result.config["routes"])
    broken[0]["virtual_hosts"][0]["domains"] = []
    accepted, words = envoy(result.config["listeners"], result.config["clusters"], broken)
    assert not accepted
    assert "domains" in words.lower()
