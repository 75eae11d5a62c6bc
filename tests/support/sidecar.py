"""A small Envoy configuration of the kind istiod generates, and what Istio objects make of it.

Written by hand after Istio's naming and structure: `virtualInbound` with a chain per own port, an outbound listener
with its route and a cluster per reachable service, the pass-through and black-hole clusters. Any number of services,
each with its protocol; the values are those of a stock mesh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backstay.prove.istiod import Config, Mesh, NoteKind, Proxy, Result, Struct, apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HCM = "envoy.filters.network.http_connection_manager"
_TYPES = "type.googleapis.com/envoy.extensions."
HCM_TYPE = f"{_TYPES}filters.network.http_connection_manager.v3.HttpConnectionManager"
OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
OPTIONS_TYPE = f"type.googleapis.com/{OPTIONS}"
TCP_TYPE = f"{_TYPES}filters.network.tcp_proxy.v3.TcpProxy"
ROUTER_TYPE = f"{_TYPES}filters.http.router.v3.Router"
EXCHANGE_TYPE = "type.googleapis.com/udpa.type.v1.TypedStruct"


@dataclass(frozen=True, slots=True)
class Service:
    """A service port: its full host name, and what Istio takes it for: `grpc`, `http`, `tcp`, or `` when undeclared."""

    host: str
    port: int
    protocol: str = "grpc"


ORDERS = Service("orders.shop.svc.cluster.local", 9000)
INBOUND, OUTBOUND = "inbound|9000||", "outbound|9000||orders.shop.svc.cluster.local"
API = Proxy("orders", "shop", {"app": "orders"})
WEB = Proxy("web", "shop", {"app": "web"})
FAR = Proxy("far", "other", {"app": "far"})


def effective(
    objects: Iterable[Struct],
    proxy: Proxy = API,
    own: Iterable[Service] = (ORDERS,),
    reachable: Iterable[Service] = (ORDERS,),
    mesh: Mesh | None = None,
) -> Result:
    """Return what istiod makes of `objects` for a sidecar that serves `own` and may call `reachable`."""
    return apply(objects, sidecar_config(own, reachable), proxy, mesh=mesh or Mesh())


def sidecar_config(own: Iterable[Service], reachable: Iterable[Service]) -> Config:
    """Return a sidecar's configuration before any EnvoyFilter, DestinationRule or Sidecar."""
    own, reachable = tuple(own), tuple(reachable)
    return {
        "listeners": [_virtual_inbound(own), *(_outbound_listener(each) for each in reachable)],
        "clusters": [
            {"name": "BlackHoleCluster", "type": "STATIC", "connect_timeout": "10s"},
            _passthrough("PassthroughCluster"),
            _passthrough("InboundPassthroughCluster"),
            *(_inbound_cluster(each) for each in own),
            *(_outbound_cluster(each) for each in reachable),
        ],
        "routes": [_route(each) for each in reachable if each.protocol in ("grpc", "http")],
    }


def cluster_name(service: Service) -> str:
    """Return the name of the cluster that leads to the service."""
    return f"outbound|{service.port}||{service.host}"


def named(resources: Iterable[Struct], name: str) -> Struct:
    """Return the resource called `name`; `KeyError` when there is none."""
    return {str(each["name"]): each for each in resources}[name]


def options_of(result: Result, cluster: str) -> Struct:
    """Return the HTTP protocol options of a cluster without their type; empty when there are none."""
    typed = named(result.config["clusters"], cluster).get("typed_extension_protocol_options", {})
    return {key: value for key, value in typed.get(OPTIONS, {}).items() if key != "@type"}


def keepalive_of(result: Result, cluster: str) -> Struct | None:
    """Return the HTTP/2 keepalive of a cluster, or None when it does not ping."""
    explicit = options_of(result, cluster).get("explicit_http_config", {})
    return explicit.get("http2_protocol_options", {}).get("connection_keepalive")


def probes_of(result: Result, cluster: str) -> Struct | None:
    """Return the TCP keepalive of a cluster, or None."""
    return (
        named(result.config["clusters"], cluster).get("upstream_connection_options", {}).get("tcp_keepalive")
    )


def rule_of(result: Result, cluster: str) -> str | None:
    """Return the name of the DestinationRule that istiod notes on a cluster, or None."""
    marks = named(result.config["clusters"], cluster)["metadata"]["filter_metadata"]["istio"]
    return marks["config"].rpartition("/")[2] if "config" in marks else None


def note_kinds(result: Result) -> list[NoteKind]:
    """Return the kinds of the notes, in order."""
    return [note.kind for note in result.notes]


def manager_of(listener: Struct, chain: int = 0) -> Struct:
    """Return the configuration of the connection manager in one of the listener's filter chains."""
    filters = listener["filter_chains"][chain]["filters"]
    return next(each["typed_config"] for each in filters if each["name"] == HCM)


def _address(port: int) -> Struct:
    return {"socket_address": {"address": "0.0.0.0", "port_value": port}}  # noqa: S104 - as istiod writes it


def _exchange() -> Struct:
    """Return the filter that a stock sidecar has before all others; a plain Envoy does not know it."""
    config = {
        "@type": EXCHANGE_TYPE,
        "type_url": "type.googleapis.com/envoy.tcp.metadataexchange.config.MetadataExchange",
    }
    return {"name": "istio.metadata_exchange", "typed_config": config}


def _manager(prefix: str, routes: Mapping[str, object]) -> Struct:
    config = {
        "@type": HCM_TYPE,
        "stat_prefix": prefix,
        "stream_idle_timeout": "0s",
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": ROUTER_TYPE}}],
        **routes,
    }
    return {"name": HCM, "typed_config": config}


def _tcp(cluster: str) -> Struct:
    config = {"@type": TCP_TYPE, "stat_prefix": cluster, "cluster": cluster}
    return {"name": "envoy.filters.network.tcp_proxy", "typed_config": config}


def _hosts(cluster: str, name: str) -> list[Struct]:
    route = {"name": "default", "match": {"prefix": "/"}, "route": {"cluster": cluster, "timeout": "0s"}}
    return [{"name": name, "domains": ["*"], "routes": [route]}]


def _virtual_inbound(own: tuple[Service, ...]) -> Struct:
    return {
        "name": "virtualInbound",
        "traffic_direction": "INBOUND",
        "address": _address(15006),
        "filter_chains": [*(_inbound_chain(each) for each in own), _blackhole_chain()],
    }


def _inbound_chain(service: Service) -> Struct:
    cluster = f"inbound|{service.port}||"
    inline = {"name": cluster, "virtual_hosts": _hosts(cluster, f"inbound|http|{service.port}")}
    serves = (
        _tcp(cluster)
        if service.protocol == "tcp"
        else _manager(f"inbound_{service.port}", {"route_config": inline})
    )
    return {
        "name": f"0.0.0.0_{service.port}",
        "filter_chain_match": {"destination_port": service.port},
        "filters": [_exchange(), serves],
    }


def _blackhole_chain() -> Struct:
    match = {"destination_port": 15006}
    return {
        "name": "virtualInbound-blackhole",
        "filter_chain_match": match,
        "filters": [_tcp("BlackHoleCluster")],
    }


def _outbound_listener(service: Service) -> Struct:
    rds = {
        "rds": {
            "route_config_name": str(service.port),
            "config_source": {"ads": {}, "resource_api_version": "V3"},
        }
    }
    http = service.protocol in ("grpc", "http")
    serves = _manager(f"outbound_{service.port}", rds) if http else _tcp(cluster_name(service))
    return {
        "name": f"0.0.0.0_{service.port}",
        "traffic_direction": "OUTBOUND",
        "address": _address(service.port),
        "filter_chains": [{"filters": [serves]}],
    }


def _route(service: Service) -> Struct:
    return {
        "name": str(service.port),
        "virtual_hosts": _hosts(cluster_name(service), f"{service.host}:{service.port}"),
    }


def _options(protocol: str) -> Struct:
    if protocol == "grpc":
        return {OPTIONS: {"@type": OPTIONS_TYPE, "explicit_http_config": {"http2_protocol_options": {}}}}
    both = {"http_protocol_options": {}, "http2_protocol_options": {}}
    return (
        {OPTIONS: {"@type": OPTIONS_TYPE, "use_downstream_protocol_config": both}} if protocol == "" else {}
    )


def _cluster(name: str, service: Service, **rest: object) -> Struct:
    options = _options(service.protocol)
    short, namespace = service.host.split(".")[:2]
    marks = {"services": [{"host": service.host, "name": short, "namespace": namespace}]}
    return {
        "name": name,
        "connect_timeout": "10s",
        "metadata": {"filter_metadata": {"istio": marks}},
        **rest,
        **({"typed_extension_protocol_options": options} if options else {}),
    }


def _inbound_cluster(service: Service) -> Struct:
    return _cluster(f"inbound|{service.port}||", service, type="ORIGINAL_DST", lb_policy="CLUSTER_PROVIDED")


def _outbound_cluster(service: Service) -> Struct:
    eds = {"service_name": cluster_name(service), "eds_config": {"ads": {}, "resource_api_version": "V3"}}
    return _cluster(
        cluster_name(service), service, type="EDS", eds_cluster_config=eds, lb_policy="LEAST_REQUEST"
    )


def _passthrough(name: str) -> Struct:
    both = {"http_protocol_options": {}, "http2_protocol_options": {}}
    options = {
        "@type": OPTIONS_TYPE,
        "common_http_protocol_options": {"idle_timeout": "300s"},
        "use_downstream_protocol_config": both,
    }
    return {
        "name": name,
        "type": "ORIGINAL_DST",
        "lb_policy": "CLUSTER_PROVIDED",
        "connect_timeout": "10s",
        "typed_extension_protocol_options": {OPTIONS: options},
    }
