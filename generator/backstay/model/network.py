"""The model's nouns for the network: services, boxes, hops and who pings on them. Times are milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backstay.core.fact import Fact
from backstay.core.place import Place
from backstay.model.gateway import Gateway
from backstay.model.hop import End, Hop, TcpKeepalive
from backstay.model.shutdown import Workload


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


class Runtime(StrEnum):
    """A gRPC implementation, with its own floors, clamps and ping policy."""

    CORE = "core"
    GO = "go"
    JAVA = "java"
    OTHER = "other"


_ONE: Fact[int] = Fact(1, ())


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
    """A caller. `settable_keepalive` False: its code never pings and nothing can tell it to.

    `ztunnel` says that its pods are in an ambient mesh.
    """

    name: str
    runtime: Runtime
    sidecar: bool
    settable_keepalive: bool
    namespaces: tuple[Fact[str], ...]
    labels: Mapping[str, Fact[str]]
    place: Place
    ztunnel: bool = False
    replicas: Fact[int] = _ONE


@dataclass(frozen=True, slots=True)
class Service:
    """Something that is called. `port_name` None: unknown; `policy` None: no gRPC server.

    `existing_rule` names the DestinationRule that an upstream install already has for the host: Istio keeps
    one a host and namespace, so that one has to be patched. `ztunnel` says that its pods are in an ambient mesh,
    `waypoint` what reads HTTP in front of them there.
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
    labels: Mapping[str, Fact[str]]
    policy: PingPolicy | None
    max_connection_age: Fact[int] | None
    max_connection_age_grace: Fact[int] | None
    max_message: Fact[int] | None
    wait_timeout: Fact[int] | None
    existing_rule: Fact[str] | None
    place: Place
    workload: Workload | None = None
    longest_request: Fact[int] | None = None
    ztunnel: bool = False
    waypoint: Gateway | None = None
    max_connections: Fact[int] | None = None
    knative: Fact[str] | None = None
    knative_max: Fact[int] | None = None

    @property
    def namespace(self) -> str:
        """The namespace in a cluster-local host name; empty for hosts outside."""
        parts = self.host.value.split(".")
        return parts[1] if len(parts) > 2 and parts[2] == "svc" else ""  # noqa: PLR2004 - name.namespace.svc

    @property
    def home(self) -> Fact[str]:
        """The namespace, and what says so."""
        return Fact(self.namespace, self.host.origins)


@dataclass(frozen=True, slots=True)
class ClientPool:
    """A caller's pool of connections: the most there may be, and how many of them may idle (None: not stated)."""

    max: Fact[int] | None
    idle: Fact[int] | None
    place: Place


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
    idempotent: Fact[bool]
    round_trip: Fact[int]
    pool: ClientPool | None
    hops: tuple[Hop, ...]
    place: Place
    waits: Fact[bool] | None = None

    @property
    def round_trip_ms(self) -> int:
        """The 99th percentile of a round trip."""
        return self.round_trip.value

    @property
    def crossings(self) -> tuple[Hop, ...]:
        """The hops that cross the network, caller's side first: more than one where layer 7 boxes stand between."""
        return tuple(hop for hop in self.hops if hop.crosses)

    def speakers(self, hop: Hop) -> tuple[End, End]:
        """Who speaks the call's protocol to whom across a hop: a ztunnel only passes bytes on."""
        before = [one.sender_end for one in self.hops[: hop.index + 1] if one.sender_end is not End.ZTUNNEL]
        after = [one.receiver_end for one in self.hops[hop.index :] if one.receiver_end is not End.ZTUNNEL]
        return before[-1], after[0]

    def calls_service(self, hop: Hop) -> bool:
        """Whether the end that opens a hop does so as a caller of the service, not of a gateway before it."""
        return not any(one.acceptor is not None for one in self.hops[hop.index :])

    @property
    def routed_by_sidecar(self) -> bool:
        """Whether the caller's sidecar goes by a route for the service itself.

        Where it sends the requests to a gateway, a VirtualService of somebody else's says so, and a host has but one.
        """
        return self.client.sidecar and self.calls_service(self.crossings[0])

    @property
    def idles_between_calls(self) -> bool:
        """Whether the connection may be silent while no request is open: then some gRPC runtimes do not ping."""
        return self.stream == "none"

    @property
    def silence_in_request(self) -> int | None:
        """The longest time without data while a request is open; None when the spec does not say.

        A stream is open all the time; any other request at most for its deadline.
        """
        if self.silence is None or self.stream != "none":
            return None if self.silence is None else self.silence.value
        return None if self.deadline is None else min(self.silence.value, self.deadline.value)


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
    callers' channels should use. Pinned numbers are already in them. `gateways` are those with a cluster for the
    service that should ping. `idle_pins` are pinned keepalive numbers that nobody on the way takes.
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
    gateways: tuple[Gateway, ...] = ()
    idle_pins: tuple[Fact[int], ...] = ()


@dataclass(frozen=True, slots=True)
class GatewayKnobs:
    """What is turned at one gateway or waypoint, for all calls through it.

    `downstream` is its own connection manager's, `towards` the clusters that callers' sidecars have for it, of the
    `clients` that use them; `stream_idle` and `request_timeout` take the place of installed ones; 0 means none.
    """

    gateway: Gateway
    downstream: Keepalive | None
    towards: Keepalive | None
    clients: tuple[Client, ...]
    stream_idle: Fact[int] | None
    request_timeout: Fact[int] | None


@dataclass(frozen=True, slots=True)
class RetryBudget:
    """How many retries may run at a time: a share of the active requests, in percent, and at least some."""

    percent: Fact[int]
    at_least: Fact[int]


@dataclass(frozen=True, slots=True)
class CallRoute:
    """What callers' sidecars are told about one host: how often to try again, on what, and for how long.

    `retries` excludes the first try, `per_try` is what one may take; `retry_on` are Envoy's words; None leaves a thing as it is. `name` is the
    service that the host is declared for, `namespace` its own; `budget` None: this Istio has no such setting.
    """

    name: str
    host: Fact[str]
    namespace: str
    retries: Fact[int] | None
    retry_on: Fact[tuple[str, ...]] | None
    base: Fact[int] | None
    timeout: Fact[int] | None
    budget: RetryBudget | None = None
    per_try: Fact[int] | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """Every call with its hops, the knobs by service, the routes by host, and what is turned at gateways."""

    services: tuple[Service, ...]
    calls: tuple[Call, ...]
    knobs: tuple[Knobs, ...]
    routes: tuple[CallRoute, ...] = ()
    gateways: tuple[GatewayKnobs, ...] = ()

    def calls_to(self, service: str) -> tuple[Call, ...]:
        """The calls that go to one service."""
        return tuple(call for call in self.calls if call.service.name == service)
