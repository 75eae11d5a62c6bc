"""Istio's and Envoy's own names, as far as rules ask for them.

Sources: istio/istio pkg/config/kube/conversion.go and pkg/config/protocol/instance.go (port protocols),
istio/istio pilot/pkg/networking/core/envoyfilter (what patches touch), envoy api/envoy/extensions/filters (filters
and their types), istio/api mesh/v1alpha1/proxy.proto (drainDuration), envoy tcp_proxy.proto (idle_timeout), envoy changelogs/1.36.0.yaml (max_concurrent_streams).
"""

from enum import StrEnum

HCM = "envoy.filters.network.http_connection_manager"
HTTP_PROTOCOL_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
TYPE_PREFIX = "type.googleapis.com/"

DRAIN_SECONDS = 45
"""`drainDuration`: how long connections of a replaced listener live on."""

TCP_PROXY_IDLE_MS = 3_600_000
"""Envoy's tcp_proxy closes a connection without bytes after this."""

PROXY_IDLE_MS = 3_600_000
"""Envoy closes an HTTP connection without requests after this, on either side (`common_http_protocol_options`)."""

MAX_STREAMS = 1024
"""Streams that Envoy 1.36 and later allow on one HTTP/2 connection by default."""

RETRIES = 2
RETRY_ON = ("connect-failure", "refused-stream", "unavailable", "cancelled", "retriable-status-codes")
"""What sidecars retry, and how often, where no route says otherwise (pilot/pkg/networking/core/route/retry/retry.go)."""

AFTER_REQUEST = ("reset",)
"""What else calls that may run twice are tried again on: a connection that broke, and a try that its perTryTimeout ended (Envoy's
router takes that for a reset; without this word it ends the whole call; source/common/router/retry_state_impl.cc)."""
HTTP_RETRY_ON = ("connect-failure", "refused-stream", *AFTER_REQUEST, "503")
"""The same for plain HTTP, which has no `unavailable`: those words name gRPC's statuses, and `retriable-status-codes` without a
number names none."""

BEFORE_REQUEST = frozenset({"connect-failure", "refused-stream", "reset-before-request"})
"""The `retryOn` words for failures that the server cannot have begun to work on."""

RETRY_WORDS = BEFORE_REQUEST | {
    "5xx", "gateway-error", "reset", "retriable-4xx", "retriable-status-codes", "retriable-headers",
    "envoy-ratelimited", "http3-post-connect-failure", "cancelled", "deadline-exceeded", "internal",
    "resource-exhausted", "unavailable",
}  # fmt: skip
"""The words that `retryOn` takes (pkg/config/validation); numbers of HTTP statuses are taken too."""

RETRY_BASE_MS = 25
RETRY_CAP = 10
"""Envoy's wait before the first retry at most, and how many times that a later one may be at most."""
_RISING = (1, 3, 7)
"""The longest waits before the first retries, in first waits; the next would be above the cap."""


def longest_waits(retries: int) -> int:
    """The longest that the waits before some retries take together, in first waits.

    Each doubles the one before, and a bit, up to the cap. Source: envoy docs router_filter (fully jittered exponential back-off).
    """
    rising = _RISING[:retries]
    return sum(rising) + RETRY_CAP * (retries - len(rising))


TERMINATION_DRAIN_MS = 5_000
"""`terminationDrainDuration`, and MINIMUM_DRAIN_DURATION (pkg/envoy/agent.go)."""

LISTENER_PATCHES = frozenset({"LISTENER", "FILTER_CHAIN", "NETWORK_FILTER", "HTTP_FILTER", "LISTENER_FILTER"})
"""EnvoyFilter `applyTo`s that change a listener. EXTENSION_CONFIG is delivered apart and drains nothing."""

EDGE_STREAM_IDLE_MS = EDGE_REQUEST_MS = 300_000
EDGE_STREAMS = 100
"""`connectionSettings.profile: EDGE` (istio/api mesh/v1alpha1/proxy.proto)."""

HBONE_PING_MS, HBONE_PING_TIMEOUT_MS = 10_000, 20_000
"""How ztunnels (istio/ztunnel src/proxy/h2.rs, both sides) and waypoints (istio/istio
pilot/pkg/networking/core/listener_waypoint.go, their own side) ping on the tunnels between them."""
HBONE_STREAMS = 100
"""Connections in one tunnel to a waypoint (listener_waypoint.go)."""
ZTUNNEL_PROBE_MS, ZTUNNEL_PROBES = 180_000, 9
"""TCP keepalive of the sockets that a ztunnel opens: first probe, gap and number (istio/ztunnel src/config.rs)."""
CONNECT_TERMINATE = "connect_terminate"
"""A waypoint's listener for tunnels; of all that a waypoint has, its connection manager pings the callers."""

FILTER_TYPES = {
    name: f"{TYPE_PREFIX}{kind}"
    for name, kind in (
        (HCM, "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
        ("envoy.filters.network.tcp_proxy", "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"),
        ("envoy.filters.network.rbac", "envoy.extensions.filters.network.rbac.v3.RBAC"),
        ("envoy.filters.network.sni_cluster", "envoy.extensions.filters.network.sni_cluster.v3.SniCluster"),
        ("envoy.filters.network.mongo_proxy", "envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy"),
        ("envoy.filters.network.redis_proxy", "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy"),
        ("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router"),
        ("envoy.filters.http.rbac", "envoy.extensions.filters.http.rbac.v3.RBAC"),
        ("envoy.filters.http.jwt_authn", "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"),
        ("envoy.filters.http.ext_authz", "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"),
        ("envoy.filters.http.lua", "envoy.extensions.filters.http.lua.v3.Lua"),
        ("envoy.filters.http.fault", "envoy.extensions.filters.http.fault.v3.HTTPFault"),
        ("envoy.filters.http.cors", "envoy.extensions.filters.http.cors.v3.Cors"),
        ("envoy.filters.http.grpc_stats", "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig"),
        ("envoy.filters.http.grpc_web", "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb"),
        (
            "envoy.filters.http.local_ratelimit",
            "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        ),
        ("envoy.filters.http.buffer", "envoy.extensions.filters.http.buffer.v3.Buffer"),
    )
}
"""Filters and the one type that their configuration has; others are not judged."""

OLD_FILTER_NAMES = {
    "envoy.http_connection_manager": HCM,
    "envoy.tcp_proxy": "envoy.filters.network.tcp_proxy",
    "envoy.router": "envoy.filters.http.router",
    "envoy.ext_authz": "envoy.filters.http.ext_authz",
    "envoy.lua": "envoy.filters.http.lua",
    "envoy.fault": "envoy.filters.http.fault",
    "envoy.cors": "envoy.filters.http.cors",
}
"""Names that matched until Istio 1.18, and what they are called since."""

_HTTP2 = frozenset({"http2", "grpc", "grpc-web"})
_HTTP1 = frozenset({"http", "http_proxy"})
_OPAQUE = frozenset({"tcp", "udp", "tls", "https", "mongo", "redis", "mysql", "hbone"})
_KUBERNETES_WORDS = {"kubernetes.io/h2c": "http2", "kubernetes.io/ws": "http", "kubernetes.io/wss": "https"}
_OPAQUE_PORTS = frozenset({25, 53, 3306, 27017})


class PortProtocol(StrEnum):
    """What Istio takes a Service port for."""

    HTTP2 = "HTTP/2"
    HTTP1 = "HTTP/1.1"
    OPAQUE = "opaque bytes"
    DETECTED = "detected per connection"


def port_protocol(number: int, name: str, app_protocol: str | None = None) -> PortProtocol:
    """How proxies treat a port: `appProtocol` decides, else the name up to its first `-`.

    SMTP, DNS, MySQL and MongoDB have well-known numbers; whatever else is detected on each connection.
    """
    word = name if app_protocol is None else _KUBERNETES_WORDS.get(app_protocol, app_protocol)
    word = word.lower()
    word = "grpc-web" if word.startswith("grpc-web") else word.partition("-")[0]
    if word in _HTTP2:
        return PortProtocol.HTTP2
    if word in _HTTP1:
        return PortProtocol.HTTP1
    return PortProtocol.OPAQUE if word in _OPAQUE or number in _OPAQUE_PORTS else PortProtocol.DETECTED
