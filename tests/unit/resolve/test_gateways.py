"""Calls through gateways: who pings on which side, what the numbers are bound by, and what is said of a gateway itself."""

from __future__ import annotations

import pytest

from backstay.core.diagnostic import Severity
from backstay.model.gateway import GatewayKind
from backstay.model.hop import Clock, End, Refresh, Side
from support.casebook import on_base
from support.compiler import compile_spec
from support.modelling import findings, model

EDGE = {"labels": {"istio": "ingressgateway"}}
OUT = {
    "labels": {"istio": "egressgateway"},
    "service": {
        "host": "istio-egressgateway.istio-system.svc.cluster.local",
        "port": 80,
        "portName": "http2",
    },
}
SERVICE = {
    "host": "f.prod.svc.cluster.local",
    "port": 8443,
    "protocol": "grpc",
    "runtime": "go",
    "labels": {"app": "f"},
}
BOXES = {"front": {"idle": "300s"}, "back": {"idle": "900s"}, "alb": {"preset": "aws-alb", "idle": "4000s"}}


def spec(*via, gateway=EDGE, client=False, server=True, istio="1.31", pins=None, **stated):
    """A spec with a stream of trainers to a server, silent for an hour."""
    asked = {"from": "trainers", "to": "f", "via": list(via), "silentFor": "1h", "stream": "server", **stated}
    return on_base({
        "platform": {"istio": {"version": istio} if isinstance(istio, str) else istio},
        "network": {
            "boxes": BOXES, "gateways": {"gate": gateway}, "services": {"f": {**SERVICE, "sidecar": server}},
            "clients": {"trainers": {"sidecar": client, "runtime": "core"}}, "calls": [asked], "overrides": pins or {},
        },
    })  # fmt: skip


def call(*via, **stated):
    """The call of such a spec."""
    return model(spec(*via, **stated)).network.calls[0]


def knobs(found):
    """The knobs that ping on each hop over the network."""
    return [[pinger.knob for pinger in hop.pingers] for hop in found.crossings]


def test_a_gateway_ends_a_connection_and_opens_the_next():
    """The boxes before it are on the one, those after it on the other."""
    found = call("front", "gate", "back")
    assert [(hop.sender, hop.receiver, hop.crosses) for hop in found.hops] == [
        ("trainers", "the gateway gate", True),
        ("the gateway gate", "the sidecar of f", True),
        ("the sidecar of f", "f", False),
    ]
    assert [[box.name for box in hop.boxes] for hop in found.hops] == [["front"], ["back"], []]
    assert [(hop.sender_end, hop.receiver_end) for hop in found.crossings] == [
        (End.APP, End.GATEWAY), (End.GATEWAY, End.SIDECAR),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("via", "stated", "expected"),
    [
        (("front", "gate", "back"), {}, [["downstream"], ["upstream"]]),
        (("front", "gate"), {}, [["downstream"], []]),
        (("gate", "back"), {}, [[], ["upstream"]]),
        (("gate",), {}, [[], []]),
        (("gate",), {"detectDeadPeerIn": "2m"}, [["downstream"], ["upstream"]]),
        (("front", "gate", "back"), {"client": True}, [["downstream"], ["upstream"]]),
        (("front", "gate", "back"), {"client": True, "gateway": OUT}, [["towards"], ["upstream"]]),
        (("front", "gate"), {"client": True, "gateway": OUT, "stream": "client", "detectDeadPeerIn": "2m"},
         [["towards", "downstream"], ["upstream", "inbound"]]),
        (("front", "alb", "gate"), {"client": True, "gateway": OUT}, [[], [], []]),
        (("alb", "front", "gate"), {}, [[], ["downstream"], []]),
    ],
)  # fmt: skip
def test_who_pings_on_each_side_of_a_gateway(via, stated, expected):
    """The end that waits, as everywhere: a caller's sidecar where it has a cluster for the gateway, else the gateway itself."""
    # The order of pingers on a hop is that of their ends: the acceptor's first.
    assert [sorted(hop) for hop in knobs(call(*via, **stated))] == [sorted(hop) for hop in expected]


@pytest.mark.parametrize("name", ["tcp-x", "https", None])
def test_a_cluster_that_takes_no_http2_options_pings_nobody(name):
    """So the gateway has to."""
    service = {key: value for key, value in {**OUT["service"], "portName": name}.items() if value}
    found = call("front", "gate", client=True, gateway={**OUT, "service": service})
    assert knobs(found)[0] == ["downstream"]


def test_each_side_has_an_interval_of_its_own():
    """Bound by the boxes of its own connection, and by the server's policy only where the pings reach the server."""
    found = call("front", "gate", "back")
    assert [hop.pingers[0].interval.value for hop in found.crossings] == [120_000, 300_000]
    meets = call("front", "gate", "back", server=False)
    assert meets.crossings[1].pingers[0].interval.value == 300_000
    assert meets.crossings[0].pingers[0].interval.value == 120_000


def test_one_gateway_pings_for_all_calls_through_it():
    """As often as the hastiest of them needs."""
    value = spec("front", "gate")
    second = {"from": "trainers", "to": "f", "via": ["gate"], "stream": "server", "detectDeadPeerIn": "30s"}
    value["network"]["calls"].append(second)
    found = model(value).network
    assert {call.crossings[0].pingers[0].interval.value for call in found.calls} == {15_000}
    assert [one.gateway.name for one in found.gateways] == ["gate"]


def test_a_pin_is_for_the_gateway_alone():
    """Its own connection manager's, and the clusters that lead to it."""
    found = call("front", "gate", "back", pins={"gate": {"keepaliveInterval": "45s"}})
    assert [hop.pingers[0].interval.value for hop in found.crossings] == [45_000, 300_000]


@pytest.mark.parametrize(
    ("version", "edge"),
    [("1.31", {"profile": "edge"}), ("1.31", {"streamIdleTimeout": "5m", "requestTimeout": "5m"})],
)
def test_an_installed_timer_is_set_longer_where_a_stream_is_silent_for_longer(version, edge):
    """A quarter above the silence, in whole minutes; a PING does not start it anew."""
    [first, *_] = call("gate", gateway={**EDGE, **edge}, istio=version).hops
    timers = {timer.clock: timer.limit.value for timer in first.timers}
    assert timers == {Clock.STREAM_IDLE: 75 * 60_000, Clock.REQUEST: 5 * 60_000}


def test_an_upload_is_spared_the_request_timer():
    """Only where the caller streams: a single request is there at once."""
    uploads = call("gate", gateway={**EDGE, "profile": "edge"}, stream="client", deadline="2h")
    assert {timer.clock: timer.limit.value for timer in uploads.hops[0].timers}[Clock.REQUEST] == 150 * 60_000


@pytest.mark.parametrize("quiet", [{"heartbeat": "1m"}, {"stream": "none"}])
def test_a_timer_that_nobody_meets_stays(quiet):
    """A heartbeat, or silence between requests only."""
    cluster = model(spec("gate", gateway={**EDGE, "profile": "edge"}, **quiet))
    assert cluster.network.gateways[0].stream_idle is None
    assert {timer.limit.value for timer in cluster.network.calls[0].hops[0].timers} == {300_000}


def test_a_timer_that_is_off_is_none():
    """0s is Envoy's word for that."""
    off = {"profile": "edge", "streamIdleTimeout": "0s", "requestTimeout": "0s"}
    assert call("gate", gateway={**EDGE, **off}).hops[0].timers == ()


def test_a_mesh_wide_tcp_keepalive_is_on_a_gateways_sockets():
    """On those that it opens: towards the service, not towards its callers."""
    probes = {"version": "1.31", "tcpKeepalive": {"time": "10s", "interval": "5s", "probes": 3}}
    database = {
        "f": {"preset": "mysql", "host": "db.data.svc.cluster.local", "protocol": "mysql", "runtime": "other"}
    }
    value = spec("front", "gate", "back", istio=probes, stream="none")
    value["network"]["services"] |= database
    [before, after] = model(value).network.calls[0].crossings
    assert before.pingers == ()
    assert [(one.how, one.side) for one in after.pingers] == [(Refresh.TCP_PROBE, Side.SENDER)]


def test_a_pinned_tcp_keepalive_is_the_services():
    """A DestinationRule for the service reaches the proxy that calls it, not the one that calls the gateway."""
    pins = {"f": {"tcpKeepalive": {"time": "60s", "interval": "10s", "probes": 3}}}
    found = call("gate", client=True, gateway=OUT, pins=pins)
    assert knobs(found) == [[], ["tcpKeepalive"]]


@pytest.mark.parametrize(
    ("gateway", "more", "message"),
    [
        ({}, {}, "nothing says which pods gateway `gate` has"),
        (EDGE, {"platform": {"istio": None}}, "gateway `gate` is one of Istio's, and `platform.istio` is missing"),
        (EDGE, {"network": {"boxes": {"gate": {"idle": "5m"}}}}, "`gate` is the name of a box, too"),
        (EDGE, {"network": {"services": {"gate": SERVICE}}}, "`gate` is the name of a service, too"),
        (EDGE, {"network": {"overrides": {"gate": {"routeTimeout": "1m"}}}}, "`routeTimeout` has no meaning for gateway `gate`"),
        (EDGE, {"network": {"overrides": {"metadata": {"requestTimeout": "1m"}}}}, "`requestTimeout` has no meaning for service `metadata`"),
        (EDGE, {"network": {"calls": [{"from": "a", "to": "metadata", "via": ["gatt"]}]}}, "there is no box or gateway `gatt`"),
        (EDGE, {"network": {"overrides": {"gatt": {}}}}, "there is no service or gateway `gatt`"),
    ],
)  # fmt: skip
def test_what_nothing_can_be_made_of_is_said(gateway, more, message):
    """At its place, with what to write."""
    network = {"gateways": {"gate": gateway}, **more.get("network", {})}
    found = compile_spec(on_base({**more, "network": network})).findings
    [told] = [one for one in found if one.message == message]
    assert told.severity is Severity.ERROR
    assert told.help


def test_a_gateway_of_the_gateway_api_is_known_by_its_name():
    """The key's, or another."""
    kinds = [{"kind": "gateway-api"}, {"kind": "gateway-api", "gateway": "public", "namespace": "edge"}]
    found = [model(spec("gate", gateway=one)).network.gateways[0].gateway for one in kinds]
    assert [(one.kind, one.resource.value, one.namespace.value) for one in found] == [
        (GatewayKind.GATEWAY_API, "gate", "istio-system"), (GatewayKind.GATEWAY_API, "public", "edge"),
    ]  # fmt: skip


def test_a_call_through_a_gateway_has_nothing_to_report():
    """What is derived for it satisfies every rule."""
    value = spec("front", "gate", "back", detectDeadPeerIn="5m", gateway={**EDGE, "profile": "edge"})
    assert [one.rule for one in findings(model(value)) if one.severity is not Severity.INFO] == []
