"""Time, made to pass faster: the same configuration with every time in it divided by one number.

What nobody writes down has a default, and defaults have to be divided as well, so they are written out first (envoy
core/v3/protocol.proto, http_connection_manager.proto, tcp_proxy.proto, route_components.proto). Connecting is not a
matter of waiting, so `connect_timeout` stays. TCP keepalive has whole seconds; it is rounded up, never down.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal

from backstay.core.manifest import Plain
from backstay.core.units import show_seconds
from backstay.prove.istiod import Struct
from backstay.prove.istiod.shape import opened, struct, structs
from backstay.prove.mesh.base import TCP_PROXY
from backstay.prove.mesh.objects import Arguments
from backstay.upstream import grpc
from backstay.upstream.istio import HCM, HTTP_PROTOCOL_OPTIONS, PROXY_IDLE_MS, TCP_PROXY_IDLE_MS, TYPE_PREFIX

_DURATION = re.compile(r"(\d+(?:\.\d+)?)s\Z")
_SERVICE_CONFIG = "grpc.service_config"
_KEPT = frozenset({"connect_timeout"})
_WHOLE_SECONDS = frozenset({"keepalive_time", "keepalive_interval"})
_STREAM_IDLE, _ROUTE, _DRAIN = "300s", "15s", "5s"
_FOR_EVER = 2**31 - 1
_TIMES = frozenset(
    {
        grpc.KEEPALIVE_TIME,
        grpc.KEEPALIVE_TIMEOUT,
        grpc.MIN_PING_INTERVAL,
        grpc.PING_TIMEOUT,
        "grpc.max_connection_age_ms",
        "grpc.max_connection_age_grace_ms",
        "grpc.max_connection_idle_ms",
    }
)
"""Channel arguments that say how long to wait; reconnecting and resolving go on at their own pace."""


def scaled(value: Plain, scale: int) -> Plain:
    """A piece of Envoy configuration with its durations divided; none becomes zero that was not."""
    if isinstance(value, dict):
        return {key: item if key in _KEPT else _field(key, item, scale) for key, item in value.items()}
    if isinstance(value, list):
        return [scaled(item, scale) for item in value]
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is None:
        return value
    milliseconds = Decimal(found[1]) * 1000
    return show_seconds(max(1, round(milliseconds / scale))) if milliseconds else "0s"


def _field(key: str, item: Plain, scale: int) -> Plain:
    if key in _WHOLE_SECONDS and isinstance(item, int):
        return whole_seconds(item, scale)
    return scaled(item, scale)


def whole_seconds(seconds: int, scale: int) -> int:
    """Seconds divided, for what has no fractions of them: rounded up, at least one."""
    return max(1, -(-seconds // scale))


def scaled_arguments(arguments: Arguments, scale: int) -> Arguments:
    """Channel arguments with their times divided."""
    return {name: _argument(name, value, scale) for name, value in arguments.items()}


def _argument(name: str, value: int | str, scale: int) -> int | str:
    if name == _SERVICE_CONFIG:
        return _service_config(str(value), scale)
    if name not in _TIMES or not isinstance(value, int) or value == _FOR_EVER:
        return value
    return max(1, value // scale)


def _service_config(text: str, scale: int) -> str:
    """A gRPC service config; one that cannot be read stays as it is, for the client to say so."""
    try:
        return json.dumps(scaled(json.loads(text), scale))
    except ValueError:
        return text


def spell_out(config: Struct) -> None:
    """Write Envoy's default times into listeners and clusters, in place."""
    for listener in structs(config, "listeners"):
        for name, typed in _filters(listener):
            if name == HCM:
                _manager(typed)
            elif name == TCP_PROXY:
                typed.setdefault("idle_timeout", show_seconds(TCP_PROXY_IDLE_MS))
    for cluster in structs(config, "clusters"):
        _cluster(cluster)


def _filters(listener: Struct) -> Iterator[tuple[Plain, Struct]]:
    for chain in structs(listener, "filter_chains"):
        for one in structs(chain, "filters"):
            yield one.get("name"), opened(one, "typed_config")


def _manager(typed: Struct) -> None:
    opened(typed, "common_http_protocol_options").setdefault("idle_timeout", show_seconds(PROXY_IDLE_MS))
    typed.setdefault("stream_idle_timeout", _STREAM_IDLE)
    typed.setdefault("drain_timeout", _DRAIN)
    for host in structs(typed, "route_config", "virtual_hosts"):
        for route in structs(host, "routes"):
            opened(route, "route").setdefault("timeout", _ROUTE)


def _cluster(cluster: Struct) -> None:
    known = struct(cluster, "typed_extension_protocol_options", HTTP_PROTOCOL_OPTIONS)
    if not known:
        known = {
            "@type": f"{TYPE_PREFIX}{HTTP_PROTOCOL_OPTIONS}",
            "explicit_http_config": {"http_protocol_options": {}},
        }
        opened(cluster, "typed_extension_protocol_options")[HTTP_PROTOCOL_OPTIONS] = known
    opened(known, "common_http_protocol_options").setdefault("idle_timeout", show_seconds(PROXY_IDLE_MS))
