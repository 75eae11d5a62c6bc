"""How long Knative's revisions give a request: as long as its callers do.

Sources: knative/serving pkg/apis/serving/v1/{revision_types,revision_validation,revision_defaults}.go,
pkg/apis/config/defaults.go: a revision with more than max-revision-timeout-seconds is refused, and one that leaves
responseStartTimeoutSeconds out gets the default of 300s where its timeoutSeconds are more.
"""

from collections.abc import Iterator

from backstay.core.fact import Fact, from_preset
from backstay.core.units import show_duration
from backstay.model.callers import RevisionTimes
from backstay.model.network import Call, Network, Service
from backstay.resolve.solve.solution import Solution, solve
from backstay.resolve.solve.terms import Constraint, Prefer, Quantity, System, free, of, stated

_SECOND = 1_000
_USUAL = stated(
    "knative/usual-timeout", "ms",
    from_preset(300_000, "knative revision-timeout-seconds", "what revisions have where nothing is said"),
    "revisions have 5m anyway", movable=False,
)  # fmt: skip


def revision_times(network: Network) -> tuple[tuple[RevisionTimes, ...], Solution]:
    """The times of every Knative Service whose calls all have an end, and how they were found."""
    timed = {service.name: calls for service, calls in _timed(network)}
    system = System()
    for service, calls in _timed(network):
        system += _system(service, calls)
    found = solve(system)
    return tuple(_times(calls[0].service, found) for calls in timed.values()), found


def _timed(network: Network) -> Iterator[tuple[Service, list[Call]]]:
    for service in network.services:
        calls = list(network.calls_to(service.name))
        if service.knative is not None and calls and all(call.deadline is not None for call in calls):
            yield service, calls


def _id(service: Service, name: str) -> str:
    return f"revision/{service.name}/{name}"


def _times(service: Service, found: Solution) -> RevisionTimes:
    known = found.derivations.get(_id(service, "silence"))
    whole, first = (_whole_seconds(found.fact(_id(service, name))) for name in ("whole", "first-byte"))
    return RevisionTimes(service, whole, first, None if known is None else _whole_seconds(known.fact))


def _whole_seconds(fact: Fact[int]) -> Fact[int]:
    """What Knative can be told: a part of a second counts as one."""
    return fact.to(lambda ms: -(-ms // _SECOND) * _SECOND)


def _system(service: Service, calls: list[Call]) -> System:
    title = "how long a revision of {} gives {}"
    whole = _least(_id(service, "whole"), title.format(service.name, "a request"))
    first = _least(
        _id(service, "first-byte"), title.format(service.name, "a request until its answer begins")
    )
    quantities: list[Quantity] = [whole, first, _USUAL]
    usual = Constraint(
        "revision-no-less-than-usual", (of(whole.id),), (of(_USUAL.id),), _USUAL.demand, soft=True
    )
    constraints = [usual, *_not_more(service, whole, quantities)]
    for call in calls:
        end, silence = _end(call), _silence(call)
        quantities += [end, silence]
        constraints.append(
            Constraint("revision-outlasts-callers", (of(whole.id),), (of(end.id),), end.demand, "MSH041")
        )
        constraints.append(
            Constraint("revision-waits-for-first-byte", (of(first.id),), (of(silence.id),), silence.demand)
        )
    constraints.append(
        Constraint(
            "first-byte-within-whole", (of(whole.id),), (of(first.id),), "an answer begins before it ends"
        )
    )
    return System(tuple(quantities), tuple(constraints)) + _idle(service, calls, whole)


def _least(id_: str, title: str) -> Quantity:
    return free(id_, "ms", title, prefer=Prefer.SMALLEST, least=_SECOND)


def _not_more(service: Service, whole: Quantity, quantities: list[Quantity]) -> Iterator[Constraint]:
    if service.knative_max is not None:
        words = f"Knative refuses revisions of {service.name} with more than {show_duration(service.knative_max.value)}"
        most = stated(f"network.services.{service.name}.knative.maxTimeout", "ms", service.knative_max, words)
        quantities.append(most)
        yield Constraint("revision-within-maximum", (of(most.id),), (of(whole.id),), words, "MSH041")


def _idle(service: Service, calls: list[Call], whole: Quantity) -> System:
    """Between two bytes; only where every call says how silent it may be."""
    if any(call.silence is None for call in calls):
        return System()
    silent = _least(
        _id(service, "silence"), f"how long a revision of {service.name} lets an answer be silent"
    )
    quiet = [_silence(call) for call in calls]
    constraints = [
        Constraint("revision-outlasts-silence", (of(silent.id),), (of(one.id),), one.demand) for one in quiet
    ]
    within = Constraint(
        "silence-within-whole", (of(whole.id),), (of(silent.id),), "no silence is longer than the whole"
    )
    return System((silent, *quiet, whole), (*constraints, within))


def _end(call: Call) -> Quantity:
    assert call.deadline is not None  # noqa: S101 - `_timed` asks first
    words = f"{call.client.name} waits for {show_duration(call.deadline.value)}"
    return stated(f"network.calls[{call.index}].deadline", "ms", call.deadline, words)


def _silence(call: Call) -> Quantity:
    """The longest time without a byte of an answer: a stream's silence, else all of the call."""
    quiet, end = call.silence, call.deadline
    if call.stream == "none" or quiet is None or end is None or quiet.value >= end.value:
        return _end(call)
    words = f"{call.client.name}'s stream may be silent for {show_duration(quiet.value)}"
    return stated(f"network.calls[{call.index}].silentFor", "ms", quiet, words)
