"""gRPC service configs: what channels retry, from the model's client arguments and from objects that carry the JSON.

A text is taken for one when it is a mapping in which `methodConfig` or `retryThrottling` occurs. Which service the one in an
object is for, nothing says.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.msh import way
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fact import Fact
from backstay.core.route import Route, show
from backstay.core.rule import Rule
from backstay.model.callers import config_map, service_config_variable
from backstay.model.network import Call, Knobs

ARGUMENT = "grpc.service_config"
MAX_ATTEMPTS = 5
STATUSES = frozenset(
    {
        "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED", "OK",
    }
)  # fmt: skip
"""The status names that C-core reads (grpc/grpc src/core/lib/channel/status_util.cc); numbers and other spellings it refuses."""

KINDS = frozenset({"ConfigMap", "Deployment", "StatefulSet", "DaemonSet"})
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_KEYS = ("methodConfig", "retryThrottling")
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,12})?")
_SECONDS = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)s")

Report = Callable[[Rule, Route, str, str, Severity | None], Diagnostic]


@dataclass(frozen=True, slots=True)
class Config:
    """A service config, how to report on a place in it, and whose it is.

    `service` is the model's service whose callers use it, empty for objects of unknown origin; `client` the one among
    them that does, empty for all; `namespace` the object's.
    """

    value: Mapping[str, object]
    report: Report
    service: str
    namespace: str
    client: str = ""

    @property
    def policies(self) -> Iterator[tuple[Mapping[str, object], Route]]:
        """Every `retryPolicy` with its way."""
        for method, route in self.methods:
            if isinstance(method.get("retryPolicy"), Mapping):
                yield look.mapping(method["retryPolicy"]), (*route, "retryPolicy")

    @property
    def methods(self) -> Iterator[tuple[Mapping[str, object], Route]]:
        """Every entry of `methodConfig` with its way."""
        return look.entries(self.value.get("methodConfig"), ("methodConfig",))

    @property
    def attempts(self) -> int:
        """The most tries of a call, the first included; 1 when nothing is retried."""
        return max((min(attempts(policy), MAX_ATTEMPTS) for policy, _ in self.policies), default=1)

    def surely_of(self, call: Call) -> bool:
        """Whether the spec says that the call's channel uses it."""
        return self.service == call.service.name and self.client in {"", call.client.name}

    def may_be_of(self, call: Call) -> bool:
        """Whether it is, or lies in a namespace of the caller's."""
        spaces = {space.value for space in call.client.namespaces}
        return self.surely_of(call) or (not self.service and self.namespace in spaces)


def attempts(policy: Mapping[str, object]) -> int:
    """`maxAttempts`; 1 when it is no number of tries."""
    found = number(policy.get("maxAttempts"))
    return int(found) if found is not None and found == int(found) else 1


def number(value: object) -> float | None:
    """A number, which C-core also reads from a text; None when it is not one."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def seconds(value: object) -> float | None:
    """A duration as protobuf JSON has it (`0.1s`), in seconds; None when it is not one."""
    found = _SECONDS.fullmatch(look.text(value) or "")
    return float(found[1]) if found else None


def configs(ctx: Context) -> tuple[Config, ...]:
    """Every service config: of the model's client arguments, of ConfigMaps, of annotations and variables of workloads."""
    return ctx.once("service configs", lambda: tuple(_configs(ctx)))


def _configs(ctx: Context) -> Iterator[Config]:
    for knobs in way.knobs(ctx):
        yield from _in_spec(ctx, knobs)
    for item in ctx.of_kind("ConfigMap"):
        for key, value in look.data(item).items():
            if not _pinned(ctx, item, key):
                yield from _in_text(ctx, item, value, ("data", key), *_owner(ctx, item, key))
    for item in ctx.of_kind(*_WORKLOADS):
        yield from _in_workload(ctx, item)


def _pinned(ctx: Context, item: Item, key: str) -> bool:
    """Whether the text is one that the spec pins: it is judged there."""
    owner = _owner(ctx, item, key)
    channels = ctx.cluster.callers.channels if ctx.cluster else ()
    return any(
        (one.service.name, one.client.name) == owner and one.service_config is not None for one in channels
    )


def _owner(ctx: Context, item: Item, key: str) -> tuple[str, str]:
    """The service and the client that a ConfigMap's key is for, where the model has it; else two empty texts."""
    for channel in ctx.cluster.callers.channels if ctx.cluster else ():
        name, variable = config_map(channel.client.name), service_config_variable(channel.service.name)
        if (item.ref.name, key) == (name, variable):
            return channel.service.name, channel.client.name
    return "", ""


def _in_spec(ctx: Context, knobs: Knobs) -> Iterator[Config]:
    fact = dict(knobs.client_args).get(ARGUMENT)
    value = _read(ctx, fact.value) if fact else None
    if fact is not None and value is not None:
        yield Config(value, _at_spec(fact), knobs.service.name, "")


def _at_spec(fact: Fact[int | str]) -> Report:
    return lambda rule, way_, message, help_, severity: rule.report(
        _within(way_, message), at=look.stated(fact), help=help_, severity=severity
    )


def _in_workload(ctx: Context, item: Item) -> Iterator[Config]:
    _, route = look.pod_spec(item)
    for start in (("metadata", "annotations"), (*route[:-1], "metadata", "annotations")):
        for key, value in look.mapping(look.at(item.value, *start)).items():
            yield from _in_text(ctx, item, value, (*start, key))
    for container in look.containers(item):
        for entry, place in look.entries(container.value.get("env"), (*container.route, "env")):
            yield from _in_text(ctx, item, entry.get("value"), (*place, "value"))


def _in_text(
    ctx: Context, item: Item, text: object, route: Route, service: str = "", client: str = ""
) -> Iterator[Config]:
    value = _read(ctx, text)
    if value is not None:
        report: Report = lambda rule, way_, message, help_, severity: ctx.report(  # noqa: E731 - a closure
            rule, item, route, _within(way_, message), help_, severity
        )
        yield Config(value, report, service, item.ref.namespace, client)


def _read(ctx: Context, text: object) -> Mapping[str, object] | None:
    if not isinstance(text, str) or not any(key in text for key in _KEYS):
        return None
    return look.mapping(ctx.nested(text))


def _within(route: Route, message: str) -> str:
    return f"{show(route)}: {message}"
