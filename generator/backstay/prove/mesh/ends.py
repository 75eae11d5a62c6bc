"""What ends a call, as the spec and the compiler mean it; whether the emitted objects do so is for trials to say. Milliseconds.

A route's timeout runs from the end of the request (envoy route_components.proto), so a stream of the caller's that goes on
never meets it. A service config's timeout is the most that a call's own deadline may be, or the deadline itself
(grpc/grpc-proto grpc/service_config/service_config.proto).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from backstay.core.fact import Fact
from backstay.core.units import read_duration, show_duration
from backstay.model.callers import Channel
from backstay.model.network import Call, CallRoute
from backstay.prove.istiod.shape import structs, text
from backstay.prove.mesh.setting import Setting
from backstay.upstream import grpc

IN_TIME_PERCENT = 90
"""What takes so much of the time that it may take is answered in time; the rest is the machine's."""
MARGIN_MS = 300
"""The least that has to be left, in real time."""


@dataclass(frozen=True, slots=True)
class Longest:
    """The longest that an answer may take, and what says so."""

    value: int
    words: str


def deadline(call: Call) -> Fact[int] | None:
    """When the caller gives up; None when it does not, or when nobody says."""
    stated = call.deadline if call.service.protocol.is_http else None
    return stated if stated is not None and stated.value > 0 else None


def tries(setting: Setting) -> Iterator[int]:
    """What a single try may take by its route, where there is such a limit."""
    yield from (route.per_try.value for route in _routes(setting) if route.per_try is not None)


def longest(setting: Setting) -> Longest:
    """The longest that an answer may take: a request is silent for as long as it takes, a stream is not."""
    call = setting.call
    within = deadline(call)
    assert within is not None  # noqa: S101 - asked of calls with a deadline
    found = [Longest(within.value, "its deadline")]
    found += [Longest(each, "all that one try gets") for each in tries(setting)]
    if call.stream == "none" and call.silence is not None:
        found.append(Longest(call.silence.value, "the longest silence"))
    return min(found, key=lambda each: each.value)


def in_time(milliseconds: int, scale: int) -> int:
    """How long something takes that is over in time, and late for anything shorter; negative where there is no such time."""
    return min(milliseconds * IN_TIME_PERCENT // 100, milliseconds - MARGIN_MS * scale)


def longest_pause(setting: Setting, longest: int) -> int:
    """For how long nobody speaks while an answer takes `longest`: a stream is silent for half of what it may be."""
    silence = setting.call.silence
    return longest if setting.call.stream == "none" or silence is None else min(longest, silence.value // 2)


def unended(setting: Setting) -> str | None:
    """Why nobody is meant to end an unanswered call at its deadline; None where somebody is."""
    within, ends = deadline(setting.call), min(_ends(setting), default=None)
    client, service = setting.call.client.name, setting.call.service.name
    if ends is None:
        return f"nothing that is emitted ends it: only the program of {client} knows its deadline"
    if within is not None and ends > within.value:
        return (
            f"what is emitted ends a call to {service} after {show_duration(ends)}, as others may take so long: only "
            f"the program of {client} knows this deadline"
        )
    return None


def lateness(setting: Setting) -> int:
    """How much later than meant the end may come: where a service config alone says so, its runtime decides."""
    runtime = setting.call.client.runtime.value
    return 0 if any(_ends_by_route(setting)) else grpc.RUNTIMES[runtime].early


def _ends(setting: Setting) -> Iterator[int]:
    call = setting.call
    yield from _ends_by_route(setting)
    for channel in setting.emitted.cluster.callers.channels:
        if (channel.client.name, channel.service.name) == (call.client.name, call.service.name):
            yield from _timeouts(channel)


def _ends_by_route(setting: Setting) -> Iterator[int]:
    known = (route.timeout for route in _routes(setting) if setting.call.stream not in {"client", "both"})
    yield from (timeout.value for timeout in known if timeout is not None and timeout.value > 0)


def _routes(setting: Setting) -> Iterator[CallRoute]:
    call = setting.call
    for route in setting.emitted.cluster.network.routes if call.routed_by_sidecar else ():
        if route.host.value == call.service.host.value:
            yield route


def _timeouts(channel: Channel) -> Iterator[int]:
    """Of a channel's configuration; in a text of the spec's own, those for every method."""
    if channel.timeout is not None:
        yield channel.timeout.value - grpc.RUNTIMES[channel.client.runtime.value].early
    elif channel.service_config is not None:
        for method in structs(_parsed(channel.service_config.value), "method_config"):
            found = read_duration(text(method, "timeout"))
            if found and {} in structs(method, "name"):
                yield found


def _parsed(words: str) -> object:
    try:
        return json.loads(words)
    except ValueError:
        return None
