"""EnvoyFilter: the pinned stream_idle_timeout, where no setting of Istio's own says it.

Before Istio 1.31 there is none. Later ones have connectionSettings, which go for the pods' own calls as well: they
are used for `0s` only, which harms nobody, and where the workload is known (see `workload`).
"""

from collections.abc import Callable, Iterator, Mapping

from backstay.core.fact import Fact
from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.core.units import show_seconds
from backstay.emit.mesh.envoy import HCM, HCM_TYPE, PRIORITY
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.network import Call, Client, Knobs

SOURCE = "envoy extensions/filters/network/http_connection_manager/v3 (stream_idle_timeout)"
API = "networking.istio.io/v1alpha3"


def told_by_annotation(has: Callable[[Feature], bool], knobs: Knobs) -> bool:
    """Whether the server's own annotation says it instead of a filter."""
    pin, service = knobs.stream_idle, knobs.service
    known = service.workload is not None and service.sidecar
    none = pin is not None and pin.value == 0 and service.protocol.is_http
    return has(Feature.CONNECTION_SETTINGS) and known and none


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """On the connection manager of the server's sidecar; where it has none, on the callers' routes to it."""
    if cluster.mesh is None:
        return
    for knobs in cluster.network.knobs:
        pinned = knobs.stream_idle is not None and knobs.service.protocol.is_http
        if not pinned or told_by_annotation(cluster.has, knobs):
            continue
        if knobs.service.sidecar:
            name = f"stream-idle-inbound-{knobs.service.name}"
            yield new_object(
                "mesh", API, "EnvoyFilter", name, knobs.service.home, SOURCE, spec=_inbound(knobs)
            )
            continue
        for client in _callers(cluster.network.calls_to(knobs.service.name)):
            for namespace in client.namespaces or (cluster.mesh.root_namespace,):
                name = f"stream-idle-{client.name}-to-{knobs.service.name}"
                spec = _outbound(knobs, client)
                yield new_object("mesh", API, "EnvoyFilter", name, namespace, SOURCE, spec=spec)


def _callers(calls: tuple[Call, ...]) -> list[Client]:
    return list({call.client.name: call.client for call in calls if call.client.sidecar}.values())


def _inbound(knobs: Knobs) -> Body:
    assert knobs.stream_idle is not None  # noqa: S101 - `emit` asks first
    match: Body = {
        "context": "SIDECAR_INBOUND",
        "listener": {"portNumber": knobs.service.target_port, "filterChain": {"filter": {"name": HCM}}},
    }
    config = {"@type": HCM_TYPE, "stream_idle_timeout": knobs.stream_idle.to(show_seconds)}
    patch: Body = {"operation": "MERGE", "value": {"name": HCM, "typed_config": config}}
    return _filter("NETWORK_FILTER", match, patch, knobs.service.labels)


def _outbound(knobs: Knobs, client: Client) -> Body:
    assert knobs.stream_idle is not None  # noqa: S101 - `emit` asks first
    service = knobs.service
    host = f"{service.host.value}:{service.port.value}"
    match: Body = {"context": "SIDECAR_OUTBOUND", "routeConfiguration": {"vhost": {"name": host}}}
    # A route's idle_timeout stands in for the connection manager's.
    value = {"route": {"idle_timeout": knobs.stream_idle.to(show_seconds)}}
    labels = client.labels if client.namespaces else {}
    return _filter("HTTP_ROUTE", match, {"operation": "MERGE", "value": value}, labels)


def _filter(apply_to: str, match: Body, patch: Body, labels: Mapping[str, Fact[str]]) -> Body:
    selector: Body = {"workloadSelector": {"labels": dict(labels)}} if labels else {}
    patches = [{"applyTo": apply_to, "match": match, "patch": patch}]
    return {"priority": PRIORITY, **selector, "configPatches": patches}
