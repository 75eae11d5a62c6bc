"""A C-core client's pings stop, or come once a minute, while no data flows.

After `grpc.http2.max_pings_without_data` pings (2 by default) without data a client sends no more: older releases none
at all, newer ones one a minute. Only 0 lifts that. A warning where the box on the way waits longer than a minute: then
it depends on the callers' release.

Not judged: callers whose runtime is not C-core; boxes that somebody else refreshes in time.

Breaks: the first minutes of silence are survived, longer ones are not.
Bad:
    overrides: {features: {clientArguments: {grpc.keepalive_time_ms: 20000, grpc.http2.max_pings_without_data: 2}}}
Good:
    overrides: {features: {clientArguments: {grpc.keepalive_time_ms: 20000, grpc.http2.max_pings_without_data: 0}}}
Source: grpc/grpc#25722, grpc/grpc#36374, grpc proposal L116
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.check.rules.msh.way import Danger
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fact import Fact
from backstay.model.hop import End, Refresh, Side
from backstay.model.network import Knobs, Runtime
from backstay.upstream.grpc import KEEPALIVE_TIME, MAX_PINGS_WITHOUT_DATA

RULE = rule(__doc__, "MSH012", "client-pings-run-dry")

_THROTTLED_MS = 60_000


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every impatient box that a C-core client alone keeps open."""
    by_service = {knobs.service.name: knobs for knobs in way.knobs(ctx)}
    for danger in way.dangers(ctx):
        knobs = by_service[danger.call.service.name]
        limit = way.number(knobs.client_args, MAX_PINGS_WITHOUT_DATA)
        if _depends_on_client(danger) and (limit is None or limit.value != 0):
            yield _report(danger, knobs, limit)


def _depends_on_client(danger: Danger) -> bool:
    hop, core = danger.hop, danger.call.client.runtime is Runtime.CORE
    pinging = [p for p in danger.pingers if p.longest_gap + danger.call.round_trip_ms < danger.box.idle.value]
    own = [p for p in pinging if p.side is Side.SENDER and p.how is Refresh.HTTP2_PING]
    return core and hop.sender_end is End.APP and bool(own) and own == pinging


def _report(danger: Danger, knobs: Knobs, limit: Fact[int] | None) -> Diagnostic:
    asked = way.number(knobs.client_args, KEEPALIVE_TIME)
    at = (limit and way.pinned(limit)) or (asked and way.pinned(asked)) or danger.place
    how_many = limit.value if limit else 2
    return RULE.report(
        f"after {how_many} pings without data {danger.call.client.name} sends none, or one a minute; {danger.words}",
        at=at, related=danger.related, help=f"write `{MAX_PINGS_WITHOUT_DATA}: 0`",
        severity=None if danger.box.idle.value <= _THROTTLED_MS else Severity.WARNING,
    )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"calls", "knobs"}), run=check)
