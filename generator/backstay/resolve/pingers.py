"""Who pings on the hops of a call once the knobs are turned."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from backstay.core.fact import Fact
from backstay.model.gateway import GatewayKind
from backstay.model.hop import TUNNEL_KNOB, Clock, End, Hop, Pinger, Refresh, Side, Timer
from backstay.model.network import Call, GatewayKnobs, Keepalive, Knobs, Runtime
from backstay.resolve import arguments, hops, pings
from backstay.upstream import grpc


def with_pingers(call: Call, knobs: Knobs, gateways: Iterable[GatewayKnobs] = ()) -> Call:
    """The call with everyone who pings on its hops, and the timers at its gateways."""
    by_id = {one.gateway.id: one for one in gateways}
    done = tuple(
        _turned(hop, call, knobs, by_id.get(hop.acceptor.id) if hop.acceptor else None) for hop in call.hops
    )
    return replace(call, service=knobs.service, hops=done)


def _turned(hop: Hop, call: Call, knobs: Knobs, gateway: GatewayKnobs | None) -> Hop:
    pingers = [*hop.pingers, *_pingers(hop, call, knobs)]
    if gateway is None:
        return replace(hop, pingers=tuple(pingers))
    if gateway.gateway.kind is GatewayKind.WAYPOINT and gateway.downstream:
        # What a waypoint is told takes the place of what it does on its own.
        pingers = [one for one in pingers if not (one.side is Side.RECEIVER and one.knob == TUNNEL_KNOB)]
    pingers += _at_gateway(hop, call, gateway)
    return replace(hop, pingers=tuple(pingers), timers=tuple(_timers(hop, gateway)))


def _at_gateway(hop: Hop, call: Call, gateway: GatewayKnobs) -> Iterator[Pinger]:
    if gateway.downstream and (hop.tunnel or call.service.protocol.pings):
        yield _by_proxy(Side.RECEIVER, gateway.downstream, "downstream")
    if gateway.towards and hop.sender_proxy and call.service.protocol.pings:
        yield _by_proxy(Side.SENDER, gateway.towards, "towards")


def _timers(hop: Hop, gateway: GatewayKnobs) -> Iterator[Timer]:
    told = {Clock.STREAM_IDLE: gateway.stream_idle, Clock.REQUEST: gateway.request_timeout}
    yield from (timer for timer in hop.timers if told[timer.clock] is None)
    for clock, limit in told.items():
        if limit is not None and limit.value:
            yield Timer(clock, limit, gateway.gateway.place)


def _pingers(hop: Hop, call: Call, knobs: Knobs) -> list[Pinger]:
    found = _http2_pingers(hop, call, knobs) if call.service.protocol.pings else []
    if _to_service(hop, call) and knobs.tcp_keepalive:
        found.append(hops.probes_by_proxy(knobs.tcp_keepalive, "tcpKeepalive"))
    return found


def _to_service(hop: Hop, call: Call) -> bool:
    """Whether a proxy opens the hop by its cluster for the service."""
    return hop.sender_end.is_envoy and not hop.tunnel and call.calls_service(hop)


def _http2_pingers(hop: Hop, call: Call, knobs: Knobs) -> list[Pinger]:
    found: list[Pinger | None] = []
    if hop.receiver_proxy and knobs.inbound and hop.crosses:
        found.append(_by_proxy(Side.RECEIVER, knobs.inbound, "inbound"))
    if _to_service(hop, call) and knobs.upstream and hop.crosses:
        found.append(_by_proxy(Side.SENDER, knobs.upstream, "upstream"))
    sender, receiver = call.speakers(hop)
    if receiver is End.APP:
        # Only C-core servers hold pings back on a connection without calls.
        held_back = call.idles_between_calls and call.service.runtime is Runtime.CORE
        args = knobs.server_args
        found.append(_by_arguments(Side.RECEIVER, args, "server", call.service.runtime, held_back=held_back))
    if sender is End.APP and call.client.settable_keepalive:
        idles, args = call.idles_between_calls, knobs.client_args
        found.append(_by_arguments(Side.SENDER, args, "client", call.client.runtime, held_back=idles))
    return [pinger for pinger in found if pinger is not None]


def _by_proxy(side: Side, pings: Keepalive, knob: str) -> Pinger:
    return Pinger(side, True, Refresh.HTTP2_PING, pings.interval, pings.timeout, hops.PROXY_JITTER, knob)  # noqa: FBT003 - a field


def _by_arguments(
    side: Side, args: arguments.Args, knob: str, runtime: Runtime, *, held_back: bool
) -> Pinger | None:
    """The pinger that channel arguments make; None where they leave a connection without calls unpinged."""
    known = {name: Fact(fact.value, fact.origins) for name, fact in args if isinstance(fact.value, int)}
    time, permit = known.get(grpc.KEEPALIVE_TIME), known.get(grpc.PERMIT_WITHOUT_CALLS)
    if time is None or (held_back and (permit is None or not permit.value)):
        return None
    timeout = known.get(grpc.KEEPALIVE_TIMEOUT) or Fact(pings.DEFAULT_TIMEOUT, time.origins)
    if runtime is Runtime.CORE:
        # Which of the two a release heeds is not known, so the later one counts.
        ping = known.get(grpc.PING_TIMEOUT) or Fact(grpc.PING_TIMEOUT_MS, time.origins)
        timeout = max(timeout, ping, key=lambda fact: fact.value)
    return Pinger(side, False, Refresh.HTTP2_PING, time, timeout, 0, knob)  # noqa: FBT003 - a field
