"""A proxy's stream_idle_timeout is shorter than a request may be silent.

PINGs do not reset it: only headers and data of the stream itself do. Sidecars and gateways of Istio turn it off, an
EDGE gateway sets 5m.

Not judged: silence between requests; timers that nobody states.

Breaks: the proxy resets the stream in mid-silence; callers see INTERNAL.
Bad:
    platform: {istio: {version: "1.31"}}
    network:
      gateways: {edge: {labels: {istio: ingressgateway}, profile: edge}}
      calls: [{from: partners, to: metadata, via: [edge], stream: server, silentFor: 20m}]
      overrides: {edge: {streamIdleTimeout: 20m}}
Good:
    platform: {istio: {version: "1.31"}}
    network:
      gateways: {edge: {labels: {istio: ingressgateway}, profile: edge}}
      calls: [{from: partners, to: metadata, via: [edge], stream: server, silentFor: 20m}]
Source: envoy api/envoy/extensions/filters/network/http_connection_manager/v3 (stream_idle_timeout), istio/api mesh/v1alpha1/proxy.proto (connectionSettings profile EDGE)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.place import Place
from backstay.core.units import show_duration
from backstay.model.hop import Clock

RULE = rule(__doc__, "MSH015", "silent-stream-timed-out")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every timer on the way of every call that is silent while a request is open."""
    pins = {knobs.service.name: knobs.stream_idle for knobs in way.knobs(ctx)}
    for call in way.calls(ctx):
        quiet, silence = call.silence_in_request, call.silence
        if quiet is None or silence is None or not call.service.protocol.is_http:
            continue
        timers = [(f"box `{box.name}`", box.stream_idle, box.place) for hop in call.hops for box in hop.boxes]
        timers += [
            (hop.receiver, timer.limit, timer.place)
            for hop in call.hops
            for timer in hop.timers
            if timer.clock is Clock.STREAM_IDLE
        ]
        timers.append(("a proxy", pins[call.service.name], call.place))
        for who, timer, place in timers:
            if timer is not None and 0 < timer.value <= quiet:
                at = way.pinned(timer) or look.stated(silence, call.place)
                yield _report(who, timer.value, quiet, at, (Related(place, who),))


def _report(who: str, timer: int, quiet: int, at: Place, related: tuple[Related, ...]) -> Diagnostic:
    longer = show_duration(quiet)
    return RULE.report(
        f"{who} resets a stream that is silent for {show_duration(timer)}, and this call's may be for {longer}; "
        "PINGs do not count",
        at=at,
        related=related,
        help=f"set the stream idle timeout to 0s there, or above {longer}; or send data sooner (`heartbeat`)",
    )


CHECK = Check(RULE, reads=frozenset({"calls", "knobs"}), run=check)
