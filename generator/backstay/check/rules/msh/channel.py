"""gRPC channel arguments, of the model's services or of programs that manifests start with `--grpc_channel_arguments`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.msh import way
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fact import Fact
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.core.rule import Rule
from backstay.model.hop import Side
from backstay.model.network import Knobs, Service

_FLAG = "grpc_channel_arguments"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
KINDS = frozenset(_WORKLOADS)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: whose channel it is for, and how to report it. `service` None: of a hand-written manifest."""

    key: str
    side: Side
    service: Service | None
    report: Callable[[Rule, str, str, Severity], Diagnostic]


def arguments(ctx: Context) -> Iterator[Argument]:
    """The model's arguments; where there is no model, those in manifests."""
    if ctx.cluster is None:
        yield from _in_manifests(ctx)
    for knobs in way.knobs(ctx):
        yield from _of(knobs, Side.RECEIVER, knobs.server_args)
        yield from _of(knobs, Side.SENDER, knobs.client_args)


def _of(knobs: Knobs, side: Side, args: tuple[tuple[str, Fact[int | str]], ...]) -> Iterator[Argument]:
    for key, fact in args:
        yield Argument(key, side, knobs.service, _in_spec(look.stated(fact, knobs.service.place)))


def _in_spec(at: Place) -> Callable[[Rule, str, str, Severity], Diagnostic]:
    return lambda rule, message, help_, severity: rule.report(message, at=at, help=help_, severity=severity)


def _in_manifests(ctx: Context) -> Iterator[Argument]:
    for item in ctx.of_kind(*_WORKLOADS):
        for container in look.containers(item):
            for word, route in look.args(container):
                name, _, value = word.lstrip("-").partition("=")
                for piece in value.split(",") if word.startswith("-") and name == _FLAG else ():
                    key = piece.partition("=")[0]
                    yield Argument(key, Side.RECEIVER, None, _in_object(ctx, item, route))


def _in_object(ctx: Context, item: Item, route: Route) -> Callable[[Rule, str, str, Severity], Diagnostic]:
    return lambda rule, message, help_, severity: ctx.report(rule, item, route, message, help_, severity)
