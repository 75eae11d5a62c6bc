"""A route's timeout is shorter than a stream of the service may last.

A VirtualService's timeout runs from the end of the request to the end of the response, so a stream from the server is
cut in the middle; with a request that streams too it only starts when the caller is done (a warning).

Not judged: requests that do not stream (their callers' deadline is another matter); streams of unknown length;
timeouts in hand-written manifests without a spec beside them, where nobody says what streams.

Breaks: the stream ends with 504, which gRPC callers take for UNAVAILABLE and retry.
Bad:
    network:
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: trainers, to: features, stream: server, deadline: 2h, idempotent: true}]
      overrides: {features: {routeTimeout: 60s}}
Good:
    network:
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: go}
      calls: [{from: trainers, to: features, stream: server, deadline: 2h, idempotent: true}]
      overrides: {features: {routeTimeout: 0s}}
Source: istio/istio pilot/pkg/networking/core/route/route.go; envoy api/envoy/config/route/v3/route_components.proto (timeout)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy, pools, way
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.core.units import show_duration
from backstay.model.network import Call

RULE = rule(__doc__, "MSH016", "stream-cut-by-route-timeout")

_FROM_SERVER = frozenset({"server", "both"})


@dataclass(frozen=True, slots=True)
class Timeout:
    """A timeout of the routes to a host, and where it stands."""

    host: str
    ms: float
    place: Place
    item: Item | None
    route: Route


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every timeout against the streams to its host; a pin only where no VirtualService has it already."""
    written = list(_in_objects(ctx))
    hosts = {timeout.host for timeout in written}
    for timeout in (*written, *(pin for pin in _stated(ctx) if pin.host not in hosts)):
        for call in way.calls(ctx):
            length = call.deadline or call.silence
            streams = call.stream in _FROM_SERVER and call.service.host.value == timeout.host
            if streams and length is not None and 0 < timeout.ms < length.value:
                yield _report(call, timeout, length.value)


def _stated(ctx: Context) -> Iterator[Timeout]:
    for knobs in way.knobs(ctx):
        if knobs.route_timeout is not None:
            place = look.stated(knobs.route_timeout, knobs.service.place)
            yield Timeout(knobs.service.host.value, knobs.route_timeout.value, place, None, ())


def _in_objects(ctx: Context) -> Iterator[Timeout]:
    for item in ctx.of_kind("VirtualService"):
        for http, route in look.entries(look.at(item.value, "spec", "http"), ("spec", "http")):
            ms = envoy.milliseconds(http.get("timeout"))
            place = item.place_of((*route, "timeout"))
            if ms is not None:
                for host in _hosts(http):
                    full = pools.full_host(host, item.ref.namespace)
                    yield Timeout(full, ms, place, item, (*route, "timeout"))


def _hosts(http: Mapping[str, object]) -> list[str]:
    destinations = [look.at(to, "destination", "host") for to, _ in look.entries(http.get("route"))]
    return sorted({host for host in destinations if isinstance(host, str)})


def _report(call: Call, timeout: Timeout, length: int) -> Diagnostic:
    last = "last" if call.deadline else "be silent for"
    starts = "" if call.stream == "server" else " once the caller has ended its own side"
    return RULE.report(
        f"the route's timeout of {show_duration(int(timeout.ms))} cuts streams of {call.service.name} that may {last} "
        f"{show_duration(length)}{starts}",
        at=timeout.place, help=f"write 0s (none), or more than {show_duration(length)}",
        object=timeout.item.ref if timeout.item else None, field=timeout.route if timeout.item else None,
        severity=None if call.stream == "server" else Severity.WARNING,
    )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"calls", "knobs", "VirtualService"}), run=check)
