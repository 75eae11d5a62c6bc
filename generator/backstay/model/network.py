"""The model's nouns for the network: services, boxes, hops and who pings on them. Times are milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backstay.core.fact import Fact
from backstay.core.place import Place


class Protocol(StrEnum):
    """What is spoken on a connection."""

    GRPC = "grpc"
    HTTP2 = "http2"
    HTTP = "http"
    MYSQL = "mysql"
    POSTGRES = "postgres"
    REDIS = "redis"
    TCP = "tcp"

    @property
    def pings(self) -> bool:
        """Whether the protocol has HTTP/2 PING frames."""
        return self in {Protocol.GRPC, Protocol.HTTP2}

    @property
    def is_http(self) -> bool:
        """Whether a proxy reads it as HTTP."""
        return self in {Protocol.GRPC, Protocol.HTTP2, Protocol.HTTP}


class Refresh(StrEnum):
    """What resets a box's idle timer."""

    TCP_PROBE = "tcp-probe"
    HTTP2_PING = "http2-ping"
    DATA = "data"


class Runtime(StrEnum):
    """A gRPC implementation, with its own floors, clamps and ping policy."""

    CORE = "core"
    GO = "go"
    JAVA = "java"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TcpKeepalive:
    """TCP keepalive probes: first after `time` of silence, then each `interval`, `probes` times."""

    time: Fact[int]
    interval: Fact[int]
    probes: Fact[int]
    place: Place

    @property
    def detects_in_ms(self) -> int:
        """How long a vanished host goes unnoticed on a silent connection."""
        return self.time.value + self.interval.value * self.probes.value


@dataclass(frozen=True, slots=True)
class Box:
    """Something that forgets connections which are idle for `idle`."""

    name: str
    preset: str
    idle: Fact[int]
    refreshed_by: frozenset[Refresh]
    on_expiry: str
    layer: int
    stream_idle: Fact[int] | None
    place: Place


@dataclass(frozen=True, slots=True)
class PingPolicy:
    """What a gRPC server does to pings: `strikes` pings closer than `min_interval` apart end the connection.

    `settable` says that backstay emits the server's arguments and may change the policy.
    """

    min_interval: Fact[int]
    without_calls: Fact[bool]
    strikes: Fact[int]
    settable: bool


@dataclass(frozen=True, slots=True)
class Client:
    """A caller. `settable_keepalive` False: its code never pings and nothing can tell it to."""

    name: str
    runtime: Runtime
    sidecar: bool
    settable_keepalive: bool
    namespaces: tuple[Fact[str], ...]
    labels: Mapping[str, str]
    place: Place


@dataclass(frozen=True, slots=True)
class Service:
    """Something that is called. `port_name` None: unknown; `policy` None: no gRPC server.

    `existing_rule` names the DestinationRule that an upstream install already has for the host: Istio keeps
    one a host and namespace, so that one has to be patched.
    """

    name: str
    preset: str
    host: Fact[str]
    port: Fact[int]
    target_port: Fact[int]
    port_name: str | None
    protocol: Protocol
    runtime: Runtime
    sidecar: bool
    labels: Mapping[str, str]
    policy: PingPolicy | None
    max_connection_age: Fact[int] | None
    max_connection_age_grace: Fact[int] | None
    max_message: Fact[int] | None
    wait_timeout: Fact[int] | None
    existing_rule: Fact[str] | None
    place: Place

    @property
    def namespace(self) -> str:
        """The namespace in a cluster-local host name; empty for hosts outside."""
        parts = self.host.value.split(".")
        return parts[1] if len(parts) > 2 and parts[2] == "svc" else ""  # noqa: PLR2004 - name.namespace.svc


class Side(StrEnum):
    """Which end of a hop."""

    SENDER = "sender"
    RECEIVER = "receiver"


@dataclass(frozen=True, slots=True)
class Pinger:
    """Who keeps a hop alive, how, how often, and which emitted object (or installed one) makes it so.

    `by_proxy` says whether a sidecar or the application itself pings; `jitter` is percent on top of the interval.
    """

    side: Side
    by_proxy: bool
    how: Refresh
    interval: Fact[int]
    timeout: Fact[int]
    jitter: int
    knob: str
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """One TCP connection of a call's chain.

    `sender` and `receiver` are words for the two ends, `*_proxy` whether they are sidecars; only the hop that
    `crosses` the network sees boxes.
    """

    index: int
    sender: str
    receiver: str
    sender_proxy: bool
    receiver_proxy: bool
    crosses: bool
    boxes: tuple[Box, ...]
    pingers: tuple[Pinger, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of call and its chain of hops.

    `silence` is the longest time without data on the connection (the heartbeat's, where there is one);
    None when the spec does not say.
    """

    index: int
    client: Client
    service: Service
    stream: str
    silence: Fact[int] | None
    detect: Fact[int] | None
    deadline: Fact[int] | None
    heartbeat: Fact[int] | None
    idempotent: bool
    round_trip_ms: int
    hops: tuple[Hop, ...]
    place: Place

    @property
    def crossing(self) -> Hop:
        """The hop that crosses the network."""
        return next(hop for hop in self.hops if hop.crosses)


@dataclass(frozen=True, slots=True)
class Keepalive:
    """HTTP/2 keepalive of one codec: PING after `interval`, close when unanswered for `timeout`."""

    interval: Fact[int]
    timeout: Fact[int]


@dataclass(frozen=True, slots=True)
class Knobs:
    """What is turned for one service: the numbers that emitters write down.

    `inbound` is the server sidecar's connection manager, `upstream` the callers' sidecars' cluster for the
    service, `server_args` the server's own gRPC channel arguments (complete, in order), `client_args` what the
    callers' channels should use. Pinned numbers are already in them.
    """

    service: Service
    clients: tuple[Client, ...]
    inbound: Keepalive | None
    upstream: Keepalive | None
    server_args: tuple[tuple[str, Fact[int | str]], ...]
    client_args: tuple[tuple[str, Fact[int | str]], ...]
    route_timeout: Fact[int] | None
    stream_idle: Fact[int] | None
    tcp_keepalive: TcpKeepalive | None


@dataclass(frozen=True, slots=True)
class Network:
    """Every call with its hops, and the knobs by service."""

    services: tuple[Service, ...]
    calls: tuple[Call, ...]
    knobs: tuple[Knobs, ...]

    def calls_to(self, service: str) -> tuple[Call, ...]:
        """The calls that go to one service."""
        return tuple(call for call in self.calls if call.service.name == service)
