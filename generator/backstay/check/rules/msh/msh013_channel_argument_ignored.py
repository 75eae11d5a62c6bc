"""A gRPC channel argument that does nothing: a name that no gRPC knows, or one that this side does not read.

C-core ignores names that it does not know without a word. The macro GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS
has the string `grpc.http2.min_ping_interval_without_data_ms`: with `recv` in it, it is one of those. An argument that only
the other side reads, or that has no effect any more, is a warning.

Not judged: `max_pings_without_data` on the Pipelines metadata store, which older releases of it do read (see
docs/decisions), texts without `=` (KFP030).

Breaks: the server keeps its default ping policy, and ends connections over pings that it was told to tolerate.
Bad:
    network:
      overrides: {metadata: {serverArguments: {grpc.keepalive_time: 60000}}}
Good:
    network:
      overrides: {metadata: {serverArguments: {grpc.http2.max_pings_without_data: 0}}}
Source: grpc/grpc include/grpc/impl/channel_arg_names.h, grpc/grpc#29053
"""

import difflib
from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import channel
from backstay.check.rules.msh.channel import Argument
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.model.hop import Side
from backstay.upstream.grpc import CHANNEL_ARGS, CLIENT_ONLY, DEPRECATED, SERVER_ONLY

RULE = rule(__doc__, "MSH013", "channel-argument-ignored")

_METADATA_STORE = "kfp-metadata-grpc"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the name of every channel argument, then whether its side reads it."""
    for argument in channel.arguments(ctx):
        if argument.key and argument.key not in CHANNEL_ARGS:
            yield argument.report(
                RULE,
                f"gRPC does not know `{argument.key}` and ignores it",
                _help(argument.key),
                Severity.ERROR,
            )
        elif argument.key in DEPRECATED:
            yield argument.report(
                RULE, f"`{argument.key}` has no effect any more", f"remove `{argument.key}`", Severity.WARNING
            )
        elif _wrong_side(argument):
            yield _for_the_others(argument)


def _help(key: str) -> str:
    near = difflib.get_close_matches(key, sorted(CHANNEL_ARGS), n=1, cutoff=0.7)
    return f"write `{near[0]}`" if near else f"remove `{key}`"


def _wrong_side(argument: Argument) -> bool:
    if argument.side is Side.SENDER:
        return argument.key in SERVER_ONLY
    preset = argument.service.preset if argument.service else _METADATA_STORE
    return argument.key in CLIENT_ONLY and preset != _METADATA_STORE


def _for_the_others(argument: Argument) -> Diagnostic:
    mine, other = ("callers", "servers") if argument.side is Side.SENDER else ("servers", "callers")
    message = f"only {other} read `{argument.key}`; on {mine} it does nothing"
    return argument.report(RULE, message, f"remove it here, or set it on the {other}", Severity.WARNING)


CHECK = Check(RULE, reads=channel.KINDS | {"knobs"}, run=check)
