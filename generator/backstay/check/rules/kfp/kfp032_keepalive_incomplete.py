"""The metadata store is told to ping, but idle connections are not pinged, or the pings end at its sidecar.

A C-core server pings connections without calls only with keepalive_permit_without_calls=1, and stops after two
pings without data unless max_pings_without_data=0 (which C-core read on servers before 1.46, as early releases of ML Metadata do).
Pings are hop by hop: with a sidecar in front they never leave the pod.

Not judged: in objects, whether there is a sidecar.

Breaks: a firewall forgets the connection of a long, silent step, which then fails with "connection reset by peer".
Bad:
    platform: {istio: null}
    network:
      overrides:
        metadata:
          serverArguments: {grpc.keepalive_time_ms: 60000, grpc.http2.max_pings_without_data: 1}
Good:
    platform: {istio: null}
    network:
      overrides:
        metadata:
          serverArguments: {grpc.keepalive_time_ms: 60000, grpc.http2.max_pings_without_data: 0}
Source: grpc/grpc doc/keepalive.md, envoyproxy/envoy#2086 and #33289, kubeflow/pipelines#11660
"""

from collections.abc import Iterator, Mapping

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import metadata
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.model.network import Knobs
from backstay.upstream.grpc import KEEPALIVE_TIME, MAX_PINGS_WITHOUT_DATA, PERMIT_WITHOUT_CALLS

RULE = rule(__doc__, "KFP032", "keepalive-incomplete")

_PRESET = "kfp-metadata-grpc"
_NEEDED = {PERMIT_WITHOUT_CALLS: 1, MAX_PINGS_WITHOUT_DATA: 0}
_NEVER = 2**31 - 1  # grpc.keepalive_time_ms of INT_MAX turns pings off


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the model's arguments for the metadata store; else those of its Deployment."""
    found = list(_in_spec(ctx))
    yield from found or _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    for knobs in ctx.cluster.network.knobs if ctx.cluster else ():
        known = dict(knobs.server_args)
        numbers = {key: fact.value for key, fact in known.items() if isinstance(fact.value, int)}
        if knobs.service.preset == _PRESET and _asked(numbers):
            yield from _judge(knobs, numbers)


def _judge(knobs: Knobs, numbers: Mapping[str, int]) -> Iterator[Diagnostic]:
    place = look.stated(dict(knobs.server_args)[KEEPALIVE_TIME], knobs.service.place)
    lacking = _lacking(numbers)
    if lacking:
        yield RULE.report(_words(lacking), at=place, help=_help(lacking))
    if knobs.service.sidecar:
        yield RULE.report(
            "the server's pings end at its own sidecar, so they keep nothing alive between it and its callers",
            at=place, help="leave the arguments out; the sidecar's connection manager has to ping", severity=Severity.WARNING,
        )  # fmt: skip


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    for server in metadata.servers(ctx):
        numbers = {
            argument.key: argument.number for argument in server.channel if argument.number is not None
        }
        lacking = _lacking(numbers) if _asked(numbers) else []
        if lacking:
            routes = {argument.key: argument.route for argument in server.channel}
            yield ctx.report(RULE, server.item, routes[KEEPALIVE_TIME], _words(lacking), _help(lacking))


def _asked(numbers: Mapping[str, int]) -> bool:
    return 0 < numbers.get(KEEPALIVE_TIME, _NEVER) < _NEVER


def _lacking(numbers: Mapping[str, int]) -> list[str]:
    return [f"{key}={value}" for key, value in _NEEDED.items() if numbers.get(key) != value]


def _words(lacking: list[str]) -> str:
    return (
        f"the server is told to ping, but without {' and '.join(lacking)} idle connections are not kept alive"
    )


def _help(lacking: list[str]) -> str:
    return f"add {' and '.join(lacking)} to the channel arguments"


CHECK = Check(RULE, reads=frozenset({"Deployment", "knobs"}), run=check)
