"""gRPC channels of callers: their arguments, and what their service config says.

A layer retries only where no other does: a caller with a sidecar leaves it to the mesh. Sources: grpc proposals A6
(retries, throttling) and A2 (service configs), grpc/grpc src/core/client_channel/retry_service_config.cc (what C-core takes).
"""

from collections.abc import Mapping

from backstay.core.fact import Fact, from_preset, join
from backstay.core.units import show_duration
from backstay.model.callers import Channel, ChannelRetries
from backstay.model.derivation import Derivation
from backstay.model.network import Call, Knobs, Network, Protocol
from backstay.model.parts import CallRetries
from backstay.resolve.solve.solution import solve
from backstay.resolve.solve.terms import Constraint, Prefer, System, constant, free, of, stated
from backstay.upstream.grpc import CORE_EARLY, LEAST_BACKOFF_MS, RUNTIMES

SERVICE_CONFIG = "grpc.service_config"
_MOST = from_preset(5, "grpc proposal A6", "more tries are cut to this many")
_MOST_TRIES = stated("grpc/most-attempts", "attempts", _MOST, "gRPC tries at most 5 times", movable=False)
_MAX_TOKENS = from_preset(10, "grpc proposal A6", "five failures in a row stop retries")
_TOKENS = from_preset(200, "grpc proposal A6", "a retry for five successes, as Envoy's budget of a fifth")
_ROUNDED = from_preset(LEAST_BACKOFF_MS, "grpc core 1.85", "after shorter waits it may never try again")
_EARLY = from_preset(CORE_EARLY, "grpc core 1.85", "it counts a service config's timeout too short")
_CAP = 10
_JITTER = (6, 5)


def channels(
    network: Network, retries: CallRetries | None
) -> tuple[tuple[Channel, ...], dict[str, Derivation]]:
    """The channel of each caller that can be told something, and how its numbers were derived."""
    knobs = {one.service.name: one for one in network.knobs}
    pairs: dict[tuple[str, str], list[Call]] = {}
    for call in network.calls:
        if call.service.protocol is Protocol.GRPC and call.client.settable_keepalive:
            pairs.setdefault((call.client.name, call.service.name), []).append(call)
    derivations: dict[str, Derivation] = {}
    made = [_channel(calls, knobs, retries, derivations) for calls in pairs.values()]
    return tuple(one for one in made if _says(one)), derivations


def _says(channel: Channel) -> bool:
    told = (channel.retries, channel.timeout, channel.waits, channel.service_config)
    return bool(channel.args) or any(one is not None for one in told)


def _channel(calls: list[Call], knobs: Mapping[str, Knobs], retries: CallRetries | None,
             derivations: dict[str, Derivation]) -> Channel:  # fmt: skip
    call = calls[0]
    args = knobs[call.service.name].client_args
    config = dict(args).get(SERVICE_CONFIG)
    rest = tuple((name, value) for name, value in args if name != SERVICE_CONFIG)
    if config is not None:
        text = Fact(str(config.value), config.origins)
        return Channel(call.client, call.service, rest, None, None, None, text)
    waits = next((one.waits for one in calls if one.waits is not None and one.waits.value), None)
    end = _longest(calls)
    policy = _policy(calls, end, retries, derivations) if retries and _retries(calls) else None
    timeout = None if end is None else _timeout(call, end, derivations)
    return Channel(call.client, call.service, rest, policy, timeout, waits, None)


def _longest(calls: list[Call]) -> Fact[int] | None:
    """A config's timeout is for every method, so all calls have to have an end."""
    ends = [call.deadline for call in calls]
    known = [end for end in ends if end is not None and end.value > 0]
    return max(known, key=lambda fact: fact.value) if len(known) == len(ends) else None


def _timeout(call: Call, end: Fact[int], derivations: dict[str, Derivation]) -> Fact[int]:
    """What a config has to say for no call to end before its deadline: more, where the runtime counts it too short."""
    early = RUNTIMES[call.client.runtime.value].early
    if not early:
        return end
    own = f"channel/{call.client.name}/{call.service.name}"
    title = f"when the service config ends a call of {call.client.name} to {call.service.name}"
    told = free(f"{own}/timeout", "ms", title, prefer=Prefer.SMALLEST)
    longest = stated(f"{own}/deadline", "ms", end, f"calls end after {show_duration(end.value)}")
    bound = Constraint(
        "timeout-not-too-soon", (of(told.id),), (of(longest.id), constant(early)),
        f"C-core ends calls up to {show_duration(early)} sooner than it is told (grpc/grpc#34547)", origins=_EARLY.origins,
    )  # fmt: skip
    found = solve(System((told, longest), (bound,))).derivations
    derivations |= found
    return found[told.id].fact


def _retries(calls: list[Call]) -> bool:
    """Whether the caller itself may try again: no proxy does, and running a call twice does no harm."""
    proxied = any(call.client.sidecar or _by_gateway(call) for call in calls)
    return not proxied and all(call.idempotent.value for call in calls)


def _by_gateway(call: Call) -> bool:
    known = (hop.acceptor for hop in call.hops if hop.acceptor is not None)
    return any(gateway.retries.value > 0 for gateway in known)


def _policy(calls: list[Call], timeout: Fact[int] | None, retries: CallRetries,
            derivations: dict[str, Derivation]) -> ChannelRetries | None:  # fmt: skip
    call = calls[0]
    own, to = (
        f"channel/{call.client.name}/{call.service.name}",
        f"{call.client.name} tries {call.service.name}",
    )
    found = solve(_attempts(own, to, retries) + _waits(own, to, timeout, retries)).derivations
    attempts = found[f"{own}/attempts"]
    if attempts.value < 2:  # noqa: PLR2004 - a policy of one try is none, and C-core refuses it
        return None
    derivations |= found
    initial = found[f"{own}/first-wait"].fact
    tries = join(attempts.value, attempts.fact, *(one.idempotent for one in calls))
    return ChannelRetries(tries, initial, found[f"{own}/longest-wait"].fact, _MAX_TOKENS, _TOKENS)


def _attempts(own: str, to: str, retries: CallRetries) -> System:
    asked = stated(
        "retries.calls.attempts", "attempts", retries.attempts,
        f"a call is tried {retries.attempts.value} times",
    )  # fmt: skip
    tries = free(f"{own}/attempts", "attempts", f"how often {to}, the first time included")
    return System(
        (tries, asked, _MOST_TRIES),
        (
            Constraint("attempts-as-stated", (of(asked.id),), (of(tries.id),), asked.demand),
            Constraint("attempts-within-grpc", (of(_MOST_TRIES.id),), (of(tries.id),), _MOST_TRIES.demand, "MSH021"),
        ),
    )  # fmt: skip


def _waits(own: str, to: str, timeout: Fact[int] | None, retries: CallRetries) -> System:
    """The waits double up to ten times the first; together they take no more than half of the deadline."""
    first = free(
        f"{own}/first-wait", "ms", f"how long it takes at first until {to} again", prefer=Prefer.SMALLEST
    )
    asked = stated(
        "retries.calls.initial", "ms", retries.initial_ms,
        f"the first wait is {show_duration(retries.initial_ms.value)}", least=0,
    )  # fmt: skip
    longest = free(
        f"{own}/longest-wait", "ms", f"how long it takes at most until {to} again", least=LEAST_BACKOFF_MS
    )
    constraints = [
        Constraint("wait-as-stated", (of(first.id),), (of(asked.id),), asked.demand),
        Constraint("wait-not-rounded-away", (of(first.id),), (constant(LEAST_BACKOFF_MS),),
                   f"after a wait of less than {LEAST_BACKOFF_MS}ms C-core may never try again (grpc/grpc#41036)", "MSH021",
                   origins=_ROUNDED.origins),
        Constraint("wait-within-cap", (of(asked.id, times=_CAP),), (of(longest.id),),
                   f"{_CAP} times the first wait, as proxies do it", soft=True),
    ]  # fmt: skip
    quantities = [first, asked, longest]
    if timeout is not None:
        end = stated(f"{own}/deadline", "ms", timeout, f"calls end after {show_duration(timeout.value)}")
        quantities.append(end)
        times = 2 * _JITTER[0] * max(1, min(retries.attempts.value, _MOST.value) - 1)
        constraints.append(
            Constraint("waits-within-half-of-deadline", (of(end.id, times=_JITTER[1]),), (of(longest.id, times=times),),
                       f"all waits, a fifth longer by jitter, take at most half of it: {end.demand}", soft=True)
        )  # fmt: skip
    return System(tuple(quantities), tuple(constraints))
