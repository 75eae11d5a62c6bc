"""The end of the pods behind each service: preStop, the sidecar's drain, the grace period; solved in closed form.

Sources: istio/istio pkg/envoy/agent.go (terminationDrainDuration, EXIT_ON_ZERO_ACTIVE_CONNECTIONS,
MINIMUM_DRAIN_DURATION), manifests/charts/istio-control/istio-discovery/files/injection-template.yaml (native sidecars),
Kubernetes' pod lifecycle (the grace period runs from before the preStop hook). The least numbers are taken: a pod
that takes longer to go than it has to holds up every rollout.
"""

from collections.abc import Iterable

from backstay.core.fact import Fact, from_preset
from backstay.core.feature import Feature
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.network import Network, Service
from backstay.model.parts import Drain
from backstay.model.shutdown import Shutdown, SidecarKind, Workload
from backstay.resolve.platform import Platform

Derivations = dict[str, Derivation]

MARGIN = 5_000
"""What is left between two ends that have to come one after the other: signals and polls take their time."""
AGE_JITTER = 10
"""Percent that gRPC servers add to or take off a connection's age (grpc proposal A9)."""
_SECOND = 1_000
_KUBERNETES_GRACE = from_preset(
    30_000, "kubernetes terminationGracePeriodSeconds", "what pods have where nothing is said"
)
_SPARE = from_preset(MARGIN, "margin between two ends", "signals and polls take their time").origins


def resolve_shutdowns(
    network: Network, drain: Drain, platform: Platform
) -> tuple[tuple[Shutdown, ...], Derivations]:
    """The end of every workload whose longest request is known, and how its numbers were derived."""
    derivations: Derivations = {}
    found = []
    for services in _by_workload(network).values():
        request = _longest_request(network, services, drain)
        if request is not None:
            found.append(_shutdown(services, request, drain, platform, derivations))
    return tuple(found), derivations


def _by_workload(network: Network) -> dict[tuple[str, str, str], list[Service]]:
    found: dict[tuple[str, str, str], list[Service]] = {}
    for service in network.services:
        if service.workload is not None and service.namespace:
            found.setdefault(service.workload.key, []).append(service)
    return found


def _longest_request(network: Network, services: list[Service], drain: Drain) -> Fact[int] | None:
    """What each service says of itself, else what is said of all, else its callers' longest deadline."""
    found = [one for service in services if (one := longest_request(network, service, drain)) is not None]
    return max(found, key=lambda fact: fact.value, default=None)


def longest_request(network: Network, service: Service, drain: Drain) -> Fact[int] | None:
    """The longest request that may be in flight to a service; None when nothing says it."""
    stated = service.longest_request or drain.longest_request
    if stated is not None:
        return stated
    deadlines = [call.deadline for call in network.calls_to(service.name) if call.deadline is not None]
    return max(deadlines, key=lambda fact: fact.value, default=None)


def _shutdown(services: list[Service], request: Fact[int], drain: Drain, platform: Platform,
              derivations: Derivations) -> Shutdown:  # fmt: skip
    workload, kind = services[0].workload, sidecar_kind(services, platform)
    assert workload is not None  # noqa: S101 - `_by_workload` takes none without
    life = _life(services) if kind is SidecarKind.CLASSIC else None
    waits = life is not None and life.value <= request.value
    stem = f"shutdown/{workload.name.value}"
    pre_stop = _pre_stop(stem, workload, drain)
    lives_on = None
    if kind is SidecarKind.CLASSIC:
        lives_on = _least_drain(stem, pre_stop) if waits else _drain(stem, pre_stop, request)
    grace = _grace(stem, workload, pre_stop, request, lives_on if not waits else None)
    derivations |= {one.id: one for one in (pre_stop, lives_on, grace) if one is not None}
    asked = platform.mesh.native_sidecars if platform.mesh else None
    names = tuple(service.name for service in services)
    return Shutdown(
        workload, names, kind, asked, pre_stop.fact, lives_on.fact if lives_on else None, waits, grace.fact
    )


def sidecar_kind(services: Iterable[Service], platform: Platform) -> SidecarKind | None:
    """How the sidecars of some pods are run; None when they have none."""
    if platform.mesh is None or not any(service.sidecar for service in services):
        return None
    if platform.mesh.native_sidecars is not None:
        return SidecarKind.NATIVE if platform.mesh.native_sidecars.value else SidecarKind.CLASSIC
    native = {Feature.NATIVE_SIDECARS, Feature.SIDECAR_CONTAINERS} <= platform.features
    return SidecarKind.NATIVE if native else SidecarKind.CLASSIC


def _life(services: list[Service]) -> Fact[int] | None:
    """For how long a connection to any of the services may live on at most; None when something never ends it."""
    lives = []
    for service in services:
        age, grace = service.max_connection_age, service.max_connection_age_grace
        if age is None or grace is None:
            return None
        lives.append(
            Fact(age.value * (100 + AGE_JITTER) // 100 + grace.value, (*age.origins, *grace.origins))
        )
    return max(lives, key=lambda fact: fact.value)


def _pre_stop(stem: str, workload: Workload, drain: Drain) -> Derivation:
    bound = Bound(
        "pre-stop-until-noticed", ">=", _up(drain.noticed_in.value),
        f"callers may send new requests for {show_duration(drain.noticed_in.value)} after the pod was told to go",
        "", drain.noticed_in.origins,
    )  # fmt: skip
    title = f"for how long {workload.name.value} goes on as if nothing were when its pod has to go"
    return _least(f"{stem}/pre-stop", [bound], title)


def _drain(stem: str, pre_stop: Derivation, request: Fact[int]) -> Derivation:
    served = pre_stop.value + _up(request.value)
    words = (
        f"the sidecar gets SIGTERM when the preStop hook of {show_duration(pre_stop.value)} starts, and requests take "
        f"up to {show_duration(request.value)} after it"
    )
    bounds = [
        Bound("drain-outlasts-requests", ">=", served, words, "MSH028", (*pre_stop.fact.origins[:1], *request.origins)),
        _spare("drain-with-margin", served, "what comes before"),
    ]  # fmt: skip
    return _least(f"{stem}/drain", bounds, "for how long the sidecar lives on after SIGTERM")


def _least_drain(stem: str, pre_stop: Derivation) -> Derivation:
    words = (
        f"new connections come in during the preStop hook of {show_duration(pre_stop.value)}; after it the sidecar goes "
        "with its last connection"
    )
    bound = Bound("drain-outlasts-pre-stop", ">=", pre_stop.value, words, "MSH030", pre_stop.fact.origins)
    title = "how long the sidecar waits at least before it goes with its last connection"
    return _least(f"{stem}/least-drain", [bound], title)


def _grace(stem: str, workload: Workload, pre_stop: Derivation, request: Fact[int],
           drain: Derivation | None) -> Derivation:  # fmt: skip
    if drain is not None:
        before, rule, origins = drain.value, "MSH028", drain.fact.origins
        words = f"the sidecar lives on for {show_duration(drain.value)}"
    else:
        before, rule = pre_stop.value + _up(request.value), "MSH029"
        origins = (*pre_stop.fact.origins[:1], *request.origins)
        words = (
            f"the preStop hook takes {show_duration(pre_stop.value)}, and requests up to "
            f"{show_duration(request.value)} after it"
        )
    bounds = [
        Bound("grace-outlasts-drain", ">=", before, words, rule, origins),
        _spare("grace-with-margin", before, "that"),
        Bound("grace-no-less-than-usual", ">=", _KUBERNETES_GRACE.value, "pods have that long anyway", "",
              _KUBERNETES_GRACE.origins, soft=True),
    ]  # fmt: skip
    title = f"how long the pods of {workload.name.value} have from being told to go until they are killed"
    return _least(f"{stem}/grace", bounds, title)


def _spare(name: str, before: int, what: str) -> Bound:
    words = f"{show_duration(MARGIN)} more than {what}: signals and polls take their time"
    return Bound(name, ">=", before + MARGIN, words, "", _SPARE, soft=True)


def _least(id_: str, bounds: list[Bound], title: str) -> Derivation:
    value = max(bound.limit for bound in bounds)
    return Derivation(id_, value, "ms", tuple(bounds), "the least that every bound allows", title)


def _up(ms: int) -> int:
    """Whole seconds, which is all that Kubernetes takes; a part of one counts as one."""
    return -(-ms // _SECOND) * _SECOND
