"""EnvoyFilter patches as rules see them: tolerant of any shape, in either spelling of protobuf's field names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.msh import way
from backstay.core.route import Route

_UNITS_MS = {"h": 3_600_000.0, "m": 60_000.0, "s": 1_000.0, "ms": 1.0, "us": 1e-3, "µs": 1e-3, "ns": 1e-6}
_STEP = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)(ms|us|µs|ns|h|m|s)")
_DURATION = re.compile(rf"(?:{_STEP.pattern})+")
_ROOT = "istio-system"


@dataclass(frozen=True, slots=True)
class Patch:
    """One entry of `configPatches`.

    `apply_to` and `context` are None where the filter leaves them out (istiod takes the latter for ANY); `match` and
    `value` are empty where they are missing.
    """

    item: Item
    route: Route
    apply_to: str | None
    context: str | None
    operation: str
    match: Mapping[str, object]
    value: Mapping[str, object]

    @property
    def value_route(self) -> Route:
        """Where the value stands."""
        return (*self.route, "patch", "value")


def patches(ctx: Context) -> Iterator[Patch]:
    """Every patch of every EnvoyFilter."""
    for item in ctx.of_kind("EnvoyFilter"):
        yield from patches_of(item)


def patches_of(item: Item) -> Iterator[Patch]:
    """The patches of one EnvoyFilter, in their order."""
    for entry, route in look.entries(look.at(item.value, "spec", "configPatches"), ("spec", "configPatches")):
        match, patch = look.mapping(entry.get("match")), look.mapping(entry.get("patch"))
        yield Patch(
            item, route, look.text(entry.get("applyTo")), look.text(match.get("context")),
            look.text(patch.get("operation")) or "", match, look.mapping(patch.get("value")),
        )  # fmt: skip


def within(value: object, *names: str) -> tuple[object, Route]:
    """The value below some fields, each in snake_case or camelCase, and the way to it; None where there is none."""
    route: Route = ()
    for name in names:
        found = look.mapping(value)
        key = name if name in found else _camel(name)
        value, route = found.get(key), (*route, key)
    return value, route


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def filter_name(patch: Patch) -> str | None:
    """The name of the network filter that the match asks for."""
    return look.text(look.at(patch.match, "listener", "filterChain", "filter", "name"))


def sub_filter_name(patch: Patch) -> str | None:
    """The name of the HTTP filter that the match asks for."""
    return look.text(look.at(patch.match, "listener", "filterChain", "filter", "subFilter", "name"))


def milliseconds(value: object) -> float | None:
    """A duration as Istio and Envoy write it (`60s`, `0.5s`, `1h30m`); None when it is not one."""
    text = look.text(value)
    if text is None or not _DURATION.fullmatch(text):
        return None
    return sum(float(number) * _UNITS_MS[unit] for number, unit in _STEP.findall(text))


def keepalives(patch: Patch) -> Iterator[tuple[Mapping[str, object], Route]]:
    """The `connection_keepalive`s that a patch sets, on a connection manager or in a cluster's HttpProtocolOptions."""
    for start in _http2_options(patch):
        found, way = within(start[0], "connection_keepalive")
        if isinstance(found, Mapping):
            yield look.mapping(found), (*start[1], *way)


def _http2_options(patch: Patch) -> Iterator[tuple[object, Route]]:
    found, way = within(patch.value, "typed_config", "http2_protocol_options")
    yield found, (*patch.value_route, *way)
    for options, route in protocol_options(patch):
        for choice in ("explicit_http_config", "use_downstream_protocol_config", "auto_config"):
            found, way = within(options, choice, "http2_protocol_options")
            yield found, (*route, *way)


def protocol_options(patch: Patch) -> Iterator[tuple[Mapping[str, object], Route]]:
    """The HttpProtocolOptions that a CLUSTER patch sets."""
    found, way = within(patch.value, "typed_extension_protocol_options")
    for key, options in look.mapping(found).items():
        if key.endswith(".HttpProtocolOptions") and isinstance(options, Mapping):
            yield look.mapping(options), (*patch.value_route, *way, key)


def root_namespace(ctx: Context) -> str:
    """The mesh's root namespace; Istio's default for hand-written manifests."""
    mesh = way.mesh(ctx)
    return mesh.root_namespace.value if mesh else _ROOT


def selector(item: Item) -> Mapping[str, object]:
    """The labels that an EnvoyFilter or a Sidecar selects pods by; empty: all of its namespace."""
    return look.mapping(look.at(item.value, "spec", "workloadSelector", "labels"))


def target_refs(item: Item) -> Sequence[object]:
    """What an EnvoyFilter is attached to."""
    return look.listing(look.at(item.value, "spec", "targetRefs"))
