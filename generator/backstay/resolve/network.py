"""The network section to calls, hops and knobs."""

from collections.abc import Mapping
from dataclasses import replace

from backstay.core.diagnostic import Diagnostic
from backstay.core.fact import Fact, from_spec
from backstay.model.derivation import Derivation
from backstay.model.gateway import Gateway
from backstay.model.network import Call, Client, Keepalive, Knobs, Network, Service
from backstay.resolve import arguments, endpoints, gateways, hops, keepalive, pings
from backstay.resolve.facts import maybe
from backstay.resolve.gateway_knobs import gateway_knobs
from backstay.resolve.pingers import with_pingers
from backstay.resolve.platform import Platform, tcp_keepalive
from backstay.resolve.promises import Promise
from backstay.spec import network as spec
from backstay.upstream import grpc

Findings = list[Diagnostic]


def resolve_network(network: spec.Network, platform: Platform, runs: tuple[Fact[str], ...], findings: Findings,
                    promised: list[Promise]) -> tuple[Network, dict[str, Derivation]]:  # fmt: skip
    """Calls with their hops and pingers, knobs by service, and the derivations of every solved number.

    What the numbers were solved from is added to `promised`.
    """
    endpoints.references(network, findings)
    gateways.misplaced_waypoints(network, platform.mesh, findings)
    calls = stated_calls(network, platform, runs, findings)
    services = {call.service.name: call.service for call in calls}
    for name, stated in network.services.items():
        if name not in services and (idle := endpoints.service(name, stated, platform, findings)):
            services[name] = idle
    derivations: dict[str, Derivation] = {}
    knobs = tuple(
        _knobs(
            service,
            tuple(c for c in calls if c.service.name == name),
            network.overrides.get(name),
            platform,
            derivations,
            promised,
        )
        for name, service in sorted(services.items())
    )
    passed = gateway_knobs(network, platform.mesh, calls, derivations, findings, promised)
    by_service = {knob.service.name: knob for knob in knobs}
    done = tuple(with_pingers(call, by_service[call.service.name], passed) for call in calls)
    return Network(tuple(k.service for k in knobs), done, knobs, gateways=passed), derivations


def stated_calls(network: spec.Network, platform: Platform, runs: tuple[Fact[str], ...],
                 findings: Findings) -> tuple[Call, ...]:  # fmt: skip
    """The calls with their hops; only what is installed pings on them so far."""
    boxes = {name: endpoints.box(name, stated, findings) for name, stated in network.boxes.items()}
    passed = {**gateways.gateways(network, platform.mesh, findings), **boxes}
    asked = dict.fromkeys(call.to for call in network.calls if call.to in network.services)
    services = {name: _service(name, network, platform, findings) for name in asked}
    clients: dict[str, Client] = {}
    for name in dict.fromkeys((*network.clients, *(call.from_ for call in network.calls))):
        clients[name] = endpoints.client(name, network.clients.get(name), platform, runs, findings)
    return tuple(
        hops.call(
            index, stated, clients[stated.from_], service,
            tuple(one for name in stated.via if (one := passed.get(name)) is not None), platform.mesh,
        )
        for index, stated in enumerate(network.calls)
        if (service := services.get(stated.to)) is not None
    )  # fmt: skip


def _service(name: str, network: spec.Network, platform: Platform, findings: Findings) -> Service | None:
    stated = network.services[name]
    found = endpoints.service(name, stated, platform, findings)
    return None if found is None else replace(found, waypoint=gateways.waypoint(found, stated, network))


def _knobs(service: Service, calls: tuple[Call, ...], pins: spec.Pins | None, platform: Platform,
           derivations: dict[str, Derivation], promised: list[Promise]) -> Knobs:  # fmt: skip
    route = ("network", "overrides", service.name)
    interval = maybe(pins, "keepalive_interval", pins.keepalive_interval, route) if pins else None
    timeout = maybe(pins, "keepalive_timeout", pins.keepalive_timeout, route) if pins else None
    solved: dict[str, Keepalive] = {}
    for name in ("inbound", "upstream", "server", "client"):
        wanting = tuple(call for call in calls if name in keepalive.knobs_of(call))
        if wanting:
            knob = keepalive.Knob(name, _policed(service, pins), wanting)
            insisted = _insisted(name, service, pins, interval, timeout)
            found, why = pings.solve(knob, *insisted)
            solved[name] = keepalive.pinned(found, interval, timeout)
            derivations |= {d.id: d for d in why}
            promised.append(Promise(knob, why, *insisted))
    tolerated = _tolerated(service, solved)
    if tolerated is not None:
        derivations[tolerated.id] = tolerated
    server, client = _arguments(service, solved, tolerated, pins, platform)
    if service.policy is not None:
        service = replace(service, policy=arguments.policy_after(service.policy, server))
    return Knobs(
        service,
        tuple({call.client.name: call.client for call, opener in _callers(calls) if opener is None}.values()),
        solved.get("inbound"), solved.get("upstream"), server, client,
        maybe(pins, "route_timeout", pins.route_timeout, route) if pins else None,
        maybe(pins, "stream_idle_timeout", pins.stream_idle_timeout, route) if pins else None,
        tcp_keepalive(pins.tcp_keepalive, (*route, "tcpKeepalive")) if pins and pins.tcp_keepalive else None,
        tuple({opener.id: opener for _, opener in _callers(calls) if opener is not None}.values()),
        () if solved else tuple(pin for pin in (interval, timeout) if pin is not None),
    )  # fmt: skip


def _policed(service: Service, pins: spec.Pins | None) -> Service:
    """The service with the ping policy that its pinned arguments give it, which nothing is derived for then."""
    if service.policy is None or pins is None or grpc.MIN_PING_INTERVAL not in pins.server_arguments:
        return service
    args = tuple(pinned_args(pins.server_arguments, service.name, "serverArguments").items())
    return replace(service, policy=replace(arguments.policy_after(service.policy, args), settable=False))


def _insisted(name: str, service: Service, pins: spec.Pins | None, interval: Fact[int] | None,
              timeout: Fact[int] | None) -> tuple[Fact[int] | None, Fact[int] | None]:  # fmt: skip
    """The pins of a knob's interval and timeout: of applications, their channel arguments before anything else."""
    if pins is None or name not in {"server", "client"}:
        return interval, timeout
    stated, key = (
        (pins.server_arguments, "serverArguments")
        if name == "server"
        else (pins.client_arguments, "clientArguments")
    )
    args = pinned_args(stated, service.name, key)
    return arguments.number(args, grpc.KEEPALIVE_TIME) or interval, arguments.number(
        args, grpc.KEEPALIVE_TIMEOUT
    ) or timeout


def _callers(calls: tuple[Call, ...]) -> list[tuple[Call, Gateway | None]]:
    """Whose cluster for the service has to ping it: a call's gateway, or None for the caller's own sidecar."""
    return [
        (call, hop.opener)
        for call in calls
        for hop in call.crossings
        if "upstream" in keepalive.knobs_on(hop, call)
    ]


def _tolerated(service: Service, solved: Mapping[str, Keepalive]) -> Derivation | None:
    """What the server's policy has to put up with: its callers' sidecars ping it, and backstay writes its arguments."""
    settable = service.policy is not None and service.policy.settable
    if not settable or service.sidecar or "upstream" not in solved:
        return None
    return keepalive.tolerated(service, solved["upstream"].interval)


def _arguments(service: Service, solved: Mapping[str, Keepalive], tolerated: Derivation | None,
               pins: spec.Pins | None, platform: Platform) -> tuple[arguments.Args, arguments.Args]:  # fmt: skip
    settable = service.policy is not None and service.policy.settable
    shipped = platform.pipelines.metadata_channel if settable and platform.pipelines else None
    server = arguments.server_args(
        service, shipped, solved.get("server"), tolerated,
        pinned_args(pins.server_arguments if pins else {}, service.name, "serverArguments"),
    )  # fmt: skip
    client = arguments.client_args(
        solved.get("client"),
        service.policy,
        pinned_args(pins.client_arguments if pins else {}, service.name, "clientArguments"),
    )
    return server, client


def pinned_args(args: Mapping[str, int | str], service: str, key: str) -> dict[str, Fact[int | str]]:
    """Channel arguments of a service as `overrides` state them; `key` is `serverArguments` or `clientArguments`."""
    return {
        name: from_spec(value, "network", "overrides", service, key, name) for name, value in args.items()
    }
