"""A C-core client's pings stop, or come once a minute, while no data flows.

After `grpc.http2.max_pings_without_data` pings (2 by default) without data a client sends no more: older releases none
at all, newer ones one a minute. Only 0 lifts that. A warning where the box on the way waits longer than a minute: then
it depends on the callers' release.

Not judged: callers whose runtime is not C-core; boxes that somebody else refreshes in time.

Breaks: the first minutes of silence are survived, longer ones are not.
Bad:
    platform: {istio: null}
    network:
      boxes: {fw: {idle: 60s}}
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          runtime: go
          minPingInterval: 10s
      calls: [{from: trainers, to: features, via: [fw], silentFor: 1h, stream: server}]
      overrides: {features: {clientArguments: {grpc.http2.max_pings_without_data: 3}}}
Good:
    platform: {istio: null}
    network:
      boxes: {fw: {idle: 60s}}
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          runtime: go
          minPingInterval: 10s
      calls: [{from: trainers, to: features, via: [fw], silentFor: 1h, stream: server}]
Source: grpc/grpc#25722, grpc/grpc#36374, grpc proposal L116
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.check.rules.msh.way import Danger
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, Fix, unsafe
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.model.hop import End, Side
from backstay.model.network import Runtime
from backstay.upstream.grpc import MAX_PINGS_WITHOUT_DATA

RULE = rule(__doc__, "MSH012", "client-pings-run-dry")

_THROTTLED_MS = 60_000
_DEFAULT = 2


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every impatient box that a C-core client alone keeps open."""
    for danger in way.dangers(ctx):
        args = way.knobs_for(ctx, danger.call).client_args
        limit = way.number(args, MAX_PINGS_WITHOUT_DATA)
        if _depends_on_client(danger) and (limit is None or limit.value != 0):
            asked = limit or danger.keepers[0].interval
            yield _report(danger, limit.value if limit else _DEFAULT, way.pinned(asked))


def _depends_on_client(danger: Danger) -> bool:
    core = danger.call.client.runtime is Runtime.CORE and danger.hop.sender_end is End.APP
    return core and {pinger.side for pinger in danger.keepers} == {Side.SENDER}


def _report(danger: Danger, limit: int, pin: Place | None) -> Diagnostic:
    return RULE.report(
        f"after {limit} pings without data {danger.call.client.name} sends none, or one a minute; {danger.words}",
        at=pin or danger.place,
        related=danger.related,
        help=f"write `{MAX_PINGS_WITHOUT_DATA}: 0`",
        fix=_stop_counting(pin.route) if pin else None,
        severity=None if danger.box.idle.value <= _THROTTLED_MS else Severity.WARNING,
    )


def _stop_counting(pin: Route) -> Fix:
    """The limit taken away, beside the argument of the callers that the spec pins."""
    return unsafe("write 0", Edit((*pin[:-1], MAX_PINGS_WITHOUT_DATA), 0))


CHECK = Check(RULE, reads=frozenset({"calls", "knobs"}), run=check)
