"""How pods end: their sidecar's kind, its drain, the time they have, and what is still under way.

A classic sidecar gets SIGTERM together with the app, drains for `terminationDrainDuration` and goes; a native one
drains while the app lives and goes after it. A pod that may be outside of the mesh, and one whose sidecar may be of either
kind, is not judged.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.msh import envoy, routes, way
from backstay.core.fact import Fact
from backstay.core.feature import Feature
from backstay.core.route import Route
from backstay.core.units import show_duration
from backstay.model.network import Service
from backstay.upstream.istio import TERMINATION_DRAIN_MS

KINDS = frozenset({"ConfigMap", "Deployment", "StatefulSet", "DaemonSet"})
PROXY_CONFIG = "proxy.istio.io/config"
EXIT_ON_ZERO = "EXIT_ON_ZERO_ACTIVE_CONNECTIONS"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_PROXY = "istio-proxy"
_INJECT = "sidecar.istio.io/inject"
_NATIVE = "sidecar.istio.io/nativeSidecar"
_GRACE_S = 30
_SECOND_MS = 1_000
_SLEEP = re.compile(r"\bsleep\s+(\d{1,9}(?:\.\d{1,9})?)")


class Kind(StrEnum):
    """How a sidecar is run."""

    CLASSIC = "classic"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Pod:
    """The pods of a workload with a sidecar of a known kind.

    `proxy` is the annotation's proxy configuration over the mesh-wide one; `services` are the model's services that
    they serve.
    """

    item: Item
    kind: Kind
    spec: Mapping[str, object]
    route: Route
    annotations: Mapping[str, object]
    proxy: Mapping[str, object]
    services: tuple[Service, ...]

    @property
    def annotation(self) -> Route:
        """Where the annotation with the proxy configuration stands, or would."""
        return (*self.route[:-1], "metadata", "annotations", PROXY_CONFIG)

    @property
    def grace_route(self) -> Route:
        """Where the grace period stands, or would."""
        return (*self.route, "terminationGracePeriodSeconds")

    @property
    def grace(self) -> int | None:
        """Milliseconds until the pod is killed; None when a patch does not say."""
        stated = self.spec.get("terminationGracePeriodSeconds")
        if isinstance(stated, int):
            return stated * _SECOND_MS
        return None if self.item.partial else _GRACE_S * _SECOND_MS

    @property
    def drain(self) -> float | None:
        """Milliseconds that a classic sidecar goes on after SIGTERM; None when a patch does not say."""
        stated = envoy.milliseconds(self.proxy.get("terminationDrainDuration"))
        return TERMINATION_DRAIN_MS if stated is None and not self.item.partial else stated

    @property
    def waits_for_connections(self) -> bool:
        """Whether the sidecar goes when its last connection is closed, instead."""
        return self.variable(EXIT_ON_ZERO) == "true"

    def variable(self, name: str) -> str:
        """A variable of the proxy; `none` when it is not set."""
        return str(look.at(self.proxy, "proxyMetadata", name)).lower()

    @property
    def pre_stop(self) -> float:
        """Milliseconds that the app's preStop hooks are known to take at least."""
        hooks = (
            look.at(c.value, "lifecycle", "preStop") for c in look.containers(self.item) if c.name != _PROXY
        )
        return max((_takes(hook) for hook in hooks), default=0)


def _takes(hook: object) -> float:
    seconds = look.at(hook, "sleep", "seconds")
    if isinstance(seconds, int):
        return seconds * _SECOND_MS
    words = [word for word in look.listing(look.at(hook, "exec", "command")) if isinstance(word, str)]
    return sum(float(found) for found in _SLEEP.findall(" ".join(words))) * _SECOND_MS


def pods(ctx: Context, kind: Kind) -> Iterator[Pod]:
    """The workloads that surely have a sidecar of a kind."""
    for item in ctx.of_kind(*_WORKLOADS):
        spec, route = look.pod_spec(item)
        meta = look.mapping(look.at(item.value, *route[:-1], "metadata"))
        labels, annotations = look.mapping(meta.get("labels")), look.mapping(meta.get("annotations"))
        services = tuple(service for service in _services(ctx) if _serves(item, labels, service))
        if _kind(ctx, annotations) is kind and _meshed(labels, annotations, services):
            yield Pod(item, kind, spec, route, annotations, proxy_config(ctx, annotations), services)


def proxy_config(ctx: Context, annotations: Mapping[str, object]) -> dict[str, object]:
    """The mesh-wide proxy configuration with the annotation's fields in place of its own."""
    everywhere = look.mapping(routes.mesh_config(ctx).get("defaultConfig"))
    return {**everywhere, **look.mapping(ctx.nested(annotations.get(PROXY_CONFIG)))}


def _services(ctx: Context) -> tuple[Service, ...]:
    return ctx.cluster.network.services if ctx.cluster else ()


def _serves(item: Item, labels: Mapping[str, object], service: Service) -> bool:
    wanted = {key: fact.value for key, fact in service.labels.items()}
    here = item.ref.namespace == service.namespace and service.sidecar
    named = service.workload is not None and service.workload.key == (
        item.ref.kind,
        item.ref.namespace,
        item.ref.name,
    )
    return here and (named or (bool(wanted) and wanted.items() <= labels.items()))


def _meshed(
    labels: Mapping[str, object], annotations: Mapping[str, object], services: tuple[Service, ...]
) -> bool:
    asked = {str(found.get(_INJECT)).lower() for found in (labels, annotations)}
    return "false" not in asked and ("true" in asked or PROXY_CONFIG in annotations or bool(services))


def _kind(ctx: Context, annotations: Mapping[str, object]) -> Kind | None:
    """What an annotation says, else istiod's switch, else what it does by itself: native where it and every node can."""
    asked = str(annotations.get(_NATIVE)).lower()
    if asked in {"true", "false"}:
        return Kind.NATIVE if asked == "true" else Kind.CLASSIC
    return by_default(ctx)


def by_default(ctx: Context) -> Kind | None:
    """The kind of sidecars that no annotation asks for; None when it is not known."""
    switched = _switched(ctx)
    if switched in {"true", "false"}:
        return Kind.NATIVE if switched == "true" else Kind.CLASSIC
    if "istio" not in ctx.versions:
        return None
    if not ctx.has(Feature.NATIVE_SIDECARS):
        return Kind.CLASSIC
    if "kubernetes" not in ctx.versions:
        return None
    return Kind.NATIVE if ctx.has(Feature.SIDECAR_CONTAINERS) else Kind.CLASSIC


def _switched(ctx: Context) -> str | None:
    for item in ctx.named("Deployment", "istiod"):
        for container in look.containers(item):
            value = look.environment(ctx, container).value("ENABLE_NATIVE_SIDECARS")
            if value is not None:
                return value.lower()
    return None


def proxy_containers(pod: Pod) -> Iterator[tuple[Mapping[str, object], Route]]:
    """What a template says of its sidecar itself: its container, among either list."""
    for name in ("containers", "initContainers"):
        for entry, route in look.entries(pod.spec.get(name), (*pod.route, name)):
            if entry.get("name") == _PROXY:
                yield entry, route


def parts(pod: Pod, request: int) -> str:
    """What takes how long before the app's end, in words."""
    hook = f"its preStop hook takes {show_duration(int(pod.pre_stop))}" if pod.pre_stop else ""
    flight = f"requests take up to {show_duration(request)}" if request else ""
    return " and ".join(filter(None, (hook, flight)))


def longest_request(ctx: Context, services: tuple[Service, ...]) -> Fact[int] | None:
    """The longest call in flight to some services: what the spec says of each or of all, else the longest deadline."""
    found = [one for service in services if (one := _longest_to(ctx, service)) is not None]
    return max(found, key=lambda fact: fact.value, default=None)


def _longest_to(ctx: Context, service: Service) -> Fact[int] | None:
    drain = ctx.cluster.drain if ctx.cluster else None
    stated = service.longest_request or (drain.longest_request if drain else None)
    if stated is not None:
        return stated
    deadlines = [
        call.deadline for call in way.calls(ctx) if call.service.name == service.name and call.deadline
    ]
    return max(deadlines, key=lambda fact: fact.value, default=None)
