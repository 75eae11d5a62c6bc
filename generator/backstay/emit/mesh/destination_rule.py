"""DestinationRule: callers' sidecars ping the service (Istio 1.31 and later) and do not storm it with retries.

It also says what they keep: idle connections for less long than the server does, no more than a pool holds, and no
endpoint that fails all the time.
"""

from collections.abc import Iterator, Sequence

from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.core.units import show_seconds
from backstay.emit.parts import Body, new_object, new_patch
from backstay.model.callers import SidecarPool
from backstay.model.cluster import Cluster
from backstay.model.network import Keepalive, Knobs, Service
from backstay.model.parts import Mesh

SOURCE = "istio.io/api networking/v1alpha3/destination_rule.proto"
API = "networking.istio.io/v1"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One rule per host, or a patch where an install has one for it: of two for a host Istio keeps one."""
    if cluster.mesh is None:
        return
    for services in _hosts(cluster):
        names = {service.name for service in services}
        kept = {pool.service.name: pool for pool in cluster.callers.sidecar_pools}
        keepalive = cluster.has(Feature.HTTP2_KEEPALIVE)
        policies = [
            (
                k.service,
                _of_port(_pool(k, kept.get(k.service.name), keepalive=keepalive), kept.get(k.service.name)),
            )
            for k in cluster.network.knobs
            if k.service.name in names
        ]
        wanted = [(service, policy) for service, policy in policies if policy]
        policy = _policy(wanted, shared=len(services) > 1) | _budget(cluster, services[0].host.value)
        if policy:
            yield _rule(cluster.mesh, _namer(services), policy)
    yield from _to_gateways(cluster)


def _to_gateways(cluster: Cluster) -> Iterator[Manifest]:
    """The callers' sidecars ping a gateway that they are sent through, by its own host."""
    for knobs in cluster.network.gateways if cluster.has(Feature.HTTP2_KEEPALIVE) else ():
        address = knobs.gateway.address
        if knobs.towards is not None and address is not None:
            pool: Body = {"http": {"http2KeepAlive": _pings(knobs.towards)}}
            ports = [{"port": {"number": address.port}, "connectionPool": pool}]
            spec: Body = {"host": address.host, "trafficPolicy": {"portLevelSettings": ports}}
            name = f"calls-to-gateway-{knobs.gateway.name}"
            yield new_object("mesh", API, "DestinationRule", name, knobs.gateway.namespace, SOURCE, spec=spec)


def _pings(keepalive: Keepalive) -> Body:
    return {"interval": keepalive.interval.to(show_seconds), "timeout": keepalive.timeout.to(show_seconds)}


def _budget(cluster: Cluster, host: str) -> Body:
    """How many retries may run at a time; ports with settings of their own have no such field."""
    for route in cluster.network.routes:
        if route.host.value == host and route.budget is not None:
            return {
                "retryBudget": {"percent": route.budget.percent, "minRetryConcurrency": route.budget.at_least}
            }
    return {}


def _hosts(cluster: Cluster) -> list[list[Service]]:
    """The services of each host; several are ports of one."""
    hosts: dict[str, list[Service]] = {}
    for service in cluster.network.services:
        hosts.setdefault(service.host.value, []).append(service)
    return list(hosts.values())


def _namer(services: Sequence[Service]) -> Service:
    """The service that knows of an installed rule, else the first."""
    return next((service for service in services if service.existing_rule is not None), services[0])


def _rule(mesh: Mesh, service: Service, policy: Body) -> Manifest:
    namespace = service.home if service.namespace else mesh.root_namespace
    if service.existing_rule is not None:
        # The install writes the older API version; a patch has to name the object as it stands there.
        older, name = "networking.istio.io/v1alpha3", service.existing_rule.value
        return new_patch(older, "DestinationRule", name, namespace, SOURCE, spec={"trafficPolicy": policy})
    spec: Body = {"host": service.host, "trafficPolicy": policy}
    return new_object(
        "mesh", API, "DestinationRule", f"calls-to-{service.name}", namespace, SOURCE, spec=spec
    )


def _policy(policies: Sequence[tuple[Service, Body]], *, shared: bool) -> Body:
    """The host's only service speaks for all its ports; of several each speaks for its own."""
    if not policies:
        return {}
    if not shared:
        return policies[0][1]
    ports = [{"port": {"number": service.port}, **policy} for service, policy in policies]
    return {"portLevelSettings": ports}


def _of_port(pool: Body, kept: SidecarPool | None) -> Body:
    """What may stand for all ports of a rule as well as for one."""
    policy: Body = {"connectionPool": pool} if pool else {}
    if kept is not None and kept.ejection is not None:
        policy["outlierDetection"] = {
            "consecutive5xxErrors": kept.ejection.errors,
            "baseEjectionTime": kept.ejection.lasting.to(show_seconds),
            "maxEjectionPercent": kept.ejection.at_most,
        }
    return policy


def _pool(knobs: Knobs, kept: SidecarPool | None, *, keepalive: bool) -> Body:
    """A `connectionPool`: such a block replaces any other, so all that is wanted stands in it."""
    http: Body = {}
    tcp: Body = {}
    if keepalive and knobs.upstream is not None:
        http["http2KeepAlive"] = _pings(knobs.upstream)
    if kept is not None and kept.idle_time is not None:
        http["idleTimeout"] = kept.idle_time.to(show_seconds)
    if kept is not None and kept.connections is not None:
        tcp["maxConnections"] = kept.connections
    if kept is not None and kept.lifetime is not None:
        tcp["maxConnectionDuration"] = kept.lifetime.to(show_seconds)
    if knobs.tcp_keepalive is not None:
        probes = knobs.tcp_keepalive
        tcp["tcpKeepalive"] = {
            "time": probes.time.to(show_seconds),
            "interval": probes.interval.to(show_seconds),
            "probes": probes.probes,
        }
    return {name: part for name, part in (("http", http), ("tcp", tcp)) if part}
