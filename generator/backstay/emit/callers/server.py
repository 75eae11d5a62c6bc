"""ConfigMap per gRPC server that people set up themselves: what the spec says of it, as variables for `envFrom`.

Its callers' numbers rest on that: a server that tolerates fewer pings, or closes connections sooner, breaks them.
The metadata store is no such server; it has its arguments in its command line.
Sources: grpc-go keepalive.ServerParameters and EnforcementPolicy, grpc-java NettyServerBuilder, grpc/grpc
include/grpc/impl/channel_arg_names.h.
"""

from collections.abc import Iterator, Mapping

from backstay.core.fact import Fact, join
from backstay.core.manifest import Manifest
from backstay.core.units import show_duration
from backstay.emit.callers.variables import Spelling, Variables, as_boolean, spelled
from backstay.emit.parts import new_object
from backstay.model.callers import Args, server_config_map, server_prefix
from backstay.model.cluster import Cluster
from backstay.model.network import Knobs, Protocol, Runtime
from backstay.upstream import grpc

SOURCE = "kubernetes envFrom (EnvFromSource)"

_GO: tuple[Spelling, ...] = (
    (grpc.KEEPALIVE_TIME, "GRPC_KEEPALIVE_TIME", show_duration),
    (grpc.KEEPALIVE_TIMEOUT, "GRPC_KEEPALIVE_TIMEOUT", show_duration),
    (grpc.MIN_PING_INTERVAL, "GRPC_KEEPALIVE_MIN_TIME", show_duration),
    (grpc.PERMIT_WITHOUT_CALLS, "GRPC_KEEPALIVE_PERMIT_WITHOUT_STREAM", as_boolean),
    (grpc.MAX_IDLE, "GRPC_MAX_CONNECTION_IDLE", show_duration),
    (grpc.MAX_AGE, "GRPC_MAX_CONNECTION_AGE", show_duration),
    (grpc.MAX_AGE_GRACE, "GRPC_MAX_CONNECTION_AGE_GRACE", show_duration),
    (grpc.MAX_RECEIVE, "GRPC_MAX_RECEIVE_SIZE", str),
    (grpc.MAX_SEND, "GRPC_MAX_SEND_SIZE", str),
)
_JAVA: tuple[Spelling, ...] = (
    (grpc.KEEPALIVE_TIME, "GRPC_KEEP_ALIVE_TIME_MS", str),
    (grpc.KEEPALIVE_TIMEOUT, "GRPC_KEEP_ALIVE_TIMEOUT_MS", str),
    (grpc.MIN_PING_INTERVAL, "GRPC_PERMIT_KEEP_ALIVE_TIME_MS", str),
    (grpc.PERMIT_WITHOUT_CALLS, "GRPC_PERMIT_KEEP_ALIVE_WITHOUT_CALLS", as_boolean),
    (grpc.MAX_IDLE, "GRPC_MAX_CONNECTION_IDLE_MS", str),
    (grpc.MAX_AGE, "GRPC_MAX_CONNECTION_AGE_MS", str),
    (grpc.MAX_AGE_GRACE, "GRPC_MAX_CONNECTION_AGE_GRACE_MS", str),
    (grpc.MAX_RECEIVE, "GRPC_MAX_INBOUND_MESSAGE_SIZE", str),
)
_OWN_WORDS: Mapping[Runtime, tuple[Spelling, ...]] = {Runtime.GO: _GO, Runtime.JAVA: _JAVA}


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One beside each server in the cluster of which something is said."""
    for knobs in cluster.network.knobs:
        service = knobs.service
        ours = service.policy is not None and service.policy.settable
        if service.protocol is not Protocol.GRPC or ours or not service.namespace:
            continue
        variables = _variables(knobs)
        if variables:
            home = service.home.to(lambda name: name or "")
            yield new_object(
                "callers", "v1", "ConfigMap", server_config_map(service.name), home, SOURCE, data=dict(variables)
            )  # fmt: skip


def _variables(knobs: Knobs) -> Variables:
    """In the words of its runtime; as C-core's own tools take them where nobody knows which it is."""
    start, words = server_prefix(knobs.service.name), _OWN_WORDS.get(knobs.service.runtime)
    if words is not None:
        return spelled(knobs.server_args, words, start)
    return {f"{start}_GRPC_CHANNEL_ARGUMENTS": _pairs(knobs.server_args)} if knobs.server_args else {}


def _pairs(args: Args) -> Fact[str]:
    return join(",".join(f"{name}={value.value}" for name, value in args), *(value for _, value in args))
