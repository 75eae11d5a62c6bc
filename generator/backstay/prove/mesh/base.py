"""What istiod tells a sidecar or a gateway before any object of ours: the part of it that a call goes through.

A sidecar has `virtualInbound` with a chain per own port, an outbound listener with its route and a cluster per reachable service;
a gateway one listener, one route and the cluster that these lead to.
Names and values are istiod's (istio/istio pilot/pkg/networking/core: listener_builder.go, cluster.go, route/route.go):
no stream idle timeout, no route timeout, two retries of calls that leave, HTTP/2 where the port's name says so.
What has no bearing on how long a connection lives is left out: TLS, telemetry, other virtual hosts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backstay.core.manifest import Plain
from backstay.core.units import show_seconds
from backstay.model.gateway import Gateway, GatewayPort
from backstay.model.network import Protocol, Service
from backstay.prove.istiod import Config, Struct
from backstay.prove.istiod.shape import opened
from backstay.upstream.istio import (
    FILTER_TYPES,
    HCM,
    HTTP_PROTOCOL_OPTIONS,
    RETRIES,
    RETRY_ON,
    TYPE_PREFIX,
    PortProtocol,
    port_protocol,
)

ROUTER = "envoy.filters.http.router"
TCP_PROXY = "envoy.filters.network.tcp_proxy"
VIRTUAL_INBOUND = "virtualInbound"

_VIRTUAL_INBOUND_PORT = 15006
_GATEWAY_PORT = 8080
_CONNECT = "10s"
_SERVES = {Protocol.GRPC: "grpc", Protocol.HTTP2: "http2", Protocol.HTTP: "http"}


@dataclass(frozen=True, slots=True)
class Port:
    """A service's port as istiod sees it: the pod's port behind it, and what it takes the traffic for.

    `meant` is the host whose requests are routed there, where it is another.
    """

    host: str
    port: int
    target: int
    taken_for: PortProtocol
    meant: str = ""

    @property
    def inbound(self) -> str:
        """The cluster that leads from the sidecar to its own application; the pod's port names it."""
        return f"inbound|{self.target}||"

    @property
    def outbound(self) -> str:
        """The cluster that leads from a caller's sidecar to the service."""
        return f"outbound|{self.port}||{self.host}"

    @property
    def is_http(self) -> bool:
        """Whether a connection manager handles it."""
        return self.taken_for is not PortProtocol.OPAQUE


def port_of(service: Service) -> Port:
    """A service of the model; a port whose name nobody states is taken to be named after its protocol."""
    name = service.port_name if service.port_name is not None else _SERVES.get(service.protocol, "tcp")
    taken_for = port_protocol(service.port.value, name)
    return Port(service.host.value, service.port.value, service.target_port.value, taken_for)


def gateway_port(address: GatewayPort, service: Service | None = None) -> Port:
    """A gateway's Service port, and the service whose requests are routed there."""
    serves = _SERVES.get(service.protocol, "tcp") if service else ""
    name = address.port_name if address.port_name is not None else serves
    taken_for = port_protocol(address.port.value, name)
    meant = service.host.value if service else ""
    return Port(address.host.value, address.port.value, address.port.value, taken_for, meant)


def gateway_config(gateway: Gateway, onward: Port) -> Config:
    """A gateway's configuration for requests that it sends on to a port."""
    port = gateway.listener_port.value if gateway.listener_port else _GATEWAY_PORT
    route = f"http.{port}"
    serves = _gateway_manager(gateway, port, route) if onward.is_http else _opaque(onward.outbound)
    listener: Struct = {
        "name": f"0.0.0.0_{port}",
        "traffic_direction": "OUTBOUND",
        "address": _address(port),
        "filter_chains": [{"filters": [serves]}],
    }
    hosts: Plain = [_virtual_host(onward, gateway.retries.value, gateway.retry_on.value)]
    routes: list[Struct] = [{"name": route, "ignore_port_in_host_matching": True, "virtual_hosts": hosts}]
    return {
        "listeners": [listener],
        "clusters": [_outbound_cluster(onward)],
        "routes": routes if onward.is_http else [],
    }


def _gateway_manager(gateway: Gateway, port: int, route: str) -> Struct:
    """As its connectionSettings have it: an EDGE profile's timers and streams."""
    source: Struct = {"ads": {}, "resource_api_version": "V3"}
    rds: Struct = {"rds": {"route_config_name": route, "config_source": source}}
    serves = _manager(f"outbound_0.0.0.0_{port};", rds)
    typed = opened(serves, "typed_config")
    if gateway.stream_idle is not None:
        typed["stream_idle_timeout"] = show_seconds(gateway.stream_idle.value)
    if gateway.request_timeout is not None:
        typed["request_timeout"] = show_seconds(gateway.request_timeout.value)
    if gateway.max_streams is not None:
        typed["http2_protocol_options"] = {"max_concurrent_streams": gateway.max_streams.value}
    return serves


def sidecar_config(own: Iterable[Port], reachable: Iterable[Port]) -> Config:
    """A sidecar's configuration before any EnvoyFilter, DestinationRule, Sidecar or VirtualService."""
    own, reachable = tuple(own), tuple(reachable)
    by_port = {port.port: port for port in reversed(reachable)}
    return {
        "listeners": [_virtual_inbound(own), *(_outbound_listener(port) for port in by_port.values())],
        "clusters": [
            *(_inbound_cluster(port) for port in own),
            *(_outbound_cluster(port) for port in reachable),
        ],
        "routes": [_route(number, reachable) for number, port in by_port.items() if port.is_http],
    }


def _address(port: int) -> Struct:
    return {"socket_address": {"address": "0.0.0.0", "port_value": port}}  # noqa: S104 - as istiod writes it


def _manager(prefix: str, routes: Mapping[str, Plain]) -> Struct:
    router: Struct = {"name": ROUTER, "typed_config": {"@type": FILTER_TYPES[ROUTER]}}
    return {
        "name": HCM,
        "typed_config": {
            "@type": FILTER_TYPES[HCM], "stat_prefix": prefix, "stream_idle_timeout": "0s",
            "http_filters": [router], **routes,
        },
    }  # fmt: skip


def _opaque(cluster: str) -> Struct:
    config: Struct = {"@type": FILTER_TYPES[TCP_PROXY], "stat_prefix": cluster, "cluster": cluster}
    return {"name": TCP_PROXY, "typed_config": config}


def _virtual_inbound(own: tuple[Port, ...]) -> Struct:
    return {
        "name": VIRTUAL_INBOUND,
        "traffic_direction": "INBOUND",
        "address": _address(_VIRTUAL_INBOUND_PORT),
        "filter_chains": [_inbound_chain(port) for port in own],
    }


def _inbound_chain(port: Port) -> Struct:
    action: Struct = {"cluster": port.inbound, "timeout": "0s"}
    hosts: Plain = [
        {
            "name": f"inbound|http|{port.port}",
            "domains": ["*"],
            "routes": [{"name": "default", "match": {"prefix": "/"}, "route": action}],
        }
    ]
    inline: Struct = {"name": port.inbound, "virtual_hosts": hosts}
    prefix = f"inbound_0.0.0.0_{port.target};"
    return {
        "name": f"0.0.0.0_{port.target}",
        "filter_chain_match": {"destination_port": port.target},
        "filters": [_manager(prefix, {"route_config": inline}) if port.is_http else _opaque(port.inbound)],
    }


def _outbound_listener(port: Port) -> Struct:
    source: Struct = {"ads": {}, "resource_api_version": "V3"}
    rds: Struct = {"rds": {"route_config_name": str(port.port), "config_source": source}}
    serves = _manager(f"outbound_0.0.0.0_{port.port};", rds) if port.is_http else _opaque(port.outbound)
    return {
        "name": f"0.0.0.0_{port.port}",
        "traffic_direction": "OUTBOUND",
        "address": _address(port.port),
        "filter_chains": [{"filters": [serves]}],
    }


def _route(number: int, reachable: tuple[Port, ...]) -> Struct:
    hosts: Plain = [_virtual_host(port) for port in reachable if port.port == number]
    return {"name": str(number), "ignore_port_in_host_matching": True, "virtual_hosts": hosts}


def _virtual_host(port: Port, retries: int = RETRIES, words: tuple[str, ...] = RETRY_ON) -> Struct:
    action: Struct = {"cluster": port.outbound, "timeout": "0s", "max_grpc_timeout": "0s"}
    if retries:
        action["retry_policy"] = {"num_retries": retries, "retry_on": ",".join(words)}
    return {
        "name": f"{port.host}:{port.port}",
        "domains": [port.meant or port.host],
        "routes": [{"name": "default", "match": {"prefix": "/"}, "route": action}],
    }


def _cluster(name: str, port: Port, rest: Struct) -> Struct:
    short, _, after = port.host.partition(".")
    marks: Plain = [{"host": port.host, "name": short, "namespace": after.partition(".")[0]}]
    return {
        "name": name,
        "connect_timeout": _CONNECT,
        "metadata": {"filter_metadata": {"istio": {"services": marks}}},
        **rest,
        **_options(port.taken_for),
    }


def _options(taken_for: PortProtocol) -> Struct:
    """Made anew for each cluster: what one is told later must not show up in another."""
    if taken_for is PortProtocol.HTTP2:
        spoken: Struct = {"explicit_http_config": {"http2_protocol_options": {}}}
    elif taken_for is PortProtocol.DETECTED:
        both: Struct = {"http_protocol_options": {}, "http2_protocol_options": {}}
        spoken = {"use_downstream_protocol_config": both}
    else:
        return {}
    typed: Struct = {"@type": f"{TYPE_PREFIX}{HTTP_PROTOCOL_OPTIONS}", **spoken}
    return {"typed_extension_protocol_options": {HTTP_PROTOCOL_OPTIONS: typed}}


def _inbound_cluster(port: Port) -> Struct:
    return _cluster(port.inbound, port, {"type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED"})


def _outbound_cluster(port: Port) -> Struct:
    eds: Struct = {
        "service_name": port.outbound, "eds_config": {"ads": {}, "resource_api_version": "V3"},
    }  # fmt: skip
    return _cluster(
        port.outbound, port, {"type": "EDS", "lb_policy": "LEAST_REQUEST", "eds_cluster_config": eds}
    )
