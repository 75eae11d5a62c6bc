"""Whatever stands on a call's way: a box that would forget it is either kept open, or there is an error about that call.

Kinds of ends, protocols, boxes and gateways are drawn at random; the judge is written from the facts, not from the rules.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backstay.core.diagnostic import Severity
from backstay.model.hop import End
from support.casebook import on_base
from support.examples import times
from support.modelling import findings, model

PLANES = {
    "none": None,
    "sidecar": {"version": "1.31"},
    "ambient": {"version": "1.31", "dataPlane": "ambient"},
}
PROTOCOLS = ("grpc", "http2", "http", "mysql", "postgres", "redis", "tcp")
BOXES = {
    "nlb": {"preset": "aws-nlb"}, "alb": {"preset": "aws-alb"}, "hasty": {"idle": "8s"}, "fw": {"idle": "300s"},
    "bytes": {"preset": "firewall-no-probes", "idle": "300s"}, "deaf": {"idle": "300s", "refreshedBy": ["data"]},
}  # fmt: skip
GATEWAYS = {
    "edge": {"labels": {"istio": "edge"}, "profile": "edge"},
    "out": {
        "kind": "gateway-api",
        "service": {"host": "out.gw.svc.cluster.local", "port": 80, "portName": "http2"},
    },
}


@st.composite
def specs(draw):
    """A mesh, two ends and what is between them."""
    plane = draw(st.sampled_from(sorted(PLANES)))
    known = [*BOXES, *(GATEWAYS if plane != "none" else ())]
    via = draw(st.lists(st.sampled_from(known), max_size=3, unique=True))
    inside = draw(st.booleans())
    service = {
        "host": "f.prod.svc.cluster.local" if inside else "f.example", "port": 9000,
        "protocol": draw(st.sampled_from(PROTOCOLS)), "runtime": draw(st.sampled_from(["core", "go", "java"])),
    }  # fmt: skip
    if draw(st.booleans()):
        service |= {"minPingInterval": "5s", "permitPingsWithoutCalls": True}
    if plane == "ambient" and inside and draw(st.booleans()):
        service["waypoint"] = "gate"
    for end in ((client := {"runtime": draw(st.sampled_from(["core", "go"]))}), service):
        if draw(st.booleans()):
            end["sidecar"] = draw(st.booleans())
    call = {
        "from": "trainers", "to": "f", "via": via, "stream": draw(st.sampled_from(["none", "client", "server", "both"])),
        "silentFor": draw(st.sampled_from(["5s", "9s", "59s", "20m", "2h"])),
    }  # fmt: skip
    if draw(st.booleans()):
        call["detectDeadPeerIn"] = draw(st.sampled_from(["20s", "2m"]))
    return on_base({
        "platform": {"istio": PLANES[plane]},
        "network": {
            "boxes": BOXES, "gateways": GATEWAYS if plane != "none" else {}, "services": {"f": service},
            "clients": {"trainers": client}, "calls": [call],
        },
    })  # fmt: skip


@given(specs())
@times(2)
def test_a_box_that_would_forget_a_call_is_kept_open_or_told(value):
    """And a dead peer is noticed, or that is told."""
    cluster = model(value)
    [call] = cluster.network.calls
    told = any(
        found.severity is Severity.ERROR and "calls" in str(found.place.path) for found in findings(cluster)
    )
    assert told or not (forgotten(call) or unnoticed(call))


def forgotten(call):
    """Whether some box hears nothing for as long as it waits, though the call needs it."""
    if call.silence is None:
        return False
    for hop in call.crossings:
        for box in hop.boxes:
            held = box.spares_streams and not call.idles_between_calls
            heard = [one for one in hop.pingers if one.how in box.refreshed_by]
            in_time = any(
                one.interval.value * (100 + one.jitter) // 100 + call.round_trip.value < box.idle.value
                for one in heard
            )
            if box.idle.value <= call.silence.value and not in_time and not held:
                return True
    return False


def unnoticed(call):
    """Whether on some connection between two that could ping nobody does soon enough."""
    if call.detect is None:
        return False
    return any(
        min((one.notices_in for one in hop.pingers), default=call.detect.value + 1) > call.detect.value
        for hop in call.crossings
        if End.BOX not in {hop.sender_end, hop.receiver_end}
    )
