"""What gRPC runtimes do about keepalive. Times in milliseconds.

Sources: grpc/grpc doc/keepalive.md and src/core (C-core 1.85), grpc/grpc-go keepalive/keepalive.go,
grpc/grpc-java KeepAliveManager, proposals A8, A9 and A18.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GrpcRuntime:
    """Floors and the server's default ping policy of one runtime."""

    name: str
    client_floor: int
    min_ping_interval: int = 300_000
    strikes: int = 2
    permit_without_calls: bool = False


RUNTIMES = {
    runtime.name: runtime
    for runtime in (
        GrpcRuntime("core", 1),
        GrpcRuntime("go", 10_000),
        GrpcRuntime("java", 10_000),
        GrpcRuntime("other", 10_000),
    )
}

KEEPALIVE_TIME = "grpc.keepalive_time_ms"
KEEPALIVE_TIMEOUT = "grpc.keepalive_timeout_ms"
PERMIT_WITHOUT_CALLS = "grpc.keepalive_permit_without_calls"
MAX_PINGS_WITHOUT_DATA = "grpc.http2.max_pings_without_data"
MIN_PING_INTERVAL = "grpc.http2.min_ping_interval_without_data_ms"
MAX_PING_STRIKES = "grpc.http2.max_ping_strikes"
MAX_RECEIVE = "grpc.max_receive_message_length"
MAX_SEND = "grpc.max_send_message_length"

CHANNEL_ARGS = frozenset({
    KEEPALIVE_TIME, KEEPALIVE_TIMEOUT, PERMIT_WITHOUT_CALLS, MAX_PINGS_WITHOUT_DATA, MIN_PING_INTERVAL,
    MAX_PING_STRIKES, MAX_RECEIVE, MAX_SEND,
    "grpc.http2.min_time_between_pings_ms", "grpc.max_connection_idle_ms", "grpc.max_connection_age_ms",
    "grpc.max_connection_age_grace_ms", "grpc.max_concurrent_streams", "grpc.max_metadata_size",
    "grpc.absolute_max_metadata_size", "grpc.http2.max_frame_size", "grpc.http2.bdp_probe",
    "grpc.http2.lookahead_bytes", "grpc.http2.write_buffer_size", "grpc.so_reuseport", "grpc.enable_retries",
    "grpc.service_config", "grpc.initial_reconnect_backoff_ms", "grpc.min_reconnect_backoff_ms",
    "grpc.max_reconnect_backoff_ms", "grpc.client_idle_timeout_ms", "grpc.lb_policy_name",
    "grpc.primary_user_agent", "grpc.secondary_user_agent", "grpc.ssl_target_name_override",
    "grpc.default_authority", "grpc.use_local_subchannel_pool", "grpc.tcp_user_timeout_ms",
})  # fmt: skip
"""Channel argument names that C-core knows (include/grpc/impl/channel_arg_names.h); others do nothing, silently."""

CLIENT_ONLY = frozenset({MAX_PINGS_WITHOUT_DATA})
"""Arguments that today's servers ignore (C-core before 1.47 read this one on servers too)."""
SERVER_ONLY = frozenset({MIN_PING_INTERVAL, MAX_PING_STRIKES})
"""Arguments that clients ignore."""
