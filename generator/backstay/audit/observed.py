"""What manifests turn at the ends of calls: keepalive of proxies, channel arguments of servers, probes of sockets.

The same nouns that a spec's numbers are solved into, but read: nothing is derived, and what is not there is not there.
Sources: as for the emitters of the same objects (istio/api networking/v1alpha3, google/ml-metadata
metadata_store_server_main.cc).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from backstay.audit.objects import Objects
from backstay.audit.timers import Timers, keepalive, matches
from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.msh import envoy, pools
from backstay.core.fact import Fact, from_version
from backstay.core.feature import Feature
from backstay.core.route import Route
from backstay.model.gateway import Gateway
from backstay.model.hop import TcpKeepalive
from backstay.model.network import Call, Keepalive, Knobs, Service
from backstay.resolve import arguments
from backstay.resolve.network import pinned_args
from backstay.spec.network import Pins
from backstay.upstream.istio import PortProtocol

_FLAG = "grpc_channel_arguments"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_INBOUND = frozenset({"SIDECAR_INBOUND", "ANY", None})
_OUTBOUND = frozenset({"SIDECAR_OUTBOUND", "ANY", None})
_OS_INTERVAL_S, _OS_PROBES = 75, 9
"""Linux's own, where a DestinationRule leaves them out (tcp_keepalive_intvl, tcp_keepalive_probes)."""
Args = arguments.Args


@dataclass(frozen=True, slots=True)
class Observer:
    """Reads what some objects turn."""

    objects: Objects
    context: Context
    root_namespace: str

    @property
    def timers(self) -> Timers:
        """What reads the connection managers of the same objects."""
        return Timers(self.objects, self.context, self.root_namespace)

    def through(self, gateway: Gateway, service: Service) -> Keepalive | None:
        """Who pings on the connections that a gateway opens to a service: a filter for gateways, else the service's rule."""
        return self.timers.upstream(gateway, service) or self._by_rule(service)

    def knobs(self, service: Service, calls: tuple[Call, ...], pins: Pins | None) -> Knobs:
        """What is turned for a service; pinned channel arguments stand for what programs do in their code."""
        server = self._server_args(service)
        client: Args = ()
        if pins is not None:
            server = tuple(
                (dict(server) | pinned_args(pins.server_arguments, service.name, "serverArguments")).items()
            )
            client = tuple(pinned_args(pins.client_arguments, service.name, "clientArguments").items())
        if service.policy is not None:
            service = replace(service, policy=arguments.policy_after(service.policy, server))
        callers = {call.client.name: call.client for call in calls}
        return Knobs(
            service, tuple(callers.values()), self._inbound(service) if service.sidecar else None,
            self._upstream(service), server, client, None, self.timers.stream_idle(service, tuple(callers.values())),
            self._probes(service),
        )  # fmt: skip

    def _inbound(self, service: Service) -> Keepalive | None:
        found = (
            keepalive(self.objects, patch.item, value, route)
            for patch in envoy.patches(self.context)
            if patch.apply_to == "NETWORK_FILTER"
            and patch.context in _INBOUND
            and self._selects(patch.item, service)
            for value, route in envoy.keepalives(patch)
        )
        return next((one for one in found if one is not None), None)

    def _selects(self, item: Item, service: Service) -> bool:
        """Whether a filter reaches the service's pods."""
        near = item.ref.namespace in {service.namespace, self.root_namespace}
        asked = envoy.selector(item)
        return near and all(
            key in service.labels and service.labels[key].value == asked[key] for key in asked
        )

    def _upstream(self, service: Service) -> Keepalive | None:
        found = (
            keepalive(self.objects, patch.item, value, route)
            for patch in envoy.patches(self.context)
            if patch.apply_to == "CLUSTER" and patch.context in _OUTBOUND and matches(patch, service)
            for value, route in envoy.keepalives(patch)
        )
        return next((one for one in found if one is not None), None) or self._by_rule(service)

    def _by_rule(self, service: Service) -> Keepalive | None:
        ports = pools.port_protocols(self.context, service.host.value)
        is_http2 = ports.get(service.port.value) is PortProtocol.HTTP2
        if not is_http2 or not self.context.has(Feature.HTTP2_KEEPALIVE):
            return None
        pool = next(self._pools(service), None)
        if pool is None:
            return None
        return keepalive(self.objects, pool.item, pool.pings, (*pool.route, "http", "http2KeepAlive"))

    def _pools(self, service: Service) -> Iterator[pools.Pool]:
        """The connection pool that holds for a service's port: the port's own takes the place of the rule's."""
        for item in self.context.of_kind("DestinationRule"):
            if pools.host(self.context, item) == service.host.value:
                policy = pools.policies(item)[0]
                own = (pool for pool in policy.ports if pool.port == service.port.value)
                yield next(own, policy.pool)

    def _probes(self, service: Service) -> TcpKeepalive | None:
        """Probes of callers' sidecars: a filter's come before a rule's."""
        for patch in envoy.patches(self.context):
            if patch.apply_to == "CLUSTER" and patch.context in _OUTBOUND and matches(patch, service):
                value, way = envoy.within(patch.value, "upstream_connection_options", "tcp_keepalive")
                found = _socket(self.objects, patch.item, look.mapping(value), (*patch.value_route, *way))
                if found is not None:
                    return found
        pool = next(self._pools(service), None)
        time = envoy.milliseconds(pool.probes.get("time")) if pool else None
        if pool is None or time is None:
            return None
        route = (*pool.route, "tcp", "tcpKeepalive")
        return probes(self.objects, pool.item, pool.probes, route)

    def _server_args(self, service: Service) -> Args:
        """The channel arguments of the programs that serve it, where manifests start them with any."""
        found: dict[str, Fact[int | str]] = {}
        for item in serving(self.context, service):
            for container in look.containers(item):
                for word, route in look.args(container):
                    found |= self._in_flag(item, word, route)
        return tuple(found.items())

    def _in_flag(self, item: Item, word: str, route: Route) -> dict[str, Fact[int | str]]:
        name, _, value = word.lstrip("-").partition("=")
        pieces = (
            [piece.partition("=") for piece in value.split(",")]
            if word.startswith("-") and name == _FLAG
            else []
        )
        return {
            key: self.objects.fact(int(told) if told.lstrip("-").isdecimal() else told, item, route)
            for key, equals, told in pieces
            if equals
        }


def probes(objects: Objects, item: Item, value: Mapping[str, object], route: Route) -> TcpKeepalive | None:
    """TCP keepalive as a DestinationRule or the mesh's configuration states it; None without a time."""
    time, interval = envoy.milliseconds(value.get("time")), envoy.milliseconds(value.get("interval"))
    count = value.get("probes")
    if time is None:
        return None
    linux = from_version(0, "Linux", "its own TCP keepalive")
    return TcpKeepalive(
        objects.fact(int(time), item, (*route, "time")),
        objects.fact(int(interval), item, (*route, "interval")) if interval else replace(linux, value=_OS_INTERVAL_S * 1000),
        objects.fact(count, item, (*route, "probes")) if isinstance(count, int) else replace(linux, value=_OS_PROBES),
        objects.place(item, route),
    )  # fmt: skip


def _socket(objects: Objects, item: Item, value: Mapping[str, object], route: Route) -> TcpKeepalive | None:
    """TCP keepalive as Envoy has it: whole seconds (config/core/v3 address.proto); None without a time."""
    found: dict[str, Fact[int]] = {}
    for name in ("keepalive_time", "keepalive_interval", "keepalive_probes"):
        number, way = envoy.within(value, name)
        if isinstance(number, int) and not isinstance(number, bool):
            scale = 1 if name == "keepalive_probes" else 1000
            found[name] = objects.fact(number * scale, item, (*route, *way))
    linux = from_version(0, "Linux", "its own TCP keepalive")
    if "keepalive_time" not in found:
        return None
    return TcpKeepalive(
        found["keepalive_time"], found.get("keepalive_interval", replace(linux, value=_OS_INTERVAL_S * 1000)),
        found.get("keepalive_probes", replace(linux, value=_OS_PROBES)), objects.place(item, route),
    )  # fmt: skip


def serving(context: Context, service: Service) -> Iterator[Item]:
    """The workloads whose pods carry the service's labels, in its namespace."""
    wanted = {key: fact.value for key, fact in service.labels.items()}
    for item in context.of_kind(*_WORKLOADS):
        labels = look.mapping(look.at(item.value, "spec", "template", "metadata", "labels"))
        if wanted and item.ref.namespace == service.namespace and wanted.items() <= labels.items():
            yield item
