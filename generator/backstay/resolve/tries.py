"""Tries of calls: how many on each layer, and how long each may take, so that all of them fit.

What one layer gives up the next tries again, so tries multiply: steps by Argo, calls by callers' sidecars or by their gRPC,
and once more by gateways. Sources: istio/istio pilot/pkg/networking/core/route/retry/retry.go (three tries where no route
says otherwise), envoy docs router_filter (the route's timeout runs over all tries and waits), grpc proposal A6.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from backstay.core.fact import Fact, from_version
from backstay.core.units import show_duration
from backstay.model.hop import End
from backstay.model.network import Call
from backstay.model.parts import CallRetries, Retries
from backstay.resolve.solve.terms import (
    Constraint,
    Prefer,
    Quantity,
    System,
    Term,
    constant,
    free,
    of,
    stated,
)
from backstay.upstream.istio import RETRIES, RETRY_BASE_MS, longest_waits

BUDGET, STEPS, CALLS, FIRST_WAIT = (
    "retries/max-attempts", "retries/steps", "retries/calls", "retries/first-wait",
)  # fmt: skip
_STEPS_CLIENT = "pipeline-steps"
_FEW, _MANY = 10, 1_000
"""Numbers of tries whose waits are known: beyond what is stated, for an edit; and at most, as nobody waits for more."""
_ROUND = (
    *(digits * unit // 10 for unit in (10, 100, 1_000) for digits in (10, 15, 20, 25, 30, 40, 50, 60, 80)),
    *(
        seconds * 1_000
        for seconds in (9, 10, 12, 15, 20, 25, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1200, 1800, 3600)
    ),
)


@dataclass(frozen=True, slots=True)
class Routed:
    """The calls that callers' sidecars send to one host by a route of backstay's; `pin` is its pinned timeout.

    `name` is the service that the host is declared for; `paced`: the first wait may be set.
    """

    name: str
    calls: tuple[Call, ...]
    pin: Fact[int] | None
    paced: bool

    @property
    def attempts(self) -> str:
        """The id of how often a call is tried, where the spec does not say."""
        return f"route/{self.name}/attempts"

    @property
    def timeout(self) -> str:
        """The id of the route's timeout."""
        return f"route/{self.name}/timeout"

    @property
    def per_try(self) -> str:
        """The id of what one try may take."""
        return f"route/{self.name}/per-try-timeout"

    @property
    def ends(self) -> bool:
        """Whether every call has an end: no stream, and a deadline. Only then may a route have a timeout."""
        return all(
            call.stream == "none" and call.deadline is not None and call.deadline.value > 0
            for call in self.calls
        )

    @property
    def may_be_cut(self) -> bool:
        """Whether a try may be given up for another: none of the calls is known to be silent while it is served."""
        return all(call.silence_in_request is None for call in self.calls)


def budgets(calls: tuple[Call, ...], hosts: tuple[Routed, ...], retries: Retries) -> System:
    """No product of tries exceeds the budget; nothing where none is stated."""
    if retries.max_attempts is None:
        return System()
    route_of = {call.index: host for host in hosts for call in host.calls}
    lines = {one.id: one for one in _lines(retries)}
    constraints = []
    if STEPS in lines:
        words = f"nothing may be tried more than {_times(retries.max_attempts.value)} in all"
        constraints.append(_within(words, of(STEPS)))
    for call in calls:
        factors, times = _layers(call, route_of.get(call.index), retries)
        if any(factor != STEPS for factor in factors) or times > 1:
            lines |= {name: _own(route_of[call.index]) for name in factors if name not in lines}
            constraints.append(_within(_product(call, retries, factors, times), of(*factors, times=times)))
    return System(tuple(lines.values()), tuple(dict.fromkeys(constraints)))


def _within(words: str, product: Term) -> Constraint:
    return Constraint("attempts-within-budget", (of(BUDGET),), (product,), words, "MSH019")


def _lines(retries: Retries) -> Iterator[Quantity]:
    if retries.max_attempts is not None:
        most = retries.max_attempts.value
        yield stated(
            BUDGET, "attempts", retries.max_attempts, f"nothing may be tried more than {_times(most)} in all"
        )
    if retries.steps is not None:
        tries = retries.steps.limit.value + 1
        fact = Fact(tries, retries.steps.limit.origins)
        yield stated(STEPS, "attempts", fact, f"a pipeline step is tried {_times(tries)} by Argo")
    if retries.calls is not None:
        tries = retries.calls.attempts.value
        yield stated(CALLS, "attempts", retries.calls.attempts, f"a call is tried {_times(tries)}")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _own(host: Routed) -> Quantity:
    title = f"how often callers' sidecars try a call to {host.name}, the first time included"
    return free(host.attempts, "attempts", title, tuple(range(1, RETRIES + 2)))


def _layers(call: Call, host: Routed | None, retries: Retries) -> tuple[tuple[str, ...], int]:
    """The layers that a call's tries multiply over: what can be told, and what is as it is."""
    factors = (STEPS,) if call.client.name == _STEPS_CLIENT and retries.steps else ()
    if not call.service.protocol.is_http:
        return factors, 1
    acceptors = (hop.acceptor for hop in call.hops if hop.receiver_end is End.GATEWAY)
    times = prod(gateway.retries.value + 1 for gateway in acceptors if gateway is not None)
    by_itself = not call.client.sidecar and call.client.settable_keepalive
    if retries.calls is not None and (by_itself or call.routed_by_sidecar):
        return (*factors, CALLS), times
    if host is not None:
        return (*factors, host.attempts), times
    return factors, times * (RETRIES + 1 if call.client.sidecar else 1)


def _product(call: Call, retries: Retries, factors: tuple[str, ...], times: int) -> str:
    steps = retries.steps.limit.value + 1 if retries.steps else 1
    parts = [f"Argo tries a step {_times(steps)}"] if STEPS in factors else []
    parts += [f"other proxies try a request {_times(times)}"] if times > 1 else []
    most = retries.max_attempts.value if retries.max_attempts else 0
    whole = f"a call from {call.client.name} to {call.service.name} may be tried {_times(most)} in all"
    return ", and ".join([whole, *parts])


def defaults(host: Routed) -> System:
    """What sidecars do where nobody says otherwise is as many tries as are wished for."""
    usual = from_version(RETRIES + 1, "istio", "what sidecars try where no route says otherwise")
    own = _own(host)
    bound = Constraint(
        "attempts-as-usual", (constant(usual.value),), (of(own.id),), f"sidecars try {_times(usual.value)} anyway",
        origins=usual.origins,
    )  # fmt: skip
    return System((own,), (bound,))


def timers(host: Routed, retries: Retries) -> System:
    """The route's timeout is no shorter than any deadline, and all tries with their waits fit into every one."""
    if retries.calls is None or not host.ends:
        return System()
    timeout = _timeout(host)
    quantities = [
        timeout,
        *_lines(retries),
        _first_wait(retries.calls),
        *(_deadline(call) for call in host.calls),
    ]
    constraints = list(_outlasting(host))
    if retries.calls.attempts.value > 1 and host.may_be_cut:
        title = f"how long one try of a call to {host.name} may take"
        quantities.insert(1, free(host.per_try, "ms", title, _ROUND))
        constraints += _tries(host, retries.calls)
    known = {one.id: one for one in quantities if one is not None}
    return System(tuple(known.values()), tuple(constraints))


def _timeout(host: Routed) -> Quantity:
    if host.pin is not None:
        return stated(
            host.timeout,
            "ms",
            host.pin,
            f"the timeout of the route is pinned to {show_duration(host.pin.value)}",
        )
    title = f"when callers' sidecars give up a call to {host.name}"
    return free(host.timeout, "ms", title, (), Prefer.SMALLEST)


def _first_wait(retries: CallRetries) -> Quantity:
    words = f"the first wait between two tries of a call is {show_duration(retries.initial_ms.value)}"
    return stated(FIRST_WAIT, "ms", retries.initial_ms, words, least=0)


def _deadline(call: Call) -> Quantity | None:
    if call.deadline is None:
        return None
    words = f"a call from {call.client.name} to {call.service.name} ends after {show_duration(call.deadline.value)}"
    return stated(f"call/{call.index}/deadline", "ms", call.deadline, words)


def _outlasting(host: Routed) -> Iterator[Constraint]:
    for call in host.calls:
        if call.deadline is not None and host.pin is None:
            yield Constraint(
                "timeout-no-shorter-than-deadline", (of(host.timeout),), (of(f"call/{call.index}/deadline"),),
                f"{call.client.name} would wait for {show_duration(call.deadline.value)}, and takes a shorter timeout for a "
                "failure to try again", "MSH017",
            )  # fmt: skip


def _tries(host: Routed, retries: CallRetries) -> Iterator[Constraint]:
    tries = retries.attempts.value
    waits = _waits(host, tries)
    in_all = show_duration(_sum_of_waits(host, retries))
    for call in host.calls:
        if call.deadline is not None:
            yield Constraint(
                "tries-within-deadline", (of(f"call/{call.index}/deadline"),), (of(CALLS, host.per_try), waits),
                f"{tries} tries and waits of up to {in_all} have to fit into the "
                f"{show_duration(call.deadline.value)} after which {call.client.name} gives up", "MSH018",
                bounds=(host.per_try,),
            )  # fmt: skip
    yield Constraint(
        "try-below-timeout", (of(host.timeout),), (of(host.per_try), constant(1)),
        "a try that may take as long as all of them is the only one", "MSH018", bounds=(host.per_try,),
    )  # fmt: skip
    slowest = max(host.calls, key=lambda call: call.round_trip_ms)
    yield Constraint(
        "try-above-round-trip", (of(host.per_try),), (constant(slowest.round_trip_ms + 1),),
        f"no try succeeds within a round trip of {show_duration(slowest.round_trip_ms)}", "MSH018",
        origins=slowest.round_trip.origins,
    )  # fmt: skip


def _waits(host: Routed, tries: int) -> Term:
    """The waits between tries, each at its longest: a multiple of the first one that grows with their number."""
    known = min(max(tries, _FEW), _MANY)
    curve = (0, *(longest_waits(number) for number in range(known)))
    return of(FIRST_WAIT, CALLS, curve=curve) if host.paced else of(CALLS, times=RETRY_BASE_MS, curve=curve)


def _sum_of_waits(host: Routed, retries: CallRetries) -> int:
    base = retries.initial_ms.value if host.paced else RETRY_BASE_MS
    return base * longest_waits(retries.attempts.value - 1)
