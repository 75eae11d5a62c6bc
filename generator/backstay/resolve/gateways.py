"""Gateways and waypoints: who they are, and what they are installed with."""

from backstay.core.diagnostic import Diagnostic
from backstay.core.fact import Fact, from_spec, from_version
from backstay.core.place import at
from backstay.core.route import Route
from backstay.model.gateway import Gateway, GatewayKind, GatewayPort
from backstay.model.network import Service
from backstay.model.parts import DataPlane, Mesh
from backstay.resolve.facts import fact, maybe
from backstay.spec import network as spec
from backstay.spec.rules import MISSING_KEY, WRONG_VALUE
from backstay.upstream.istio import EDGE_REQUEST_MS, EDGE_STREAM_IDLE_MS, EDGE_STREAMS, RETRIES, RETRY_ON

Findings = list[Diagnostic]
NO_WAYPOINT = "none"
"""What `istio.io/use-waypoint` says where a service has none although its namespace does."""


def gateways(network: spec.Network, mesh: Mesh | None, findings: Findings) -> dict[str, Gateway]:
    """Every declared gateway by name; findings for those that nothing can be said about."""
    found = {
        name: _gateway(name, stated, mesh, findings)
        for name, stated in network.gateways.items()
        if _is_sound(name, stated, network, mesh, findings)
    }
    return {name: gateway for name, gateway in found.items() if gateway is not None}


def _is_sound(
    name: str, stated: spec.Gateway, network: spec.Network, mesh: Mesh | None, findings: Findings
) -> bool:
    route: Route = ("network", "gateways", name)
    before = len(findings)
    for what, others in (("box", network.boxes), ("service", network.services)):
        if name in others:
            words = f"`{name}` is the name of a {what}, too"
            findings.append(WRONG_VALUE.report(words, at=at(*route), help="give one of them another name"))
    if mesh is None:
        words = f"gateway `{name}` is one of Istio's, and `platform.istio` is missing"
        findings.append(
            MISSING_KEY.report(
                words, at=at(*route), help="add `platform.istio`, or declare it under `network.boxes`"
            )
        )
    if stated.kind == GatewayKind.ISTIO.value and not stated.labels:
        findings.append(
            MISSING_KEY.report(
                f"nothing says which pods gateway `{name}` has",
                at=at(*route),
                help="add their `labels:`, such as `{istio: ingressgateway}`, or `kind: gateway-api`",
            )
        )
    return len(findings) == before


def _gateway(name: str, stated: spec.Gateway, mesh: Mesh | None, findings: Findings) -> Gateway | None:
    del findings
    route: Route = ("network", "gateways", name)
    if mesh is None:
        return None
    edge = stated.profile == "edge"
    return Gateway(
        name,
        GatewayKind(stated.kind),
        maybe(stated, "namespace", stated.namespace, route) or mesh.root_namespace,
        maybe(stated, "gateway", stated.gateway, route) or from_spec(name, *route),
        {key: from_spec(value, *route, "labels", key) for key, value in stated.labels.items()},
        maybe(stated, "listener_port", stated.listener_port, route),
        None if stated.service is None else _address(stated.service, (*route, "service")),
        _timer(maybe(stated, "stream_idle_timeout", stated.stream_idle_timeout, route), EDGE_STREAM_IDLE_MS if edge else 0),
        _timer(maybe(stated, "request_timeout", stated.request_timeout, route), EDGE_REQUEST_MS if edge else 0),
        maybe(stated, "max_concurrent_streams", stated.max_concurrent_streams, route)
        or (from_version(EDGE_STREAMS, *_EDGE) if edge else None),
        *_retries(stated, (*route, "retries")),
        at(*route),
    )  # fmt: skip


def _retries(stated: spec.Gateway | None, route: Route) -> tuple[Fact[int], Fact[tuple[str, ...]]]:
    told = stated.retries if stated else None
    if told is not None:
        return fact(told, "attempts", told.attempts, route), fact(told, "on", tuple(told.on), route)
    why = "what Envoys retry where no route says otherwise"
    return from_version(RETRIES, "istio", why), from_version(RETRY_ON, "istio", why)


_EDGE = ("istio 1.31", "connectionSettings of profile EDGE")


def _timer(stated: Fact[int] | None, by_profile: int) -> Fact[int] | None:
    """A timer that is stated, else the profile's; 0 is none."""
    if stated is not None:
        return stated if stated.value else None
    return from_version(by_profile, *_EDGE) if by_profile else None


def _address(stated: spec.GatewayService, route: Route) -> GatewayPort:
    return GatewayPort(
        fact(stated, "host", stated.host, route), fact(stated, "port", stated.port, route), stated.port_name
    )


def misplaced_waypoints(network: spec.Network, mesh: Mesh | None, findings: Findings) -> None:
    """A finding for every waypoint that is stated where no ztunnel sends anything to one."""
    if mesh is not None and mesh.data_plane is DataPlane.AMBIENT:
        return
    stated: list[Route] = [("network", "waypoints", name) for name in network.waypoints]
    stated += [
        ("network", "services", name, "waypoint") for name, one in network.services.items() if one.waypoint
    ]
    for route in stated:
        findings.append(
            WRONG_VALUE.report(
                "a waypoint stands in an ambient mesh only, and there is none",
                at=at(*route),
                help="leave it out, or state `platform.istio.dataPlane: ambient`",
            )
        )


def waypoint(service: Service, stated: spec.Service, network: spec.Network) -> Gateway | None:
    """The waypoint in front of a service of an ambient mesh: its own, else its namespace's."""
    if not service.ztunnel:
        return None
    own: Route = ("network", "services", service.name, "waypoint")
    shared: Route = ("network", "waypoints", service.namespace)
    name = stated.waypoint or network.waypoints.get(service.namespace)
    if name is None or name == NO_WAYPOINT:
        return None
    route = own if stated.waypoint else shared
    return Gateway(
        name, GatewayKind.WAYPOINT, service.home, from_spec(name, *route), {}, None, None, None, None, None,
        *_retries(None, route), at(*route),
    )  # fmt: skip
