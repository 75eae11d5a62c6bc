"""Editing a cluster as a connection pool asks.

istio/istio pilot/pkg/networking/core/cluster_traffic_policy.go applyConnectionPool and cluster_builder.go. The
cluster is edited in place; what has no effect on it is returned as text.
"""

from collections.abc import Mapping

from backstay.prove.istiod.pool import Pool
from backstay.prove.istiod.scalars import duration_ms, read_duration
from backstay.prove.istiod.shape import Struct, number, opened, part, store, struct, structs, text

_OPTIONS = "typed_extension_protocol_options"
HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_PROTOCOLS = ("explicit_http_config", "use_downstream_protocol_config", "auto_config")
_UNLIMITED = 2**32 - 1
_BREAKERS = ("max_connections", "max_pending_requests", "max_requests", "max_retries")


def keep_tcp_alive(cluster: Struct, settings: Mapping[str, object] | None) -> None:
    """Switch on SO_KEEPALIVE and set what is set, in whole seconds; a later call overrides field by field."""
    if settings is None:
        return
    settings = dict(settings)
    keepalive = opened(cluster, "upstream_connection_options", "tcp_keepalive")
    if number(settings, "probes") > 0:
        keepalive["keepalive_probes"] = number(settings, "probes")
    for name in ("time", "interval"):
        value = text(settings, name)
        if value:
            keepalive[f"keepalive_{name}"] = int(duration_ms(read_duration(value)) / 1000)


def apply_pool(cluster: Struct, pool: Pool, *, outbound: bool) -> list[str]:
    """Edit the cluster; the settings that do nothing on it, in words."""
    if outbound and pool.upgrade and not pool.client_protocol:
        _upgrade(cluster)
    _plain_settings(cluster, pool)
    idle = _http_settings(cluster, pool) if pool.speaks_http else []
    if pool.client_protocol:
        idle += _follow_client(cluster, pool)
    if outbound:
        _align_alpn(cluster)
    return idle


def is_http2(cluster: Struct) -> bool:
    """Whether the cluster always speaks HTTP/2: only then do HTTP/2 settings of a pool land on it."""
    return "http2_protocol_options" in struct(cluster, _OPTIONS, HTTP_OPTIONS, "explicit_http_config")


def _plain_settings(cluster: Struct, pool: Pool) -> None:
    if pool.connect_timeout:
        cluster["connect_timeout"] = pool.connect_timeout
    if pool.thresholds:
        breakers = opened(cluster, "circuit_breakers")
        limits = structs(breakers, "thresholds") or [dict.fromkeys(_BREAKERS, _UNLIMITED)]
        limits[0] = {**limits[0], **dict(pool.thresholds)}
        store(breakers, "thresholds", limits)


def _http_settings(cluster: Struct, pool: Pool) -> list[str]:
    options = _http_options(cluster)
    common = opened(options, "common_http_protocol_options")
    if pool.idle_timeout:
        common["idle_timeout"] = pool.idle_timeout
    if pool.max_requests:
        common["max_requests_per_connection"] = pool.max_requests
    if pool.max_connection_duration:
        common["max_connection_duration"] = pool.max_connection_duration
    if not any(name in options for name in _PROTOCOLS):
        options["explicit_http_config"] = {"http_protocol_options": {}}
    return _http2_settings(cluster, pool)


def _http2_settings(cluster: Struct, pool: Pool) -> list[str]:
    asked = [("http2KeepAlive", pool.keepalive is not None), ("maxConcurrentStreams", pool.max_streams > 0)]
    if not is_http2(cluster):
        return [f"{name}: the port is not known to speak HTTP/2" for name, wanted in asked if wanted]
    http2 = struct(_http_options(cluster), "explicit_http_config", "http2_protocol_options")
    if pool.max_streams:
        http2["max_concurrent_streams"] = pool.max_streams
    if pool.keepalive is not None:
        http2["connection_keepalive"] = dict(pool.keepalive)
    return []


def _follow_client(cluster: Struct, pool: Pool) -> list[str]:
    """`useClientProtocol`: both protocols afresh, so what was set for HTTP/2 is gone; HTTP/1 options are kept."""
    lost = pool.keepalive is not None and is_http2(cluster)
    options = _http_options(cluster)
    http1 = struct(options, "explicit_http_config", "http_protocol_options")
    for name in _PROTOCOLS:
        options.pop(name, None)
    options["use_downstream_protocol_config"] = {"http_protocol_options": http1, "http2_protocol_options": {}}
    return ["http2KeepAlive: useClientProtocol takes it away again"] if lost else []


def _upgrade(cluster: Struct) -> None:
    """`h2UpgradePolicy: UPGRADE`: HTTP/2, unless a protocol is settled already (a detected port follows the client)."""
    options = _http_options(cluster)
    if not any(name in options for name in _PROTOCOLS):
        options["explicit_http_config"] = {"http2_protocol_options": {}}


def _align_alpn(cluster: Struct) -> None:
    """Offer `h2` in the mesh's own TLS exactly when the cluster speaks HTTP/2."""
    sockets = [struct(each, "transport_socket") for each in structs(cluster, "transport_socket_matches")]
    for socket in (*sockets, struct(cluster, "transport_socket")):
        context = struct(socket, "typed_config", "common_tls_context")
        offered = part(context, "alpn_protocols")
        if isinstance(offered, list) and "istio" in offered:
            others = [each for each in offered if each != "h2"]
            context["alpn_protocols"] = [*others, "h2"] if is_http2(cluster) else others


def _http_options(cluster: Struct) -> Struct:
    options = opened(cluster, _OPTIONS, HTTP_OPTIONS)
    options.setdefault("@type", f"type.googleapis.com/{HTTP_OPTIONS}")
    return options
