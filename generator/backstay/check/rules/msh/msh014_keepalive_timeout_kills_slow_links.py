"""A gRPC keepalive timeout below 10s on a connection over the network.

gRPC also sets the timeout as TCP_USER_TIMEOUT: data that is not acknowledged for so long ends the connection, whether
or not a ping is due.

Not judged: ends whose only peer is their own sidecar, on loopback; hand-written manifests, where that is not known.

Breaks: a few seconds of packet loss end every stream, and all callers reconnect at once.
Bad:
    platform: {istio: null}
    network:
      overrides:
        metadata:
          serverArguments: {grpc.keepalive_time_ms: 60000, grpc.keepalive_timeout_ms: 2000}
Good:
    platform: {istio: null}
    network:
      overrides:
        metadata:
          serverArguments: {grpc.keepalive_time_ms: 60000, grpc.keepalive_timeout_ms: 20000}
Source: grpc proposal A18 (TCP_USER_TIMEOUT)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fact import Fact
from backstay.core.fix import Edit, unsafe
from backstay.core.units import show_duration
from backstay.model.network import Knobs
from backstay.upstream.grpc import KEEPALIVE_TIME, KEEPALIVE_TIMEOUT

RULE = rule(__doc__, "MSH014", "keepalive-timeout-kills-slow-links", Severity.WARNING)

_DEFAULT_MS = 20_000


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge both sides' timeouts where their connections leave the pod."""
    for knobs in way.knobs(ctx):
        calls = [call for call in way.calls(ctx) if call.service.name == knobs.service.name]
        if not knobs.service.sidecar:
            yield from _judge(ctx, knobs, knobs.server_args, knobs.service.name)
        direct = sorted(
            {call.client.name for call in calls if not call.client.sidecar and call.client.settable_keepalive}
        )
        if direct:
            yield from _judge(ctx, knobs, knobs.client_args, " and ".join(direct))


def _judge(
    ctx: Context, knobs: Knobs, args: tuple[tuple[str, Fact[int | str]], ...], who: str
) -> Iterator[Diagnostic]:
    timeout = way.number(args, KEEPALIVE_TIMEOUT)
    if (
        timeout is not None
        and timeout.value < ctx.parameter(RULE, "leastTimeout")
        and way.number(args, KEEPALIVE_TIME) is not None
    ):
        yield RULE.report(
            f"a keepalive timeout of {show_duration(timeout.value)} is also TCP_USER_TIMEOUT: {who} drops connections after "
            "so little packet loss",
            at=look.stated(timeout, knobs.service.place), help=f"write `{KEEPALIVE_TIMEOUT}: {_DEFAULT_MS}`",
            fix=unsafe(f"write {_DEFAULT_MS}", Edit(stated.route, _DEFAULT_MS)) if (stated := look.stated(timeout)).route else None,
        )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"calls", "knobs"}), run=check)
