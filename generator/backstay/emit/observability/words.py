"""What an alert or a dashboard says about a call: the spec's intent in a sentence."""

from collections.abc import Iterable, Iterator

from backstay.core.fact import Fact, from_route, join
from backstay.core.units import show_duration
from backstay.model.network import Call


def intent(calls: Iterable[Call]) -> Fact[str]:
    """The calls as the spec means them, a sentence each."""
    told = [_sentence(call) for call in calls]
    return join(" ".join(one.value for one in told), *told)


def places(calls: Iterable[Call]) -> str:
    """Where in the spec the calls stand."""
    return ", ".join(call.place.path for call in calls)


def callers(calls: Iterable[Call]) -> str:
    """Who calls what: `pipeline-steps to metadata`."""
    return ", ".join(dict.fromkeys(f"{call.client.name} to {call.service.name}" for call in calls))


def _sentence(call: Call) -> Fact[str]:
    parts = list(_parts(call))
    port = call.service.port
    start = f"{call.client.name} calls {call.service.name} on port {port.value}"
    return join(f"{', '.join((start, *(part.value for part in parts)))}.", port, *parts)


def _parts(call: Call) -> Iterator[Fact[str]]:
    boxes = {box.name: box.idle for hop in call.crossings for box in hop.boxes}
    for index, (name, idle) in enumerate(boxes.items()):
        passed = from_route(name, (*call.place.route, "via", index))
        yield join(f"through {name}, which forgets after {show_duration(idle.value)}", passed, idle)
    if call.silence is not None:
        yield call.silence.to(lambda ms: f"silent for up to {show_duration(ms)}")
    if call.detect is not None:
        yield call.detect.to(lambda ms: f"a dead peer to be noticed within {show_duration(ms)}")
