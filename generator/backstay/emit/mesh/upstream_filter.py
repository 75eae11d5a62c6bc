"""EnvoyFilter: the callers' proxies ping the service, or the gateway before it (Istio before 1.31; later a DestinationRule)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backstay.core.fact import Fact
from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.emit.mesh.envoy import OPTIONS, OPTIONS_TYPE, PRIORITY, attached_to, connection_keepalive
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.gateway import Gateway
from backstay.model.network import Client, Keepalive

SOURCE = "envoy extensions/upstreams/http/v3/http_protocol_options.proto"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One filter per service and caller: sidecars of a client's namespace, or a gateway."""
    if cluster.mesh is None or cluster.has(Feature.HTTP2_KEEPALIVE):
        return
    for knobs in cluster.network.knobs:
        if knobs.upstream is not None:
            to = _Cluster(knobs.service.name, knobs.service.host, knobs.service.port, knobs.upstream)
            yield from _by_sidecars(to, knobs.clients, cluster.mesh.root_namespace)
            yield from (_by_gateway(to, gateway) for gateway in knobs.gateways)
    for one in cluster.network.gateways:
        address = one.gateway.address
        if one.towards is not None and address is not None:
            to = _Cluster(one.gateway.name, address.host, address.port, one.towards)
            yield from _by_sidecars(to, one.clients, cluster.mesh.root_namespace)


@dataclass(frozen=True, slots=True)
class _Cluster:
    """What a cluster leads to, and how it is to be pinged."""

    name: str
    host: Fact[str]
    port: Fact[int]
    pings: Keepalive


def _by_sidecars(to: _Cluster, clients: Iterable[Client], root: Fact[str]) -> Iterator[Manifest]:
    """In the mesh's root namespace where a client's is not known."""
    for client in clients:
        labels = dict(client.labels) if client.namespaces else {}
        selector: Body = {"workloadSelector": {"labels": labels}} if labels else {}
        for namespace in client.namespaces or (root,):
            yield _filter(
                to, f"keepalive-{client.name}-to-{to.name}", namespace, "SIDECAR_OUTBOUND", selector
            )


def _by_gateway(to: _Cluster, gateway: Gateway) -> Manifest:
    name = f"keepalive-gateway-{gateway.name}-to-{to.name}"
    return _filter(to, name, gateway.namespace, "GATEWAY", attached_to(gateway))


def _filter(to: _Cluster, name: str, namespace: Fact[str], context: str, selector: Body) -> Manifest:
    # A merge replaces map entries whole, so the options are stated completely: an h2 cluster of Istio's has
    # nothing in them but the protocol and what a DestinationRule's connectionPool adds.
    options: Body = {
        "@type": OPTIONS_TYPE,
        "common_http_protocol_options": {},
        "explicit_http_config": {
            "http2_protocol_options": {"connection_keepalive": connection_keepalive(to.pings)}
        },
    }
    match: Body = {"context": context, "cluster": {"service": to.host, "portNumber": to.port}}
    patch: Body = {"operation": "MERGE", "value": {"typed_extension_protocol_options": {OPTIONS: options}}}
    spec: Body = {
        "priority": PRIORITY,
        **selector,
        "configPatches": [{"applyTo": "CLUSTER", "match": match, "patch": patch}],
    }
    return new_object(
        "mesh", "networking.istio.io/v1alpha3", "EnvoyFilter", name, namespace, SOURCE, spec=spec
    )
