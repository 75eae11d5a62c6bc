"""ConnectionPoolSettings, and what they make of a cluster.

istio/api networking/v1alpha3/destination_rule.proto; istio/istio pilot/pkg/networking/core/cluster_traffic_policy.go.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.prove.istiod.scalars import duration_ms, read_duration
from backstay.prove.istiod.shape import Struct, camel, number, part, struct, text
from backstay.prove.istiod.words import Refused

KEEPALIVE_SINCE = (1, 31)
_HTTP = frozenset({
    "h2_upgrade_policy", "http1_max_pending_requests", "http2_max_requests", "idle_timeout", "max_concurrent_streams",
    "max_requests_per_connection", "max_retries", "use_client_protocol",
})  # fmt: skip
_TCP = frozenset(
    {"connect_timeout", "idle_timeout", "max_connection_duration", "max_connections", "tcp_keepalive"}
)
_THRESHOLDS = {
    ("http", "http2_max_requests"): "max_requests",
    ("http", "http1_max_pending_requests"): "max_pending_requests",
    ("http", "max_retries"): "max_retries",
    ("tcp", "max_connections"): "max_connections",
}


@dataclass(frozen=True, slots=True)
class Pool:
    """A connectionPool block, read: durations in protobuf's JSON form (empty when unset), counts 0 when unset.

    `keepalive` is Envoy's `connection_keepalive`, or None; `tcp_keepalive` is the block as written, or None;
    `thresholds` are Envoy's circuit breaker names and numbers.
    """

    upgrade: bool
    client_protocol: bool
    idle_timeout: str
    connect_timeout: str
    max_connection_duration: str
    max_requests: int
    max_streams: int
    keepalive: Struct | None
    tcp_keepalive: Struct | None
    thresholds: tuple[tuple[str, int], ...]

    @property
    def speaks_http(self) -> bool:
        """Whether anything here makes istiod write HTTP protocol options."""
        asked = self.idle_timeout or self.max_connection_duration or self.max_requests or self.max_streams
        return bool(asked) or self.keepalive is not None


def read_pool(block: Struct, release: tuple[int, int]) -> Pool:
    """Read a connectionPool block; `Refused` when the webhook or the API server's schema would not take it."""
    http, tcp = struct(block, "http"), struct(block, "tcp")
    pings = release >= KEEPALIVE_SINCE and part(http, "http2_keep_alive") is not None
    tcp_keepalive = part(tcp, "tcp_keepalive")
    return Pool(
        upgrade=text(http, "h2_upgrade_policy") == "UPGRADE",
        client_protocol=part(http, "use_client_protocol") is True,
        idle_timeout=_duration(http, "idle_timeout") or _duration(tcp, "idle_timeout"),
        connect_timeout=_duration(tcp, "connect_timeout"),
        max_connection_duration=_duration(tcp, "max_connection_duration"),
        max_requests=number(http, "max_requests_per_connection"),
        max_streams=number(http, "max_concurrent_streams"),
        keepalive=_keepalive(struct(http, "http2_keep_alive")) if pings else None,
        tcp_keepalive=tcp_keepalive if isinstance(tcp_keepalive, dict) else None,
        thresholds=tuple(_thresholds(block)),
    )


def unknown_fields(block: Struct, release: tuple[int, int]) -> list[str]:
    """What the block has that this Istio does not know: misspelt, or of a later release."""
    known = {
        "http": _HTTP | ({"http2_keep_alive"} if release >= KEEPALIVE_SINCE else frozenset()),
        "tcp": _TCP,
    }
    return [
        f"connectionPool.{side}.{key}"
        for side, names in known.items()
        for key in struct(block, side)
        if key not in names and key not in {camel(name) for name in names}
    ]


def snake_fields(block: Struct) -> list[str]:
    """What is spelt as in protobuf: istiod reads it, but an API server's schema does not know it and prunes it."""
    return [
        f"connectionPool.{side}.{key}"
        for side, names in (("http", _HTTP | {"http2_keep_alive"}), ("tcp", _TCP))
        for key in struct(block, side)
        if key in names and "_" in key
    ]


def _keepalive(block: Struct) -> Struct:
    interval, timeout = _duration(block, "interval"), _duration(block, "timeout")
    for name, value in (("interval", interval), ("timeout", timeout)):
        if not value:
            raise Refused(f"http2KeepAlive.{name} is required")
        if duration_ms(value) < 1:
            raise Refused(f"http2KeepAlive.{name} is less than 1ms")
    return {"interval": interval, "timeout": timeout}


def _duration(block: Struct, name: str) -> str:
    value = part(block, name)
    return "" if value is None else read_duration(value)


def _thresholds(block: Struct) -> Iterator[tuple[str, int]]:
    """Only positive numbers count: istiod cannot tell zero from unset."""
    for (side, name), envoy in _THRESHOLDS.items():
        if number(block, side, name) > 0:
            yield envoy, number(block, side, name)
