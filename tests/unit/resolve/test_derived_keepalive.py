"""What is derived keeps its promises: the rules find no fault in it, whatever the box, the silence and the target."""

from hypothesis import given
from hypothesis import strategies as st

from backstay.core.diagnostic import Severity
from support.casebook import on_base
from support.modelling import findings, model

SECONDS = "{}s".format
BOXES = st.integers(5, 7200)
SILENCES = st.integers(1, 86_400)
TARGETS = st.none() | st.integers(30, 3600)
STREAMS = st.sampled_from(["none", "client", "server", "both"])


@given(
    idle=BOXES,
    silence=SILENCES,
    target=TARGETS,
    round_trip=st.integers(1, 2000),
    stream=STREAMS,
    client=st.booleans(),
)
def test_towards_a_sidecar_everything_can_be_had(idle, silence, target, round_trip, stream, client):
    """Envoy tolerates every ping, so any box and any target can be met."""
    call = {"silentFor": SECONDS(silence), "roundTrip": f"{round_trip}ms", "stream": stream}
    assert errors(call, idle, target, {"sidecar": client}, {"sidecar": True}) == []


@given(idle=BOXES, silence=SILENCES, target=TARGETS, stream=STREAMS, client=st.booleans())
def test_towards_a_server_whose_arguments_are_ours_too(idle, silence, target, stream, client):
    """The server is told to tolerate what its callers' sidecars send, or to ping itself."""
    call = {"silentFor": SECONDS(silence), "stream": stream, "to": "metadata"}
    assert (
        errors(call, idle, target, {"sidecar": client}, {"preset": "kfp-metadata-grpc", "sidecar": False})
        == []
    )


@given(idle=st.integers(12, 7200), silence=SILENCES, gap=st.integers(10, 600), client=st.booleans())
def test_towards_anybody_else_it_depends_on_what_the_server_tolerates(idle, silence, gap, client):
    """Either the box and the server's policy leave room and nothing is wrong, or exactly the clash is reported."""
    server = {
        "sidecar": False,
        "runtime": "go",
        "minPingInterval": SECONDS(gap),
        "permitPingsWithoutCalls": True,
    }
    found = errors(
        {"silentFor": SECONDS(silence)}, idle, None, {"sidecar": client, "runtime": "core"}, server
    )
    jitter = 115 if client else 100
    room = (idle * 1000 - 50 - 1) * 100 // jitter >= gap * 1000
    assert found == ([] if room or silence < idle else ["MSH040"])


def errors(call, idle, target, client, server):
    """The rules that find an error when trainers call a server through a box."""
    detect = {} if target is None else {"detectDeadPeerIn": SECONDS(target)}
    service = (
        server
        if "preset" in server
        else {"host": "f.prod.svc.cluster.local", "port": 8443, "protocol": "grpc", **server}
    )
    name = call.get("to", "f")
    spec = on_base({
        "network": {
            "boxes": {"box": {"idle": SECONDS(idle)}}, "services": {name: service}, "clients": {"trainers": client},
            "calls": [{"from": "trainers", "to": name, "via": ["box"], **call, **detect}],
        }
    })  # fmt: skip
    return [found.rule for found in findings(model(spec)) if found.severity is Severity.ERROR]
