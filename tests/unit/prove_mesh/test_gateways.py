"""Calls through gateways: what their Envoys are told, what is claimed about each side, and what cannot be tried."""

from __future__ import annotations

import pytest

from backstay.model.hop import Side
from backstay.prove.mesh.claims import claims, untried_call
from backstay.prove.mesh.pace import notice_pace, silence_pace
from backstay.prove.mesh.words import Kind
from backstay.upstream.istio import HCM, HTTP_PROTOCOL_OPTIONS
from support.proving import setting_of, told

PINGS = {"interval": "60s", "timeout": "20s"}
EDGE = {"labels": {"istio": "ingressgateway"}}
API = {"kind": "gateway-api", "gateway": "public", "namespace": "gateways"}
OUT = {
    "labels": {"istio": "egressgateway"},
    "service": {
        "host": "istio-egressgateway.istio-system.svc.cluster.local",
        "port": 80,
        "portName": "http2",
    },
}
FEATURES = {"host": "features.prod.svc.cluster.local", "port": 8443, "protocol": "grpc", "runtime": "go"}
CALL = {
    "from": "trainers", "to": "features", "via": ["front", "gate", "back"], "stream": "server",
    "silentFor": "1h", "detectDeadPeerIn": "2m",
}  # fmt: skip
BOXES = {"front": {"idle": "300s"}, "back": {"idle": "400s"}}


def through(gateway, *, version="1.31", client=False, server=True, **call):
    """A call through a gateway between two boxes."""
    return setting_of(
        istio={"version": version}, client=client, boxes=BOXES, gateways={"gate": gateway},
        services={"features": {**FEATURES, "sidecar": server}}, calls=[{**CALL, **call}],
    )  # fmt: skip


def cluster_pings(resources):
    """The HTTP/2 keepalive of the only cluster."""
    [cluster] = resources["clusters"]
    options = cluster["typed_extension_protocol_options"][HTTP_PROTOCOL_OPTIONS]
    return options["explicit_http_config"]["http2_protocol_options"].get("connection_keepalive")


def manager(resources):
    """The connection manager of the only listener."""
    [listener] = resources["listeners"]
    [chain] = listener["filter_chains"]
    return next(one["typed_config"] for one in chain["filters"] if one["name"] == HCM)


@pytest.mark.parametrize("version", ["1.30", "1.31"])
@pytest.mark.parametrize("gateway", [EDGE, API], ids=["istio", "gateway-api"])
def test_a_gateway_pings_to_both_sides(gateway, version):
    """Whoever called it by its connection manager, the service by its cluster: filters reach it, and rules."""
    setting = through(gateway, version=version)
    found = told(setting, "the gateway gate")
    assert manager(found)["http2_protocol_options"]["connection_keepalive"] == PINGS
    assert cluster_pings(found) == PINGS
    assert setting.notes == []


def test_an_edge_gateway_keeps_its_limits_but_for_what_the_call_needs():
    """The profile's hundred streams and its request timeout stay, the silent stream is spared."""
    found = manager(told(through({**EDGE, "profile": "edge"}), "gate"))
    assert (found["stream_idle_timeout"], found["request_timeout"]) == ("4500s", "300s")
    assert found["http2_protocol_options"]["max_concurrent_streams"] == 100


def test_a_gateways_own_retries_are_in_its_route():
    """Istio's default, what the spec says of its VirtualServices, or none."""
    routes = [
        manager(told(through({**EDGE, **more}), "gate"))["route_config"]["virtual_hosts"][0]["routes"][0]["route"]
        for more in ({}, {"retries": {"attempts": 1, "on": ["connect-failure"]}}, {"retries": {"attempts": 0}})
    ]  # fmt: skip
    assert [route.get("retry_policy", {}).get("num_retries") for route in routes] == [2, 1, None]
    assert routes[1]["retry_policy"]["retry_on"] == "connect-failure"


@pytest.mark.parametrize("version", ["1.30", "1.31"])
def test_a_callers_sidecar_pings_the_gateway_that_it_is_sent_through(version):
    """By the gateway's own host, whatever the requests are for."""
    setting = through(OUT, version=version, client=True)
    assert [pod.words for pod in setting.pods] == [
        "the sidecar of trainers", "the gateway gate", "the sidecar of features",
    ]  # fmt: skip
    sidecar = told(setting, "trainers")
    assert sidecar["clusters"][0]["name"] == "outbound|80||istio-egressgateway.istio-system.svc.cluster.local"
    assert cluster_pings(sidecar) == PINGS
    [host] = manager(sidecar)["route_config"]["virtual_hosts"]
    assert host["domains"] == ["features.prod.svc.cluster.local"]
    assert "connection_keepalive" not in manager(told(setting, "gate")).get("http2_protocol_options", {})
    assert setting.notes == []


def test_two_gateways_in_a_row_lead_from_one_to_the_next():
    """The first has a cluster for the second's host."""
    setting = setting_of(
        istio={"version": "1.31"}, boxes=BOXES, gateways={"edge": EDGE, "out": OUT}, services={"features": FEATURES},
        calls=[{**CALL, "via": ["edge", "front", "out"]}],
    )  # fmt: skip
    first, second = told(setting, "gateway edge"), told(setting, "gateway out")
    assert first["clusters"][0]["name"].endswith("|istio-egressgateway.istio-system.svc.cluster.local")
    assert second["clusters"][0]["name"].endswith("|features.prod.svc.cluster.local")
    assert manager(second)["http2_protocol_options"]["connection_keepalive"] == PINGS


def test_what_is_no_http_is_forwarded_as_bytes():
    """With a cluster and no routes."""
    database = {"db": {"preset": "mysql", "host": "db.data.svc.cluster.local"}}
    setting = setting_of(
        istio={"version": "1.30"}, boxes=BOXES, gateways={"gate": EDGE}, services=database,
        calls=[{"from": "trainers", "to": "db", "via": ["front", "gate"], "silentFor": "10m"}],
    )  # fmt: skip
    [listener] = told(setting, "gate")["listeners"]
    assert (
        listener["filter_chains"][0]["filters"][0]["typed_config"]["cluster"]
        == "outbound|3306||db.data.svc.cluster.local"
    )


def test_each_side_of_a_gateway_has_somebody_who_notices():
    """On the hop to it the gateway itself, on the next one the gateway again: each claim names its own hop."""
    setting = through(EDGE)
    noticing = [claim for claim in claims(setting) if claim.kind is Kind.NOTICES and not claim.severed]
    assert [(claim.crossing, claim.side) for claim in noticing] == [(0, Side.RECEIVER), (1, Side.SENDER)]
    assert noticing[1].words == "the gateway gate notices within 2m that the sidecar of features is dead"
    [survives] = [claim for claim in claims(setting) if claim.kind is Kind.SURVIVES]
    assert survives.words.endswith("through front, gateway gate, back")


def test_a_setting_can_be_seen_from_one_hop():
    """All boxes and pingers by default, one hop's own when somebody asks about it."""
    setting = through(EDGE)
    assert [box.name for box in setting.boxes] == ["front", "back"]
    assert [box.name for box in setting.on(1).boxes] == ["back"]
    assert len(setting.pingers) == 2
    assert len(setting.on(0).pingers) == 1


def test_the_pace_leaves_room_for_the_gateways_timer():
    """A quarter above an hour's silence, as the spec's own time, has to be told apart from it."""
    slow, free = through({**EDGE, "profile": "edge"}), through(EDGE)
    assert silence_pace(slow) <= 15 * 60_000 // 200
    assert silence_pace(free) >= silence_pace(slow) > 1
    assert notice_pace(free.on(1), Side.SENDER) > 1


def test_a_gateway_that_nobody_can_be_sent_to_is_said():
    """A sidecar's cluster is named after a host; a caller without one needs none."""
    assert "nobody says by which host the sidecar of trainers reaches the gateway gate" in str(
        untried_call(through(EDGE, client=True).call)
    )
    assert untried_call(through(EDGE).call) is None
    assert untried_call(through(OUT, client=True).call) is None
