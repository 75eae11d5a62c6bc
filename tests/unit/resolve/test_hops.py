"""Calls as chains of connections: layer 7 boxes end one and open the next, and nobody pings across."""

import pytest

from backstay.model.hop import End
from support.casebook import on_base
from support.modelling import model

BOXES = {
    "fw": {"idle": "300s"}, "far": {"idle": "600s"}, "alb": {"preset": "aws-alb", "idle": "4000s"},
    "edge": {"preset": "istio-gateway"},
}  # fmt: skip


def call(*via, client=True, server=True, **stated):
    """A call of trainers to a server over some boxes; an hour of silence."""
    service = {
        "host": "f.prod.svc.cluster.local",
        "port": 8443,
        "protocol": "grpc",
        "runtime": "go",
        "sidecar": server,
    }
    asked = {"from": "trainers", "to": "f", "via": list(via), "silentFor": "1h", **stated}
    network = {
        "boxes": BOXES,
        "services": {"f": service},
        "clients": {"trainers": {"sidecar": client}},
        "calls": [asked],
    }
    return model(on_base({"network": network})).network.calls[0]


def test_a_balancer_ends_a_connection_and_opens_the_next():
    """The balancer is the last box of the connection that it ends."""
    found = call("fw", "alb", "far")
    assert [(hop.sender, hop.receiver, hop.crosses) for hop in found.hops] == [
        ("trainers", "the sidecar of trainers", False),
        ("the sidecar of trainers", "box alb", True),
        ("box alb", "the sidecar of f", True),
        ("the sidecar of f", "f", False),
    ]
    assert [[box.name for box in hop.boxes] for hop in found.hops] == [[], ["fw", "alb"], ["far"], []]
    assert [hop.sender_end for hop in found.hops] == [End.APP, End.SIDECAR, End.BOX, End.SIDECAR]


def test_without_sidecars_and_boxes_there_is_one_connection():
    """From app to app."""
    [hop] = call(client=False, server=False).hops
    assert (hop.sender_end, hop.receiver_end, hop.crosses, hop.boxes) == (End.APP, End.APP, True, ())


@pytest.mark.parametrize(
    ("via", "client", "server", "knobs"),
    [
        (("fw",), True, True, ("upstream",)),
        (("fw",), False, True, ("inbound",)),
        (("fw", "alb"), True, True, ("upstream",)),
        (("alb", "fw"), True, True, ("inbound",)),
        (("fw", "edge", "far"), True, True, ("upstream", "inbound")),
        (("fw", "edge", "far"), False, True, ("client", "inbound")),
        (("alb", "fw", "edge"), True, True, ()),
        (("alb",), True, True, ()),
    ],
)
def test_whoever_is_at_an_end_of_an_impatient_connection_pings(via, client, server, knobs):
    """Each connection that a PINGable box would forget has a pinger at one of its own ends, where there can be one."""
    found = call(*via, client=client, server=server, stream="server")
    assert tuple(pinger.knob for hop in found.crossings for pinger in hop.pingers) == knobs


def test_pings_stay_on_their_connection():
    """The client's sidecar pings the gateway, the server's pings the gateway: neither pings the other."""
    found = call("fw", "edge", "far")
    assert [[pinger.knob for pinger in hop.pingers] for hop in found.hops] == [
        [],
        ["upstream"],
        ["inbound"],
        [],
    ]


def test_the_interval_is_that_of_the_boxes_on_the_own_connection():
    """A fast box on one side does not make the other side ping faster."""
    found = call("fw", "edge", "far")
    upstream, inbound = (hop.pingers[0].interval.value for hop in found.crossings)
    assert upstream <= 150_000 < inbound <= 300_000


def test_a_policy_behind_a_balancer_does_not_bind():
    """The balancer takes the pings, not the server with its five minutes."""
    found = call("fw", "alb", server=False)
    assert found.crossings[0].pingers[0].interval.value == 120_000


@pytest.mark.parametrize(
    ("stated", "silence"),
    [
        ({"stream": "server"}, 3_600_000),
        ({}, None),
        ({"deadline": "10m"}, 600_000),
        ({"deadline": "2h"}, 3_600_000),
        ({"stream": "both", "heartbeat": "1m", "deadline": "10s"}, 60_000),
    ],
)
def test_how_long_an_open_request_may_be_silent(stated, silence):
    """A stream is open all the time, another request at most for its deadline."""
    assert call(**stated).silence_in_request == silence


def test_unknown_silence_stays_unknown():
    """Nothing is made up from the stream alone."""
    assert call(silentFor="1h", stream="server").silence_in_request == 3_600_000
    network = {"services": {"f": {"host": "f.prod.svc.cluster.local", "port": 1, "protocol": "grpc"}}}
    [bare] = model(
        on_base({"network": {**network, "calls": [{"from": "trainers", "to": "f", "stream": "server"}]}})
    ).network.calls
    assert bare.silence_in_request is None
