"""Calls in an ambient mesh: tunnels that ping by themselves, and applications that speak to each other through them."""

from __future__ import annotations

import pytest

from backstay.model.gateway import GatewayKind
from backstay.model.hop import SOCKET_KNOB, TUNNEL_KNOB, End, Side
from support.casebook import on_base
from support.compiler import compile_spec
from support.modelling import findings, model

SERVICE = {"host": "f.prod.svc.cluster.local", "port": 8443, "protocol": "grpc", "runtime": "core"}


def spec(service=(), client=(), **network):
    """A spec with a stream of trainers to a server of an ambient mesh, silent for an hour behind a firewall."""
    stated = {"from": "trainers", "to": "f", "via": ["fw"], "silentFor": "1h", "stream": "server"}
    return on_base({
        "platform": {"istio": {"version": "1.30", "dataPlane": "ambient"}},
        "network": {
            "boxes": {"fw": {"idle": "300s"}}, "services": {"f": {**SERVICE, **dict(service)}},
            "clients": {"trainers": {"runtime": "core", **dict(client)}}, "calls": [{**stated, **network.pop("call", {})}],
            **network,
        },
    })  # fmt: skip


def call(*args, **more):
    """The call of such a spec."""
    return model(spec(*args, **more)).network.calls[0]


def shape(found):
    """The hops in words, with what each is."""
    return [
        (hop.sender, hop.receiver, "tunnel" if hop.tunnel else "wire" if hop.crosses else "pod")
        for hop in found.hops
    ]


def test_ztunnels_carry_a_call_through_a_tunnel():
    """From pod to pod; the box is on the way of the tunnel."""
    found = call()
    assert shape(found) == [
        ("trainers", "the ztunnel of trainers", "pod"),
        ("the ztunnel of trainers", "the ztunnel of f", "tunnel"),
        ("the ztunnel of f", "f", "pod"),
    ]
    assert [[box.name for box in hop.boxes] for hop in found.hops] == [[], ["fw"], []]


def test_a_waypoint_stands_between_two_tunnels():
    """Where the service has one."""
    found = call({"waypoint": "gate"})
    assert shape(found)[1:3] == [
        ("the ztunnel of trainers", "the waypoint gate", "tunnel"),
        ("the waypoint gate", "the ztunnel of f", "tunnel"),
    ]
    assert found.hops[1].acceptor.kind is GatewayKind.WAYPOINT
    assert found.hops[1].acceptor.namespace.value == "prod"


@pytest.mark.parametrize(
    ("service", "waypoints", "name"),
    [({}, {"prod": "gate"}, "gate"), ({}, {"other": "gate"}, None), ({"waypoint": "none"}, {"prod": "gate"}, None),
     ({"waypoint": "own"}, {"prod": "gate"}, "own"), ({"sidecar": False, "waypoint": "own"}, {}, None)],
)  # fmt: skip
def test_a_namespace_may_have_a_waypoint_for_all(service, waypoints, name):
    """A service's own word counts for more; a server outside the mesh has none."""
    found = call(service, waypoints=waypoints)
    assert [hop.acceptor.name for hop in found.hops if hop.acceptor] == ([name] if name else [])


def test_tunnels_are_pinged_from_both_ends_without_being_told():
    """Every 10s by ztunnels; a waypoint's connection manager adds Envoy's jitter, its clusters ping nobody."""
    found = call({"waypoint": "gate"})
    assert [
        [(one.side, one.interval.value, one.jitter) for one in hop.pingers] for hop in found.crossings
    ] == [
        [(Side.SENDER, 10_000, 0), (Side.RECEIVER, 10_000, 15)],
        [(Side.RECEIVER, 10_000, 0)],
    ]
    assert {one.knob for hop in found.crossings for one in hop.pingers} == {TUNNEL_KNOB}


def test_a_ztunnel_probes_whoever_is_outside():
    """By TCP on the socket that it opens; there is no tunnel to ping on."""
    [_, hop] = call({"host": "f.example", "runtime": "other"}).hops
    assert (hop.sender_end, hop.receiver_end, hop.tunnel) == (End.ZTUNNEL, End.APP, False)
    assert [(one.knob, one.interval.value) for one in hop.pingers if one.by_proxy] == [(SOCKET_KNOB, 180_000)]


def test_applications_ping_each_other_through_ztunnels():
    """A ztunnel passes bytes on: the caller's arguments meet the server's own policy."""
    pins = {
        "f": {"clientArguments": {"grpc.keepalive_time_ms": 60000, "grpc.http2.max_pings_without_data": 0}}
    }
    found = call(overrides=pins)
    assert [[one.knob for one in hop.pingers if not one.by_proxy] for hop in found.hops] == [["client"]] * 3
    assert found.speakers(found.hops[1]) == (End.APP, End.APP)


def test_a_waypoint_stands_between_applications():
    """It speaks HTTP itself: pings of either end go no further."""
    pins = {
        "f": {"clientArguments": {"grpc.keepalive_time_ms": 60000, "grpc.http2.max_pings_without_data": 0}}
    }
    found = call({"waypoint": "gate"}, overrides=pins)
    reached = [any(one.knob == "client" for one in hop.pingers) for hop in found.hops]
    assert reached == [True, True, False, False]


@pytest.mark.parametrize(
    ("service", "client", "first"),
    [
        ({}, {"sidecar": False}, ("trainers", "the ztunnel of f", "wire")),
        ({"sidecar": False}, {"sidecar": False}, ("trainers", "f", "wire")),
        ({"waypoint": "gate"}, {"sidecar": False}, ("trainers", "the ztunnel of f", "wire")),
    ],
)
def test_callers_outside_the_mesh_have_no_ztunnel(service, client, first):
    """And are not sent through a waypoint."""
    assert shape(call(service, client))[0] == first


def test_steps_are_in_an_ambient_mesh():
    """What keeps a sidecar out of their pods does not keep them out of it."""
    value = spec()
    value["network"]["calls"][0]["from"] = "pipeline-steps"
    assert model(value).network.calls[0].client.ztunnel


def test_a_gateway_opens_a_tunnel_to_a_pod_of_the_mesh():
    """From outside by plain TCP, then HBONE."""
    found = call(
        {},
        {"sidecar": False},
        gateways={"edge": {"labels": {"istio": "ingressgateway"}}},
        call={"via": ["fw", "edge"]},
    )
    assert [kind for *_, kind in shape(found)] == ["wire", "tunnel", "pod"]
    assert [one.knob for one in found.crossings[0].pingers] == ["downstream"]


def test_a_waypoint_that_has_to_ping_sooner_is_told_so():
    """By a filter attached to it, on its listener for tunnels; what it did before is gone."""
    value = spec({"waypoint": "gate"}, call={"via": ["hasty"]}, boxes={"hasty": {"idle": "10s"}})
    compiled = compile_spec(value)
    [filter_] = [one.value for one in compiled.settled if one.value.get("kind") == "EnvoyFilter"]
    assert filter_["metadata"] | {"labels": None} == {
        "name": "waypoint-gate",
        "namespace": "prod",
        "labels": None,
    }
    assert filter_["spec"]["targetRefs"] == [
        {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gate"}
    ]
    [patch] = filter_["spec"]["configPatches"]
    assert patch["match"]["listener"]["name"] == "connect_terminate"
    hop = compiled.cluster.network.calls[0].crossings[0]
    assert [(one.side, one.knob, one.interval.value) for one in hop.pingers] == [
        (Side.SENDER, TUNNEL_KNOB, 10_000), (Side.RECEIVER, "downstream", 3_000),
    ]  # fmt: skip


def test_nothing_is_emitted_where_ztunnels_do():
    """No filter would be heeded."""
    kinds = {one.value.get("kind") for one in compile_spec(spec(call={"detectDeadPeerIn": "1m"})).settled}
    assert not kinds & {"EnvoyFilter", "DestinationRule", "Sidecar", "VirtualService"}


@pytest.mark.parametrize("istio", [None, {"version": "1.30"}])
@pytest.mark.parametrize(
    ("network", "place"),
    [
        ({"services": {"f": {**SERVICE, "waypoint": "gate"}}}, "network.services.f.waypoint"),
        ({"waypoints": {"prod": "gate"}}, "network.waypoints.prod"),
    ],
)
def test_a_waypoint_without_an_ambient_mesh_is_said(istio, network, place):
    """It would be ignored."""
    found = compile_spec(on_base({"platform": {"istio": istio}, "network": network})).findings
    [told] = [one for one in found if one.message.startswith("a waypoint stands in an ambient mesh only")]
    assert told.place.path == place


@pytest.mark.parametrize(("waypoint", "offered"), [(None, True), ("gate", False)])
def test_a_waypoint_is_offered_where_there_is_none(waypoint, offered):
    """It can be told to ping sooner; behind it nobody can."""
    service = {"waypoint": waypoint} if waypoint else {}
    [told] = [
        one
        for one in findings(model(spec(service, call={"detectDeadPeerIn": "25s"})))
        if one.rule == "MSH037"
    ]
    assert ("put a waypoint in front of f" in told.help) == offered
