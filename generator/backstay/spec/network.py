"""`network`: which boxes forget idle connections, which services there are, and who calls them how."""

from typing import Annotated, Literal

from pydantic import Field

from backstay.spec.base import Section, short_for
from backstay.spec.platform import TcpKeepalive
from backstay.spec.serving import Ejection, Knative, Workload
from backstay.spec.types import Bytes, Count, Host, Many, Millis, Name, Port, Positive


class Box(Section):
    """Anything between two pods that forgets idle connections: a firewall, a load balancer, a NAT."""

    preset: str | None = None
    """A kind of box with documented defaults: `firewall`, `aws-nlb`, `aws-alb`, ..."""
    idle: Millis | None = None
    """How long a connection may be idle before the box forgets it."""
    on_expiry: Literal["reset", "drop"] | None = None
    """What happens to later packets: `reset` (both ends learn of it) or `drop` (neither does)."""
    refreshed_by: Many[Literal["tcp-probe", "http2-ping", "data"]] | None = None
    """What counts as traffic for the box; a TCP keepalive probe carries no data."""


class GatewayService(Section):
    """A gateway's Service inside the mesh."""

    host: Host
    """Its DNS name, `istio-egressgateway.istio-system.svc.cluster.local` for one."""
    port: Port
    """The Service port that the calls use."""
    port_name: str | None = None
    """That port's name; Istio reads the protocol from it."""


class GatewayRetries(Section):
    """What the VirtualServices that are bound to a gateway say about trying again."""

    attempts: Count
    """How many more tries after the first; 0 for none."""
    on: Many[str] = (
        "connect-failure",
        "refused-stream",
        "unavailable",
        "cancelled",
        "retriable-status-codes",
    )
    """After what, in the words of `retryOn`."""


class Gateway(Section):
    """An Envoy that stands alone on the way: ingress or egress."""

    kind: Literal["istio", "gateway-api"] = "istio"
    """How its pods are known: by `labels`, or by the Gateway of the Gateway API that they belong to."""
    namespace: Name | None = None
    """Where its pods run; the mesh's root namespace by default."""
    labels: dict[str, str] = Field(default_factory=dict)
    """The labels of its pods (kind `istio`)."""
    gateway: Name | None = None
    """The name of its Gateway (kind `gateway-api`), where it is not the key's."""
    listener_port: Port | None = None
    """The port in the pod that the calls arrive at; by default whatever is emitted is for all of its listeners."""
    service: GatewayService | None = None
    """Its Service, where sidecars of the mesh are sent through it."""
    profile: Literal["default", "edge"] = "default"
    """`connectionSettings.profile`: `edge` closes silent streams and slow requests after 5m (Istio 1.31 and later)."""
    stream_idle_timeout: Millis | None = None
    """`httpStreamIdleTimeout` of its connectionSettings; 0s means none."""
    request_timeout: Millis | None = None
    """`httpRequestTimeout` of its connectionSettings; 0s means none."""
    max_concurrent_streams: Positive | None = None
    """`httpMaxConcurrentStreams` of its connectionSettings."""
    retries: GatewayRetries | None = None
    """What its VirtualServices say about retries; two, as Istio does by default, where it is left out."""


class Client(Section):
    """Someone who calls; undeclared ones are plain workloads of the mesh."""

    preset: str | None = None
    """`pipeline-steps`: what the KFP driver and launcher do in every step pod."""
    runtime: Literal["core", "go", "java", "other"] | None = None
    """The gRPC runtime: C-core (Python, C++), Go, Java."""
    sidecar: bool | None = None
    """Whether the pods have a sidecar; in an ambient mesh `false` says that they are outside of it."""
    namespaces: Many[Name] = ()
    """Where the pods run; run namespaces for pipeline steps."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Pod labels that select the client, where not the whole namespace is meant."""
    replicas: Positive = 1
    """How many pods of it there are at most; each has a pool of its own."""


class Service(Section):
    """Something that is called."""

    preset: str | None = None
    """A known service with documented defaults: `kfp-metadata-grpc`, `mysql`, ..."""
    host: Host | None = None
    """Its DNS name; `<service>.<namespace>.svc.cluster.local` inside the cluster."""
    port: Port | None = None
    """The Service port."""
    target_port: Port | None = None
    """The pod's port, where it differs."""
    port_name: str | None = None
    """The Service port's name; Istio reads the protocol from it."""
    protocol: Literal["grpc", "http2", "http", "mysql", "postgres", "redis", "tcp"] | None = None
    """What is spoken on the connection."""
    runtime: Literal["core", "go", "java", "other"] | None = None
    """The server's gRPC runtime: it decides the ping policy."""
    sidecar: bool | None = None
    """Whether the server's pods have a sidecar; in an ambient mesh `false` says that they are outside of it."""
    waypoint: Name | None = None
    """The waypoint in front of it (ambient), as `istio.io/use-waypoint` has it; `none` takes the namespace's away."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Pod labels that select the server; needed where a sidecar is configured."""
    min_ping_interval: Millis | None = None
    """The server's ping policy: pings that come sooner are strikes (gRPC default 5m)."""
    permit_pings_without_calls: bool | None = None
    """Whether the server tolerates pings on a connection without calls (gRPC default no)."""
    max_connection_age: Millis | None = None
    """After this the server closes the connection."""
    max_connection_age_grace: Millis | None = None
    """How long calls in flight may go on after that."""
    max_message: Bytes | None = None
    """The largest message the callers send."""
    wait_timeout: Millis | None = None
    """The server's own idle timeout: a database's wait_timeout, an HTTP server's keep-alive timeout."""
    max_connections: Positive | None = None
    """How many connections it accepts, from all callers together."""
    eject_after: Annotated[Ejection, short_for(Ejection, "errors", Positive)] | None = None
    """After how many errors in a row an endpoint gets no requests for a while; never where it is left out."""
    destination_rule: Name | None = None
    """The DestinationRule that the base already has for this host: it is patched, as Istio keeps one a host."""
    workload: Workload | None = None
    """Whose pods serve it; named, they are told how to end without cutting requests."""
    knative: Knative | None = None
    """The Knative Service that it is, if it is one: its revisions get the time that calls may take."""
    longest_request: Millis | None = None
    """The longest request in flight when a pod has to go, where it is not `termination.drain.longestRequest`."""


class Pool(Section):
    """A client-side connection pool."""

    max: Positive | None = None
    """The most connections of one pod; by default its share of the service's `maxConnections`."""
    idle: Count | None = None
    """How many may be kept idle; by default all of them."""


class Call(Section):
    """One kind of call that matters."""

    from_: Annotated[Name, Field(alias="from")]
    """Who calls: a client's name."""
    to: Name
    """What is called: a service's name."""
    via: Many[Name] = ()
    """The boxes and gateways on the way, in the order that they are passed."""
    stream: Literal["none", "client", "server", "both"] = "none"
    """Which side streams."""
    silent_for: Millis | None = None
    """The longest time without a byte on the connection that has to be survived."""
    heartbeat: Millis | None = None
    """The application itself sends data at least this often."""
    detect_dead_peer_in: Millis | None = None
    """A peer that went away has to be noticed within this time."""
    deadline: Millis | None = None
    """The longest a call may take."""
    idempotent: bool = False
    """Whether the call may be run twice without harm."""
    round_trip: Millis = 50
    """The 99th percentile of a round trip."""
    wait_for_ready: bool = False
    """Whether the call waits for a connection while the server is away, instead of failing at once (gRPC)."""
    pool: Pool | None = None
    """The caller's pool."""


class Pins(Section):
    """Numbers that people insist on for one service. They are checked, never trusted."""

    keepalive_interval: Millis | None = None
    """HTTP/2 PING interval of the proxies."""
    keepalive_timeout: Millis | None = None
    """How long a PING may stay unanswered."""
    route_timeout: Millis | None = None
    """The VirtualService's timeout; 0s means none."""
    stream_idle_timeout: Millis | None = None
    """Envoy's stream_idle_timeout on the way; 0s means none."""
    request_timeout: Millis | None = None
    """A gateway's request_timeout; 0s means none."""
    tcp_keepalive: TcpKeepalive | None = None
    """The DestinationRule's own TCP keepalive."""
    pool_idle_time: Millis | None = None
    """How long the callers' pools keep a connection that they do not use."""
    pool_lifetime: Millis | None = None
    """How long the callers' pools keep a connection at all."""
    server_arguments: dict[str, int | str] = Field(default_factory=dict)
    """gRPC channel arguments of the server."""
    client_arguments: dict[str, int | str] = Field(default_factory=dict)
    """gRPC channel arguments of the callers."""


class Network(Section):
    """The paths that calls take."""

    boxes: dict[Name, Box] = Field(default_factory=dict)
    """What forgets idle connections, by name."""
    gateways: dict[Name, Gateway] = Field(default_factory=dict)
    """Ingress and egress gateways, by name."""
    waypoints: dict[Name, Name] = Field(default_factory=dict)
    """The waypoint of a whole namespace (ambient), by namespace."""
    clients: dict[Name, Client] = Field(default_factory=dict)
    """Who calls, by name, where the defaults do not fit."""
    services: dict[Name, Service] = Field(default_factory=dict)
    """What is called, by name."""
    calls: Many[Call] = ()
    """Every kind of call that matters."""
    overrides: dict[Name, Pins] = Field(default_factory=dict)
    """Pinned numbers, by service or gateway."""
