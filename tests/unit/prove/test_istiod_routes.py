"""Patches of route configurations, virtual hosts and routes."""

from __future__ import annotations

import pytest

from backstay.prove.istiod import NoteKind, Proxy, ProxyKind, Result, apply
from support.istio import envoy_filter
from support.sidecar import API, ORDERS, Service, cluster_name, manager_of, named, sidecar_config

PAY = Service("pay.shop.svc.cluster.local", 8080, "http")
HOST = f"{ORDERS.host}:9000"


def patch(
    apply_to: str, operation: str, value: dict | None, context: str = "SIDECAR_OUTBOUND", **match: object
) -> dict:
    """Return a patch on routes; `match` is its match on a route configuration."""
    body = {"operation": operation} | ({} if value is None else {"value": value})
    match = {"context": context} | ({"routeConfiguration": match} if match else {})
    return {"applyTo": apply_to, "match": match, "patch": body}


def run(*patches: dict, config: dict | None = None) -> Result:
    """Return what istiod makes of one EnvoyFilter with the patches."""
    given = config or sidecar_config([ORDERS], [ORDERS, PAY])
    return apply([envoy_filter("a", *patches)], given, API)


def host(result: Result) -> dict:
    """Return the virtual host of the orders service."""
    return named(result.config["routes"], "9000")["virtual_hosts"][0]


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({}, ["9000", "8080"]),
        ({"name": "9000"}, ["9000"]),
        ({"portNumber": 8080}, ["8080"]),
        ({"portNumber": 1}, []),
    ],
)
def test_which_configurations_a_match_reaches(match: dict, expected: list[str]):
    """By name or by the port that is the name."""
    result = run(patch("ROUTE_CONFIGURATION", "MERGE", {"max_direct_response_body_size_bytes": 5}, **match))
    found = [
        each["name"] for each in result.config["routes"] if "max_direct_response_body_size_bytes" in each
    ]
    assert found == expected


def test_a_configuration_named_after_a_host_has_no_port():
    """Istiod compares none, so a port never matches it."""
    config = {"routes": [{"name": "pay.shop.svc.cluster.local:8080"}]}
    result = run(patch("ROUTE_CONFIGURATION", "MERGE", {"vhds": {}}, portNumber=8080), config=config)
    assert result.config["routes"] == config["routes"]


def test_inbound_routes_are_inside_the_listener():
    """Their name carries the port."""
    merge = patch("HTTP_ROUTE", "MERGE", {"route": {"timeout": "5s"}}, "SIDECAR_INBOUND", portNumber=9000)
    result = run(merge)
    manager = manager_of(named(result.config["listeners"], "virtualInbound"))
    route = manager["route_config"]["virtual_hosts"][0]["routes"][0]
    assert route["route"] == {"cluster": "inbound|9000||", "timeout": "5s"}
    assert host(result) == host(run())


@pytest.mark.parametrize(
    ("match", "name", "applies"),
    [
        ({"portNumber": 80}, "http.8080", True),
        ({"portNumber": 8080}, "http.8080", False),
        ({"portNumber": 9090}, "http.9090", True),
        ({"portName": "web", "gateway": "shop/gw", "portNumber": 443}, "https.443.web.gw.shop", True),
        ({"gateway": "other/gw"}, "https.443.web.gw.shop", False),
        ({"portName": "api"}, "https.443.web.gw.shop", False),
        ({"portNumber": 443}, "https.443.odd", False),
        ({"portNumber": 80}, "plain", False),
        ({"name": "plain"}, "plain", True),
    ],
)
def test_a_gateways_configurations(match: dict, name: str, applies):
    """Their names carry pod port, port name and gateway; the port asked for is that of the service in front."""
    service = {
        "kind": "Service",
        "metadata": {"name": "front", "namespace": "shop"},
        "spec": {
            "selector": {"app": "front"},
            "ports": [{"port": 80, "targetPort": 8080}, {"port": 81, "targetPort": "named"}],
        },
    }
    unrelated = {**service, "spec": {**service["spec"], "selector": {"app": "other"}}}
    objects = [
        service,
        unrelated,
        envoy_filter("a", patch("ROUTE_CONFIGURATION", "MERGE", {"vhds": {}}, "GATEWAY", **match)),
    ]
    gateway = Proxy("front", "shop", {"app": "front"}, ProxyKind.GATEWAY)
    result = apply(objects, {"routes": [{"name": name}]}, gateway)
    assert ("vhds" in result.config["routes"][0]) is applies


@pytest.mark.parametrize(
    ("vhost", "applies"),
    [
        ({}, True),
        ({"name": HOST}, True),
        ({"name": "x"}, False),
        ({"domainName": "*"}, True),
        ({"domainName": "y"}, False),
    ],
)
def test_virtual_hosts_are_merged(vhost: dict, applies):
    """By name or by one of their domains."""
    result = run(
        patch("VIRTUAL_HOST", "MERGE", {"include_request_attempt_count": True}, name="9000", vhost=vhost)
    )
    assert ("include_request_attempt_count" in host(result)) is applies


def test_virtual_hosts_are_added_replaced_and_removed():
    """REPLACE and REMOVE need no more than a fitting configuration."""
    new = {"name": "new", "domains": ["new"]}
    added = named(run(patch("VIRTUAL_HOST", "ADD", new, name="9000")).config["routes"], "9000")
    assert [each["name"] for each in added["virtual_hosts"]] == [HOST, "new"]
    assert host(run(patch("VIRTUAL_HOST", "REPLACE", new, name="9000"))) == new
    removed = run(patch("VIRTUAL_HOST", "REMOVE", None, name="9000", vhost={"name": HOST}))
    assert named(removed.config["routes"], "9000")["virtual_hosts"] == []
    assert removed.notes == ()


def route_names(result: Result) -> list[str]:
    """Return the names of the routes in the virtual host of the orders service."""
    return [each["name"] for each in host(result)["routes"]]


@pytest.mark.parametrize(
    ("operation", "route", "expected"),
    [
        ("ADD", None, ["default", "b", "new"]),
        ("INSERT_FIRST", None, ["new", "default", "b"]),
        ("INSERT_FIRST", {"name": "b"}, ["new", "default", "b"]),
        ("INSERT_FIRST", {"name": "z"}, ["default", "b"]),
        ("INSERT_BEFORE", None, ["new", "default", "b"]),
        ("INSERT_BEFORE", {"name": "b"}, ["default", "new", "b"]),
        ("INSERT_BEFORE", {"name": "z"}, ["default", "b"]),
        ("INSERT_AFTER", None, ["default", "b", "new"]),
        ("INSERT_AFTER", {"name": "default"}, ["default", "new", "b"]),
        ("INSERT_AFTER", {"name": "z"}, ["default", "b"]),
        ("REMOVE", {"name": "b"}, ["default"]),
        ("REMOVE", {"action": "REDIRECT"}, ["default"]),
        ("REMOVE", {"action": "ROUTE"}, ["b"]),
        ("REMOVE", {"action": "ANY"}, []),
        ("REMOVE", None, []),
        ("REPLACE", {"name": "b"}, ["default", "b"]),
    ],
)
def test_editing_the_list_of_routes(operation: str, route: dict | None, expected: list[str]):
    """As among filters, but REPLACE does nothing, and INSERT_FIRST wants the route it names to be there."""
    config = sidecar_config([], [ORDERS])
    config["routes"][0]["virtual_hosts"][0]["routes"].append({"name": "b", "redirect": {}})
    value = None if operation == "REMOVE" else {"name": "new"}
    vhost = {"name": HOST} | ({} if route is None else {"route": route})
    result = run(patch("HTTP_ROUTE", operation, value, vhost=vhost), config=config)
    assert route_names(result) == expected
    assert bool(result.notes) is (expected == ["default", "b"])


def test_routes_are_merged_field_by_field():
    """What Istio put there stays unless the value says otherwise."""
    value = {"route": {"retry_policy": {"retry_on": "reset", "num_retries": 1}}}
    result = run(patch("HTTP_ROUTE", "MERGE", value, vhost={"name": HOST, "route": {"name": "default"}}))
    assert host(result)["routes"][0]["route"] == {
        "cluster": cluster_name(ORDERS),
        "timeout": "0s",
        "retry_policy": {"retry_on": "reset", "num_retries": 1},
    }


def test_a_match_on_a_host_that_is_not_there_is_spoken_of():
    """It is the commonest slip: the name needs the port."""
    result = run(patch("VIRTUAL_HOST", "MERGE", {"name": "x"}, vhost={"name": ORDERS.host}))
    assert [note.kind for note in result.notes] == [NoteKind.UNMATCHED]
