"""What manifests tell the connection managers of sidecars and gateways: timers on streams and requests, and pings.

A filter's value comes before connectionSettings, and a route's idle timeout before the manager's. Sources: envoy
extensions/filters/network/http_connection_manager/v3 (stream_idle_timeout, request_timeout), config/route/v3
(RouteAction.idle_timeout), istio/api mesh/v1alpha1/proxy.proto (connectionSettings).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.audit.objects import Objects
from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.msh import ending, envoy, pools, proxies
from backstay.core.fact import Fact, from_version
from backstay.core.feature import Feature
from backstay.core.route import Route
from backstay.model.gateway import Gateway, GatewayKind
from backstay.model.network import Client, GatewayKnobs, Keepalive, Service
from backstay.upstream.istio import EDGE_REQUEST_MS, EDGE_STREAM_IDLE_MS

_STREAM, _REQUEST = "stream_idle_timeout", "request_timeout"
_SETTINGS = {_STREAM: "httpStreamIdleTimeout", _REQUEST: "httpRequestTimeout"}
_EDGE = {_STREAM: EDGE_STREAM_IDLE_MS, _REQUEST: EDGE_REQUEST_MS}
_ANY = frozenset({"ANY", None})
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
Labels = Mapping[str, Fact[str]]


@dataclass(frozen=True, slots=True)
class Timers:
    """Reads the connection managers of some objects; `root_namespace` is the mesh's own."""

    objects: Objects
    context: Context
    root_namespace: str

    def stream_idle(self, service: Service, clients: tuple[Client, ...]) -> Fact[int] | None:
        """The shortest time after which a sidecar at either end resets a silent stream; 0 where all are told never to."""
        told = [self._inbound(service)] if service.sidecar else []
        told += [self._outbound(service, client) for client in clients if client.sidecar]
        known = [one for one in told if one is not None]
        return min(known, key=lambda one: (not one.value, one.value), default=None)

    def gateway(self, gateway: Gateway, clients: tuple[Client, ...]) -> GatewayKnobs:
        """What a gateway is told, in place of what it is stated to be installed with."""
        pings = (
            keepalive(self.objects, patch.item, value, route)
            for patch in self._at_gateway(gateway)
            for value, route in envoy.keepalives(patch)
        )
        downstream = next((one for one in pings if one is not None), None)
        limits = {name: self._of_gateway(gateway, name) for name in (_STREAM, _REQUEST)}
        return GatewayKnobs(
            gateway, downstream, self._towards(gateway), clients, limits[_STREAM], limits[_REQUEST]
        )

    def upstream(self, gateway: Gateway, service: Service) -> Keepalive | None:
        """The pings of a gateway's cluster for a service, where a filter sets them."""
        found = (
            keepalive(self.objects, patch.item, value, route)
            for patch in envoy.patches(self.context)
            if patch.apply_to == "CLUSTER" and patch.context in _ANY | {"GATEWAY"}
            and self._reaches(patch.item, gateway) and matches(patch, service)
            for value, route in envoy.keepalives(patch)
        )  # fmt: skip
        return next((one for one in found if one is not None), None)

    def _inbound(self, service: Service) -> Fact[int] | None:
        patches = self._managers("SIDECAR_INBOUND", service.namespace, service.labels)
        return self._in_filters(patches, _STREAM) or self._in_settings(service)

    def _outbound(self, service: Service, client: Client) -> Fact[int] | None:
        """A route's own time for the service, else the time of the caller's manager."""
        for patch in envoy.patches(self.context):
            if (
                patch.apply_to == "HTTP_ROUTE"
                and patch.context in _ANY | {"SIDECAR_OUTBOUND"}
                and self._calls(patch.item, client)
            ):
                value, way = envoy.within(patch.value, "route", "idle_timeout")
                limit = envoy.milliseconds(value)
                if limit is not None and _route_of(patch, service):
                    return self.objects.fact(int(limit), patch.item, (*patch.value_route, *way))
        patches = (
            patch for patch in envoy.patches(self.context)
            if _is_manager(patch, "SIDECAR_OUTBOUND") and self._calls(patch.item, client)
        )  # fmt: skip
        return self._in_filters(patches, _STREAM)

    def _calls(self, item: Item, client: Client) -> bool:
        """Whether a filter reaches a caller's pods; of pods that nobody states, a filter for all of a namespace."""
        homes = {one.value for one in client.namespaces} | {self.root_namespace}
        near = item.ref.namespace in homes or not client.namespaces
        return near and _selects(envoy.selector(item), client.labels)

    def _managers(self, context: str, namespace: str, labels: Labels) -> Iterator[envoy.Patch]:
        for patch in envoy.patches(self.context):
            near = patch.item.ref.namespace in {namespace, self.root_namespace}
            if near and _is_manager(patch, context) and _selects(envoy.selector(patch.item), labels):
                yield patch

    def _at_gateway(self, gateway: Gateway) -> Iterator[envoy.Patch]:
        for patch in envoy.patches(self.context):
            if _is_manager(patch, "GATEWAY") and self._reaches(patch.item, gateway):
                yield patch

    def _reaches(self, item: Item, gateway: Gateway) -> bool:
        """Whether a filter is attached to a gateway's pods, by labels or by the Gateway that they were made for."""
        near = item.ref.namespace in {gateway.namespace.value, self.root_namespace}
        attached = envoy.target_refs(item)
        if attached:
            return near and gateway.kind is not GatewayKind.ISTIO and any(
                look.at(one, "name") == gateway.resource.value for one in attached)  # fmt: skip
        by_labels = gateway.kind is GatewayKind.ISTIO or not envoy.selector(item)
        return near and by_labels and _selects(envoy.selector(item), gateway.labels)

    def _in_filters(self, patches: Iterator[envoy.Patch], name: str) -> Fact[int] | None:
        """The timer that the last filter sets: each is merged over those before it."""
        found: Fact[int] | None = None
        for patch in patches:
            value, way = envoy.within(patch.value, "typed_config", name)
            limit = envoy.milliseconds(value)
            if limit is not None:
                found = self.objects.fact(int(limit), patch.item, (*patch.value_route, *way))
        return found

    def _in_settings(self, service: Service) -> Fact[int] | None:
        """The sidecars' connectionSettings: of the pods' annotation, else of the mesh."""
        if not self.context.has(Feature.CONNECTION_SETTINGS):
            return None
        for item, route, settings in proxies.settings_by_pod(self.context, service.host.value):
            return self._setting(item, route, settings, _STREAM)
        return self._of_mesh(_STREAM)

    def _of_mesh(self, name: str) -> Fact[int] | None:
        config = next(self.context.named("ConfigMap", "istio"), None)
        settings = look.mapping(ending.proxy_config(self.context, {}).get("connectionSettings"))
        return self._setting(config, ("data", "mesh"), settings, name) if config else None

    def _setting(
        self, item: Item, route: Route, settings: Mapping[str, object], name: str
    ) -> Fact[int] | None:
        limit = envoy.milliseconds(settings.get(_SETTINGS[name]))
        return None if limit is None else self.objects.fact(int(limit), item, route)

    def _of_gateway(self, gateway: Gateway, name: str) -> Fact[int] | None:
        """A gateway's timer: by a filter, else by its pods' annotation, else by the mesh; None where nothing says."""
        found = self._in_filters(self._at_gateway(gateway), name)
        if found is not None or not self.context.has(Feature.CONNECTION_SETTINGS):
            return found
        for item in self._pods(gateway):
            meta = ("spec", "template", "metadata", "annotations")
            annotations = look.mapping(look.at(item.value, *meta))
            own = look.mapping(
                look.mapping(self.context.nested(annotations.get(ending.PROXY_CONFIG))).get(
                    "connectionSettings"
                )
            )
            route = (*meta, ending.PROXY_CONFIG)
            if own:
                by_profile = from_version(_EDGE[name], "istio 1.31", "connectionSettings of profile EDGE")
                return self._setting(item, route, own, name) or (
                    by_profile if own.get("profile") == "EDGE" else None
                )
        return self._of_mesh(name)

    def _pods(self, gateway: Gateway) -> Iterator[Item]:
        wanted = {key: fact.value for key, fact in gateway.labels.items()}
        for item in self.context.of_kind(*_WORKLOADS):
            labels = look.mapping(look.at(item.value, "spec", "template", "metadata", "labels"))
            if wanted and item.ref.namespace == gateway.namespace.value and wanted.items() <= labels.items():
                yield item

    def _towards(self, gateway: Gateway) -> Keepalive | None:
        """The pings of callers' sidecars on the way to the gateway's own Service."""
        if gateway.address is None or not self.context.has(Feature.HTTP2_KEEPALIVE):
            return None
        for item in self.context.of_kind("DestinationRule"):
            if pools.host(self.context, item) == gateway.address.host.value:
                pool = pools.policies(item)[0].pool
                return keepalive(self.objects, item, pool.pings, (*pool.route, "http", "http2KeepAlive"))
        return None


def keepalive(objects: Objects, item: Item, value: Mapping[str, object], route: Route) -> Keepalive | None:
    """HTTP/2 keepalive as an object states it; None without an interval and a timeout."""
    interval, timeout = envoy.milliseconds(value.get("interval")), envoy.milliseconds(value.get("timeout"))
    if interval is None or timeout is None:
        return None
    return Keepalive(
        objects.fact(int(interval), item, (*route, "interval")),
        objects.fact(int(timeout), item, (*route, "timeout")),
    )


def matches(patch: envoy.Patch, service: Service) -> bool:
    """Whether a patch of clusters meets the one for the service: without a match it meets all of them."""
    cluster = look.mapping(patch.match.get("cluster"))
    host, port = cluster.get("service"), cluster.get("portNumber")
    return host in {None, service.host.value} and port in {None, service.port.value}


def _is_manager(patch: envoy.Patch, context: str) -> bool:
    return (
        patch.apply_to == "NETWORK_FILTER"
        and patch.context in _ANY | {context}
        and patch.operation != "REMOVE"
    )


def _selects(asked: Mapping[str, object], labels: Labels) -> bool:
    return all(key in labels and labels[key].value == asked[key] for key in asked)


def _route_of(patch: envoy.Patch, service: Service) -> bool:
    """Whether a patch of routes meets those for the service: without a match it meets all of them."""
    name = look.at(patch.match, "routeConfiguration", "vhost", "name")
    return name in {None, f"{service.host.value}:{service.port.value}"}
