"""What is turned at gateways and waypoints: their pings, and the timers that would end a silent stream."""

from collections.abc import Callable, Iterable

from backstay.core.diagnostic import Diagnostic
from backstay.core.fact import Fact
from backstay.core.place import at
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.gateway import Gateway
from backstay.model.hop import Clock
from backstay.model.network import Call, GatewayKnobs
from backstay.model.parts import Mesh
from backstay.resolve import gateways, keepalive, pings
from backstay.resolve.facts import maybe
from backstay.resolve.promises import Promise
from backstay.spec import network as spec
from backstay.spec.rules import WRONG_VALUE

_MINUTE = 60_000
_MARGIN = (5, 4)
"""A timer is set a quarter above what it has to spare."""
_HAS = {"keepalive_interval", "keepalive_timeout", "stream_idle_timeout", "request_timeout"}
_WORDS = {
    Clock.STREAM_IDLE: ("stream-idle", "how long a stream through the {0} may be silent", "MSH015"),
    Clock.REQUEST: ("request", "how long a request through the {0} may take to arrive", "MSH038"),
}


def gateway_knobs(network: spec.Network, mesh: Mesh | None, calls: tuple[Call, ...],
                  derivations: dict[str, Derivation], findings: list[Diagnostic],
                  promised: list[Promise]) -> tuple[GatewayKnobs, ...]:  # fmt: skip
    """The knobs of every gateway that is declared, and of every waypoint that a call passes.

    What the numbers were solved from is added to `promised`.
    """
    known = {gateway.id: gateway for gateway in gateways.gateways(network, mesh, []).values()}
    known |= {hop.acceptor.id: hop.acceptor for call in calls for hop in call.hops if hop.acceptor}
    return tuple(
        _knobs(
            gateway,
            network.overrides.get(gateway.name),
            _through(gateway, calls),
            derivations,
            findings,
            promised,
        )
        for _, gateway in sorted(known.items())
    )


def _through(gateway: Gateway, calls: Iterable[Call]) -> tuple[Call, ...]:
    return tuple(
        call for call in calls if any(hop.acceptor and hop.acceptor.id == gateway.id for hop in call.hops)
    )


def _knobs(gateway: Gateway, pins: spec.Pins | None, calls: tuple[Call, ...], derivations: dict[str, Derivation],
           findings: list[Diagnostic], promised: list[Promise]) -> GatewayKnobs:  # fmt: skip
    route = ("network", "overrides", gateway.name)
    if pins is not None:
        _other_pins(gateway, pins, findings)
    solved = {}
    for kind in ("downstream", "towards"):
        name = f"{kind}/{gateway.id}"
        wanting = tuple(call for call in calls if name in keepalive.knobs_of(call))
        if wanting:
            knob = keepalive.Knob(name, gateway, wanting)
            interval, timeout = _pins(pins, route)
            found, why = pings.solve(knob, interval, timeout)
            derivations |= {one.id: one for one in why}
            solved[kind] = keepalive.pinned(found, interval, timeout)
            promised.append(Promise(knob, why, interval, timeout))
    clients = [call.client for call in calls if f"towards/{gateway.id}" in keepalive.knobs_of(call)]
    pinned_idle = maybe(pins, "stream_idle_timeout", pins.stream_idle_timeout, route) if pins else None
    pinned_request = maybe(pins, "request_timeout", pins.request_timeout, route) if pins else None
    return GatewayKnobs(
        gateway, solved.get("downstream"), solved.get("towards"),
        tuple({client.name: client for client in clients}.values()),
        pinned_idle or _timer(Clock.STREAM_IDLE, gateway, gateway.stream_idle, _silent, calls, derivations),
        pinned_request or _timer(Clock.REQUEST, gateway, gateway.request_timeout, _sending, calls, derivations),
    )  # fmt: skip


def _other_pins(gateway: Gateway, pins: spec.Pins, findings: list[Diagnostic]) -> None:
    for name in sorted(pins.model_fields_set - _HAS):
        alias = type(pins).model_fields[name].alias or name
        findings.append(
            WRONG_VALUE.report(
                f"`{alias}` has no meaning for gateway `{gateway.name}`",
                at=at("network", "overrides", gateway.name, alias),
                help="pin it for the service that is called; a gateway has keepaliveInterval, keepaliveTimeout, streamIdleTimeout, requestTimeout",
            )
        )


def _pins(pins: spec.Pins | None, route: tuple[str, ...]) -> tuple[Fact[int] | None, Fact[int] | None]:
    if pins is None:
        return None, None
    return (
        maybe(pins, "keepalive_interval", pins.keepalive_interval, route),
        maybe(pins, "keepalive_timeout", pins.keepalive_timeout, route),
    )


def _silent(call: Call) -> Fact[int] | None:
    """How long a request of the call may be silent; None when that is not known."""
    quiet = call.silence_in_request
    return None if quiet is None or call.silence is None else Fact(quiet, call.silence.origins)


def _sending(call: Call) -> Fact[int] | None:
    """How long a request of the call may take to arrive: a caller that streams is done at the end."""
    return (call.deadline or call.silence) if call.stream in {"client", "both"} else None


def _timer(clock: Clock, gateway: Gateway, installed: Fact[int] | None, asks: Callable[[Call], Fact[int] | None],
           calls: tuple[Call, ...], derivations: dict[str, Derivation]) -> Fact[int] | None:  # fmt: skip
    """What an installed timer has to be set to; None when it may stay as it is."""
    asked = [(call, lasts) for call in calls if (lasts := asks(call)) and call.service.protocol.is_http]
    if installed is None or all(lasts.value < installed.value for _, lasts in asked):
        return None
    stem, title, rule = _WORDS[clock]
    bounds = tuple(_bound(stem, rule, call, lasts) for call, lasts in asked)
    found = Derivation(
        f"gateway/{gateway.id}/{stem}-timeout", max(bound.limit for bound in bounds), "ms", bounds,
        "the least that every bound allows", title.format(gateway.words),
    )  # fmt: skip
    derivations[found.id] = found
    return found.fact


def _bound(stem: str, rule: str, call: Call, lasts: Fact[int]) -> Bound:
    more, of = _MARGIN
    return Bound(
        f"{stem}-timeout-spares-call", ">=", -(-lasts.value * more // of // _MINUTE) * _MINUTE,
        f"a call from {call.client.name} to {call.service.name} may take {show_duration(lasts.value)}, and a quarter more "
        "is kept as a margin, in whole minutes", rule, lasts.origins,
    )  # fmt: skip
