"""Who keeps a silent stream open: a box that forgets after 2 s, a stream that is silent for 6 s, twelve ways to ping.

Each row was measured on a real Envoy and gRPC. The solver would never choose most of them, so the knobs are turned by
hand; hops, pingers and emitted objects come from where they always come from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from backstay.core.fact import Fact
from backstay.model.hop import Pinger, Refresh, Side
from backstay.model.network import Keepalive, PingPolicy
from backstay.resolve.arguments import policy_after
from backstay.resolve.channels import channels
from backstay.resolve.pingers import with_pingers
from support.casebook import on_base

if TYPE_CHECKING:
    from backstay.model.cluster import Cluster
    from support.specs import Spec

PINGS = Keepalive(Fact(1000, ()), Fact(500, ()))
SERVER = (("grpc.keepalive_time_ms", Fact(1000, ())), ("grpc.keepalive_permit_without_calls", Fact(1, ())))
CLIENT = (("grpc.keepalive_time_ms", Fact(1000, ())), ("grpc.http2.max_pings_without_data", Fact(0, ())))


BOTH, SERVERS, NONE = "both", "server", "none"


@dataclass(frozen=True)
class Row:
    """Which ends have sidecars, who pings, and what happened.

    `own_app` is the connection manager of the client's sidecar, which faces the client's own application.
    """

    name: str
    sidecars: str
    outcome: str
    inbound: Keepalive | None = None
    upstream: Keepalive | None = None
    server_args: tuple = ()
    client_args: tuple = ()
    own_app: Keepalive | None = None


ROWS = (
    Row("nothing", BOTH, "reset"),
    Row("both connection managers", BOTH, "survives", inbound=PINGS, own_app=PINGS),
    Row("the client sidecar's connection manager", BOTH, "reset", own_app=PINGS),
    Row("the client sidecar's cluster", BOTH, "survives", upstream=PINGS),
    Row("server arguments, with sidecars", BOTH, "reset", server_args=SERVER),
    Row("all arguments, with sidecars", BOTH, "reset", server_args=SERVER, client_args=CLIENT),
    Row("server arguments, no sidecars", NONE, "survives", server_args=SERVER),
    Row("client arguments, no sidecars, default server", NONE, "goaway", client_args=CLIENT),
    Row("client without sidecar: nothing", SERVERS, "reset"),
    Row("client without sidecar: the server's connection manager", SERVERS, "survives", inbound=PINGS),
    Row("client without sidecar: server arguments", SERVERS, "reset", server_args=SERVER),
    Row("client without sidecar: client arguments", SERVERS, "survives", client_args=CLIENT),
)


def spec(sidecars: str, idle: str = "2s", silence: str = "6s", istio: str = "1.30") -> Spec:
    """A C-core server and a C-core client with a box between them that resets what it has forgotten."""
    call = {
        "from": "trainers",
        "to": "metadata",
        "via": ["box"],
        "stream": "server",
        "silentFor": silence,
        "roundTrip": "1ms",
    }
    return on_base({
        "platform": {"istio": {"version": istio}},
        "network": {
            "boxes": {"box": {"idle": idle, "onExpiry": "reset"}},
            "services": {"metadata": {"sidecar": sidecars != NONE}},
            "clients": {"trainers": {"runtime": "core", "sidecar": sidecars == BOTH}}, "calls": [call],
        },
    })  # fmt: skip


def turned(cluster: Cluster, row: Row) -> Cluster:
    """The model with its knobs turned as the row has them, and the pingers that follow."""
    [call] = cluster.network.calls
    [old] = [knobs for knobs in cluster.network.knobs if knobs.service.name == call.service.name]
    service = replace(old.service, policy=policy_after(_DEFAULT, row.server_args))
    knobs = replace(
        old, service=service, clients=(call.client,), inbound=row.inbound, upstream=row.upstream,
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
    network = replace(cluster.network, calls=(call,), knobs=(knobs,))
    told, _ = channels(network, None)
    return replace(cluster, network=network, callers=replace(cluster.callers, channels=told))


_DEFAULT = PingPolicy(Fact(300_000, ()), Fact(value=False, origins=()), Fact(2, ()), settable=True)
"""What gRPC core does when nobody says otherwise; the base spec's own server arguments are turned away from."""
