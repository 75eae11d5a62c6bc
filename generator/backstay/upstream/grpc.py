"""What gRPC runtimes do about keepalive. Times in milliseconds.

Sources: grpc/grpc doc/keepalive.md and src/core (C-core 1.85), grpc/grpc-go keepalive/keepalive.go,
grpc/grpc-java KeepAliveManager, proposals A8, A9 and A18.
"""

from dataclasses import dataclass

KEEPALIVE_FLOOR = 10_000
"""The shortest keepalive time that proposal A8 lets clients use; C-core does not enforce it."""


CORE_EARLY = 2_000
"""C-core ends a call by a service config's timeout between one and two seconds too soon, and those of a second at once. It
counts from the start of the process, and takes the whole second before that for its zero (src/core/util/time.cc; measured
with 1.85.1; grpc/grpc#34547, grpc/grpc#40633). Deadlines that a program sets itself are kept."""


@dataclass(frozen=True, slots=True)
class GrpcRuntime:
    """Floors and the server's default ping policy of one runtime.

    `early` is by how much it may end calls sooner than a service config's timeout says.
    """

    name: str
    client_floor: int
    early: int = 0
    min_ping_interval: int = 300_000
    strikes: int = 2
    permit_without_calls: bool = False


RUNTIMES = {
    runtime.name: runtime
    for runtime in (
        GrpcRuntime("core", 1, CORE_EARLY),
        GrpcRuntime("go", KEEPALIVE_FLOOR),
        GrpcRuntime("java", KEEPALIVE_FLOOR),
        GrpcRuntime("other", KEEPALIVE_FLOOR, CORE_EARLY),
    )
}

KEEPALIVE_TIME = "grpc.keepalive_time_ms"
KEEPALIVE_TIMEOUT = "grpc.keepalive_timeout_ms"
PERMIT_WITHOUT_CALLS = "grpc.keepalive_permit_without_calls"
MAX_PINGS_WITHOUT_DATA = "grpc.http2.max_pings_without_data"
PING_TIMEOUT = "grpc.http2.ping_timeout_ms"
"""How long C-core waits for the answer to any ping, keepalive's included: newer releases heed this alone and never the
keepalive timeout, older ones do not know it (grpc/grpc#39239; src/core/ext/transport/chttp2/transport/internal.h)."""
PING_TIMEOUT_MS = 60_000
"""What it is when nobody says."""
LEAST_BACKOFF_MS = 10
"""The shortest wait before a retry that C-core keeps to: of 1ms, less its jitter of a fifth, it makes 0, and more than half
of such calls hung until their deadline without a second try (measured with 1.85.1). It is a race of the timer
with the call that sets it, not mended so far; 10ms are long enough (grpc/grpc#41036)."""
MIN_PING_INTERVAL = "grpc.http2.min_ping_interval_without_data_ms"
MAX_PING_STRIKES = "grpc.http2.max_ping_strikes"
MAX_RECEIVE = "grpc.max_receive_message_length"
MAX_SEND = "grpc.max_send_message_length"

MAX_AGE = "grpc.max_connection_age_ms"
MAX_AGE_GRACE = "grpc.max_connection_age_grace_ms"
MAX_IDLE = "grpc.max_connection_idle_ms"

CORE_CLIENT_GAP = 1_000
"""C-core clients send no two pings within a second, whatever they are told (chttp2_transport.cc, NextAllowedPingInterval)."""

DEPRECATED = frozenset({"grpc.http2.min_time_between_pings_ms"})
"""Arguments that C-core still knows and that have no effect any more."""

_OTHERS = """
    grpc.absolute_max_metadata_size grpc.address_http_proxy
    grpc.address_http_proxy_enabled_addresses grpc.authorization_policy_provider grpc.census
    grpc.channel_id grpc.channel_pooling_domain grpc.client_idle_timeout_ms
    grpc.compression_enabled_algorithms_bitset grpc.default_authority
    grpc.default_compression_algorithm grpc.default_compression_level
    grpc.disable_client_authority_filter grpc.dns_ares_query_timeout grpc.dns_enable_srv_queries
    grpc.dns_min_time_between_resolutions_ms grpc.dscp grpc.enable_channelz grpc.enable_http_proxy
    grpc.enable_retries grpc.event_engine_use_memory_allocator_factory grpc.expand_wildcard_addrs
    grpc.experimental.enable_hedging grpc.experimental.grpclb_channel_args
    grpc.experimental.http2.enable_preferred_frame_size
    grpc.experimental.server_config_change_drain_grace_time_ms grpc.experimental.stats_plugins
    grpc.experimental.tcp_max_read_chunk_size grpc.experimental.tcp_min_read_chunk_size
    grpc.experimental.tcp_read_chunk_size grpc.experimental.tcp_tx_zerocopy_enabled
    grpc.experimental.tcp_tx_zerocopy_max_simultaneous_sends
    grpc.experimental.tcp_tx_zerocopy_send_bytes_threshold grpc.grpclb_call_timeout_ms
    grpc.grpclb_fallback_timeout_ms grpc.happy_eyeballs_connection_attempt_delay_ms
    grpc.http2.bdp_probe grpc.http2.hpack_table_size.decoder grpc.http2.hpack_table_size.encoder
    grpc.http2.initial_sequence_number grpc.http2.lookahead_bytes grpc.http2.max_frame_size
    grpc.http2.true_binary grpc.http2.write_buffer_size grpc.http2_scheme grpc.http_proxy
    grpc.inhibit_health_checking grpc.initial_reconnect_backoff_ms grpc.lb.ring_hash.ring_size_cap
    grpc.lb_policy_name grpc.loadreporting grpc.max_allowed_incoming_connections
    grpc.max_channel_trace_event_memory_per_node grpc.max_concurrent_streams
    grpc.max_metadata_size grpc.max_reconnect_backoff_ms grpc.min_reconnect_backoff_ms
    grpc.minimal_stack grpc.mobile_log_context grpc.optimization_target grpc.per_message_compression
    grpc.per_message_decompression grpc.per_rpc_retry_buffer_size grpc.primary_user_agent
    grpc.priority_failover_timeout_ms grpc.resource_quota grpc.secondary_user_agent
    grpc.security_frame_allowed grpc.server_call_metric_recording grpc.server_handshake_timeout_ms
    grpc.server_max_unrequested_time_in_server grpc.service_config
    grpc.service_config_disable_resolution grpc.so_reuseport grpc.socket_factory grpc.socket_mutator
    grpc.ssl_session_cache grpc.ssl_target_name_override grpc.surface_user_agent
    grpc.tcp_receive_buffer_size grpc.tsi.max_frame_size grpc.use_cronet_packet_coalescing
    grpc.use_local_subchannel_pool grpc.workaround.cronet_compression
"""

CHANNEL_ARGS = DEPRECATED | {
    KEEPALIVE_TIME, KEEPALIVE_TIMEOUT, PING_TIMEOUT, PERMIT_WITHOUT_CALLS, MAX_PINGS_WITHOUT_DATA, MIN_PING_INTERVAL,
    MAX_PING_STRIKES, MAX_RECEIVE, MAX_SEND, MAX_AGE, MAX_AGE_GRACE, MAX_IDLE, *_OTHERS.split(),
}  # fmt: skip
"""Channel argument names that C-core knows (include/grpc/impl/{channel_arg_names,compression_types}.h, and one of its own); others do
nothing, silently."""

CLIENT_ONLY = frozenset({MAX_PINGS_WITHOUT_DATA})
"""Arguments that servers ignore; C-core before 1.46 read this one on servers too (grpc/grpc#29053)."""
SERVER_ONLY = frozenset({MIN_PING_INTERVAL, MAX_PING_STRIKES})
"""Arguments that clients ignore."""
