"""What istiod tells each Envoy on the way of a call: the sidecars at both ends, and the gateways between them."""

from dataclasses import dataclass

from backstay.core.units import show_seconds
from backstay.model.cluster import Cluster
from backstay.model.gateway import Gateway, GatewayKind
from backstay.model.hop import End, TcpKeepalive
from backstay.model.network import Call
from backstay.prove.istiod import Config, Mesh, Note, Proxy, ProxyKind, Result, Struct, apply
from backstay.prove.mesh import loopback
from backstay.prove.mesh.base import Port, gateway_config, gateway_port, port_of, sidecar_config
from backstay.prove.mesh.objects import Emitted
from backstay.prove.mesh.routes import apply_virtual_services

_NO_VERSION = ""


@dataclass(frozen=True, slots=True)
class Pod:
    """An Envoy: what it is called, its listener and cluster for the call, and what istiod kept to itself."""

    words: str
    end: End
    resources: Struct
    notes: tuple[Note, ...]


def pods(emitted: Emitted, call: Call) -> list[Pod]:
    """The Envoys of a call in the order that a request passes them."""
    found = [_caller(emitted, call)] if call.client.sidecar else []
    found += [
        _gateway(emitted, call, hop.acceptor, hop.receiver)
        for hop in call.hops
        if hop.acceptor is not None and hop.receiver_end is End.GATEWAY
    ]
    return [*found, *([_server(emitted, call)] if call.service.sidecar else [])]


def _caller(emitted: Emitted, call: Call) -> Pod:
    client, port = call.client, _called(call)
    home = client.namespaces[0].value if client.namespaces else "default"
    labels = {key: value.value for key, value in client.labels.items()}
    others = (one for one in _reachable(emitted.cluster) if (one.host, one.port) != (port.host, port.port))
    config = sidecar_config([], [port, *others])
    result = _told(emitted, config, _proxy(emitted.cluster, client.name, home, labels))
    return Pod(
        f"the sidecar of {client.name}", End.SIDECAR, loopback.outbound(result.config, port), result.notes
    )


def _called(call: Call) -> Port:
    """The service's port, or that of the gateway which callers' sidecars are sent to in its place."""
    gateway = next((hop.acceptor for hop in call.crossings if hop.acceptor is not None), None)
    if gateway is None or gateway.address is None:
        return port_of(call.service)
    return gateway_port(gateway.address, call.service)


def _server(emitted: Emitted, call: Call) -> Pod:
    service, port = call.service, port_of(call.service)
    labels = {key: value.value for key, value in service.labels.items()}
    pod = _proxy(emitted.cluster, service.name, service.namespace or "default", labels)
    result = _told(emitted, sidecar_config([port], _reachable(emitted.cluster)), pod)
    return Pod(
        f"the sidecar of {service.name}", End.SIDECAR, loopback.inbound(result.config, port), result.notes
    )


def _gateway(emitted: Emitted, call: Call, gateway: Gateway, words: str) -> Pod:
    labels = {key: value.value for key, value in gateway.labels.items()}
    if gateway.kind is GatewayKind.GATEWAY_API:
        labels["gateway.networking.k8s.io/gateway-name"] = gateway.resource.value
    pod = _proxy(emitted.cluster, gateway.name, gateway.namespace.value, labels, ProxyKind.GATEWAY)
    onward = _after(call, gateway)
    result = _told(emitted, gateway_config(gateway, onward), pod)
    return Pod(words, End.GATEWAY, loopback.at_gateway(result.config, onward), result.notes)


def _after(call: Call, gateway: Gateway) -> Port:
    """Where a gateway sends requests on to: the next gateway, or the service."""
    passed = [hop.acceptor for hop in call.crossings if hop.acceptor is not None]
    following = passed[passed.index(gateway) + 1 :]
    address = following[0].address if following else None
    return port_of(call.service) if address is None else gateway_port(address, call.service)


def _reachable(cluster: Cluster) -> list[Port]:
    """Every service, and every gateway that has one: istiod makes clusters for all that it knows of."""
    addresses = [one.gateway.address for one in cluster.network.gateways]
    services = cluster.network.services
    return [*map(port_of, services), *(gateway_port(address) for address in addresses if address is not None)]


def _proxy(cluster: Cluster, name: str, namespace: str, labels: dict[str, str],
           kind: ProxyKind = ProxyKind.SIDECAR) -> Proxy:  # fmt: skip
    mesh = cluster.mesh
    version = f"{mesh.version.value}.0" if mesh else _NO_VERSION
    root = mesh.root_namespace.value if mesh else "istio-system"
    return Proxy(name, namespace, labels, kind, root_namespace=root, istio_version=version)


def _told(emitted: Emitted, config: Config, pod: Proxy) -> Result:
    objects = emitted.for_istiod()
    if pod.kind is ProxyKind.SIDECAR:
        apply_virtual_services(objects, config)
    return apply(objects, config, pod, mesh=_mesh(emitted.cluster))


def _mesh(cluster: Cluster) -> Mesh:
    probes = cluster.mesh.tcp_keepalive if cluster.mesh else None
    return Mesh() if probes is None else Mesh(_probes(probes))


def _probes(probes: TcpKeepalive) -> dict[str, str | int]:
    return {
        "time": show_seconds(probes.time.value),
        "interval": show_seconds(probes.interval.value),
        "probes": probes.probes.value,
    }
