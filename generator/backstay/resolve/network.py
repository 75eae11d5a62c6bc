"""The network section to calls, hops and knobs."""

from collections.abc import Mapping
from dataclasses import replace

from backstay.core.diagnostic import Diagnostic
from backstay.core.fact import Fact, from_spec
from backstay.model.derivation import Derivation
from backstay.model.hop import End, Hop, Pinger, Refresh, Side
from backstay.model.network import Call, Client, Keepalive, Knobs, Network, Runtime, Service
from backstay.resolve import arguments, endpoints, hops, keepalive
from backstay.resolve.facts import maybe
from backstay.resolve.platform import Platform, tcp_keepalive
from backstay.spec import network as spec
from backstay.upstream import grpc

Findings = list[Diagnostic]


def resolve_network(network: spec.Network, platform: Platform, runs: tuple[Fact[str], ...],
                    findings: Findings) -> tuple[Network, dict[str, Derivation]]:  # fmt: skip
    """Calls with their hops and pingers, knobs by service, and the derivations of every solved number."""
    endpoints.references(network, findings)
    calls = _calls(network, platform, runs, findings)
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
        )
        for name, service in sorted(services.items())
    )
    by_service = {knob.service.name: knob for knob in knobs}
    done = tuple(with_pingers(call, by_service[call.service.name]) for call in calls)
    return Network(tuple(k.service for k in knobs), done, knobs), derivations


def _calls(network: spec.Network, platform: Platform, runs: tuple[Fact[str], ...],
           findings: Findings) -> tuple[Call, ...]:  # fmt: skip
    boxes = {name: endpoints.box(name, stated, findings) for name, stated in network.boxes.items()}
    asked = dict.fromkeys(call.to for call in network.calls if call.to in network.services)
    services = {name: endpoints.service(name, network.services[name], platform, findings) for name in asked}
    clients: dict[str, Client] = {}
    for name in dict.fromkeys((*network.clients, *(call.from_ for call in network.calls))):
        clients[name] = endpoints.client(name, network.clients.get(name), platform, runs, findings)
    return tuple(
        hops.call(
            index, stated, clients[stated.from_], service,
            tuple(box for name in stated.via if (box := boxes.get(name)) is not None), platform.mesh,
        )
        for index, stated in enumerate(network.calls)
        if (service := services.get(stated.to)) is not None
    )  # fmt: skip


def _knobs(service: Service, calls: tuple[Call, ...], pins: spec.Pins | None, platform: Platform,
           derivations: dict[str, Derivation]) -> Knobs:  # fmt: skip
    route = ("network", "overrides", service.name)
    interval = maybe(pins, "keepalive_interval", pins.keepalive_interval, route) if pins else None
    timeout = maybe(pins, "keepalive_timeout", pins.keepalive_timeout, route) if pins else None
    solved: dict[str, Keepalive] = {}
    for name in ("inbound", "upstream", "server", "client"):
        wanting = tuple(call for call in calls if name in keepalive.knobs_of(call))
        if wanting:
            found, why = keepalive.solve(keepalive.Knob(name, service, wanting))
            solved[name] = keepalive.pinned(found, interval, timeout)
            derivations |= {d.id: d for d in why}
    tolerated = _tolerated(service, solved)
    if tolerated is not None:
        derivations[tolerated.id] = tolerated
    server, client = _arguments(service, solved, tolerated, pins, platform)
    if service.policy is not None:
        service = replace(service, policy=arguments.policy_after(service.policy, server))
    return Knobs(
        service,
        tuple({call.client.name: call.client for call in calls if "upstream" in keepalive.knobs_of(call)}.values()),
        solved.get("inbound"), solved.get("upstream"), server, client,
        maybe(pins, "route_timeout", pins.route_timeout, route) if pins else None,
        maybe(pins, "stream_idle_timeout", pins.stream_idle_timeout, route) if pins else None,
        tcp_keepalive(pins.tcp_keepalive, (*route, "tcpKeepalive")) if pins and pins.tcp_keepalive else None,
    )  # fmt: skip


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
        _pinned_args(pins.server_arguments if pins else {}, service.name, "serverArguments"),
    )  # fmt: skip
    client = arguments.client_args(
        solved.get("client"),
        service.policy,
        _pinned_args(pins.client_arguments if pins else {}, service.name, "clientArguments"),
    )
    return server, client


def _pinned_args(args: Mapping[str, int | str], service: str, key: str) -> dict[str, Fact[int | str]]:
    return {
        name: from_spec(value, "network", "overrides", service, key, name) for name, value in args.items()
    }


def with_pingers(call: Call, knobs: Knobs) -> Call:
    """The call with everyone who pings on its hops once the knobs are turned."""
    return replace(
        call,
        service=knobs.service,
        hops=tuple(replace(hop, pingers=(*hop.pingers, *_pingers(hop, call, knobs))) for hop in call.hops),
    )


def _pingers(hop: Hop, call: Call, knobs: Knobs) -> list[Pinger]:
    found = _http2_pingers(hop, call, knobs) if call.service.protocol.pings else []
    if hop.sender_proxy and knobs.tcp_keepalive:
        found.append(hops.probes_by_proxy(knobs.tcp_keepalive, "tcpKeepalive"))
    return found


def _http2_pingers(hop: Hop, call: Call, knobs: Knobs) -> list[Pinger]:
    found: list[Pinger | None] = []
    if hop.receiver_proxy and knobs.inbound and hop.crosses:
        found.append(_by_proxy(Side.RECEIVER, knobs.inbound, "inbound"))
    if hop.sender_proxy and knobs.upstream and hop.crosses:
        found.append(_by_proxy(Side.SENDER, knobs.upstream, "upstream"))
    if hop.receiver_end is End.APP:
        # Only C-core servers hold pings back on a connection without calls.
        held_back = call.idles_between_calls and call.service.runtime is Runtime.CORE
        args = knobs.server_args
        found.append(_by_arguments(Side.RECEIVER, args, "server", call.service.runtime, held_back=held_back))
    if hop.sender_end is End.APP and call.client.settable_keepalive:
        idles, args = call.idles_between_calls, knobs.client_args
        found.append(_by_arguments(Side.SENDER, args, "client", call.client.runtime, held_back=idles))
    return [pinger for pinger in found if pinger is not None]


def _by_proxy(side: Side, pings: Keepalive, knob: str) -> Pinger:
    return Pinger(side, True, Refresh.HTTP2_PING, pings.interval, pings.timeout, keepalive.PROXY_JITTER, knob)  # noqa: FBT003 - a field


def _by_arguments(
    side: Side, args: arguments.Args, knob: str, runtime: Runtime, *, held_back: bool
) -> Pinger | None:
    """The pinger that channel arguments make; None where they leave a connection without calls unpinged."""
    known = {name: Fact(fact.value, fact.origins) for name, fact in args if isinstance(fact.value, int)}
    time, permit = known.get(grpc.KEEPALIVE_TIME), known.get(grpc.PERMIT_WITHOUT_CALLS)
    if time is None or (held_back and (permit is None or not permit.value)):
        return None
    timeout = known.get(grpc.KEEPALIVE_TIMEOUT) or Fact(keepalive.DEFAULT_TIMEOUT, time.origins)
    if runtime is Runtime.CORE:
        # Which of the two a release heeds is not known, so the later one counts.
        ping = known.get(grpc.PING_TIMEOUT) or Fact(grpc.PING_TIMEOUT_MS, time.origins)
        timeout = max(timeout, ping, key=lambda fact: fact.value)
    return Pinger(side, False, Refresh.HTTP2_PING, time, timeout, 0, knob)  # noqa: FBT003 - a field
