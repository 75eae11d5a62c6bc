"""Who keeps a silent stream open: a box that forgets after 2 s, a stream that is silent for 6 s, twelve ways to ping.

Each row was measured on a real Envoy and gRPC. The solver would never choose most of them, so the knobs are turned by
hand here; hops, pingers and verdicts come from where they always come from.
"""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.core.diagnostic import Severity
from backstay.core.fact import Fact
from backstay.model.hop import Pinger, Refresh, Side
from backstay.model.network import Keepalive
from backstay.resolve.arguments import policy_after
from backstay.resolve.network import with_pingers
from support.casebook import on_base
from support.modelling import findings, model

PINGS = Keepalive(Fact(1000, ()), Fact(500, ()))
SERVER = (("grpc.keepalive_time_ms", Fact(1000, ())), ("grpc.keepalive_permit_without_calls", Fact(1, ())))
CLIENT = (("grpc.keepalive_time_ms", Fact(1000, ())), ("grpc.http2.max_pings_without_data", Fact(0, ())))
ON_SCALE = {"MSH011"}  # a second is below every floor, and the table's times are seconds


@dataclass(frozen=True)
class Row:
    """Which ends have sidecars, who pings, and what happened."""

    name: str
    sidecars: str  # whose pods have one: `both`, `server` or `none`
    outcome: str
    inbound: Keepalive | None = None
    upstream: Keepalive | None = None
    server_args: tuple = ()
    client_args: tuple = ()
    own_app: Keepalive | None = (
        None  # the connection manager of the client's sidecar, which faces the client's app
    )


ROWS = (
    Row("nothing", "both", "reset"),
    Row("both connection managers", "both", "survives", inbound=PINGS, own_app=PINGS),
    Row("the client sidecar's connection manager", "both", "reset", own_app=PINGS),
    Row("the client sidecar's cluster", "both", "survives", upstream=PINGS),
    Row("server arguments, with sidecars", "both", "reset", server_args=SERVER),
    Row(
        "client and server arguments, with sidecars",
        "both",
        "reset",
        server_args=SERVER,
        client_args=CLIENT,
    ),
    Row("server arguments, no sidecars", "none", "survives", server_args=SERVER),
    Row("client arguments, no sidecars, default server", "none", "goaway", client_args=CLIENT),
    Row("client without sidecar: nothing", "server", "reset"),
    Row("client without sidecar: the server's connection manager", "server", "survives", inbound=PINGS),
    Row("client without sidecar: server arguments", "server", "reset", server_args=SERVER),
    Row("client without sidecar: client arguments", "server", "survives", client_args=CLIENT),
)
VERDICTS = {frozenset(): "survives", frozenset({"MSH002"}): "reset", frozenset({"MSH010"}): "goaway"}


def spec(sidecars, idle="2s", silence="6s"):
    """A C-core server and a C-core client with a box between them."""
    server = {
        "host": "f.prod.svc.cluster.local",
        "port": 8443,
        "protocol": "grpc",
        "runtime": "core",
        "sidecar": sidecars != "none",
    }
    call = {
        "from": "trainers",
        "to": "f",
        "via": ["box"],
        "stream": "server",
        "silentFor": silence,
        "roundTrip": "1ms",
    }
    return on_base({
        "network": {
            "boxes": {"box": {"idle": idle}}, "services": {"f": server},
            "clients": {"trainers": {"runtime": "core", "sidecar": sidecars == "both"}}, "calls": [call],
        }
    })  # fmt: skip


def turned(cluster, row):
    """The model with its knobs turned as the row has them, and the pingers that follow."""
    [call] = cluster.network.calls
    [old] = [knobs for knobs in cluster.network.knobs if knobs.service.name == "f"]
    service = replace(old.service, policy=policy_after(old.service.policy, row.server_args))
    knobs = replace(
        old, service=service, inbound=row.inbound, upstream=row.upstream,
        server_args=row.server_args, client_args=row.client_args,
    )  # fmt: skip
    bare = replace(call, hops=tuple(replace(hop, pingers=()) for hop in call.hops))
    hops = list(with_pingers(bare, knobs).hops)
    if row.own_app is not None:
        pings = {
            "interval": row.own_app.interval,
            "timeout": row.own_app.timeout,
            "jitter": 15,
            "knob": "own",
        }
        towards_app = Pinger(side=Side.RECEIVER, by_proxy=True, how=Refresh.HTTP2_PING, **pings)
        hops[0] = replace(hops[0], pingers=(*hops[0].pingers, towards_app))
    call = replace(bare, service=service, hops=tuple(hops))
    return replace(cluster, network=replace(cluster.network, calls=(call,), knobs=(knobs,)))


def errors(cluster):
    """The rules that find an error in a model, but for those that mind the table's scale."""
    found = [f for f in findings(cluster) if f.severity is Severity.ERROR]
    return frozenset(f.rule for f in found) - ON_SCALE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_rules_say_what_happened(row):
    """No error where the stream survived, MSH002 where it was reset, MSH010 where the server sent GOAWAY."""
    cluster = turned(model(spec(row.sidecars)), row)
    assert VERDICTS[errors(cluster)] == row.outcome


@pytest.mark.parametrize(("sidecars", "hops", "crossing"), [("both", 3, 1), ("server", 2, 0), ("none", 1, 0)])
def test_every_stretch_between_two_ends_is_a_hop(sidecars, hops, crossing):
    """Only the one between the pods sees the box."""
    [call] = model(spec(sidecars)).network.calls
    assert len(call.hops) == hops
    assert [hop.index for hop in call.hops if hop.boxes] == [crossing]
    assert call.crossings == (call.hops[crossing],)


def test_useless_server_arguments_are_called_that():
    """The reset is explained by what the arguments do reach."""
    row = ROWS[10]
    [found] = [
        f
        for f in findings(turned(model(spec("server")), row))
        if f.severity is Severity.ERROR and f.rule == "MSH002"
    ]
    assert "arguments of f ping only its own sidecar" in found.message


@given(interval=st.integers(1, 20_000), idle=st.integers(1, 20), silence=st.integers(1, 60))
def test_the_rules_agree_with_a_box_that_is_simulated(interval, idle, silence):
    """An error exactly when a box with a timer would forget the connection, whatever the times."""
    row = replace(ROWS[9], inbound=Keepalive(Fact(interval, ()), Fact(500, ())))
    cluster = turned(model(spec("server", f"{idle}s", f"{silence}s")), row)
    forgotten = simulate(interval * 115 // 100, 1, idle * 1000, silence * 1000)
    assert bool(errors(cluster)) == forgotten


def simulate(gap_ms, round_trip_ms, idle_ms, silence_ms):
    """Whether a box forgets: it restarts its timer at each ping, the first of which comes a round trip late."""
    last, ping = 0, gap_ms + round_trip_ms
    while ping - last < idle_ms and ping < silence_ms:
        last, ping = ping, ping + gap_ms
    return min(ping, silence_ms) - last >= idle_ms
