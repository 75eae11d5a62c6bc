"""How a server's pod ends, by what is emitted for it, else by what Kubernetes and Istio do when nobody says. Milliseconds.

A classic sidecar is told to go together with the application: it drains for `terminationDrainDuration` and goes,
whatever still runs, or, where it is told to, when its last connection is closed. A native one drains while the
application lives and goes after it (istio/istio pkg/envoy/agent.go, manifests/charts/istio-control/istio-discovery/
files/injection-template.yaml). Nobody outlives the grace period (kubernetes pkg/kubelet/kuberuntime).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from backstay.core.feature import Feature
from backstay.core.units import read_duration, show_duration
from backstay.prove.istiod import Struct
from backstay.prove.istiod.shape import labels, struct, structs, text, texts
from backstay.prove.mesh.setting import Setting
from backstay.text import yaml
from backstay.upstream.istio import TERMINATION_DRAIN_MS

GRACE_MS = 30_000
"""`terminationGracePeriodSeconds` when nobody says."""

_CONFIG, _NATIVE = "proxy.istio.io/config", "sidecar.istio.io/nativeSidecar"
_EXIT_ON_ZERO, _MINIMUM = "EXIT_ON_ZERO_ACTIVE_CONNECTIONS", "MINIMUM_DRAIN_DURATION"
_PROXY = "istio-proxy"


class Sidecar(StrEnum):
    """How a pod's sidecar is run."""

    NONE = "none"
    CLASSIC = "classic"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Ending:
    """A pod's end: how long after the word to go the application gets its SIGTERM, the sidecar is killed, and everything is.

    `minimum` None: the sidecar goes after `drain`; else it goes when its last connection is closed, `minimum` after
    the word at the soonest. `is_stated` says that something is emitted for the pods at all.
    """

    sidecar: Sidecar
    grace: int = GRACE_MS
    drain: int = TERMINATION_DRAIN_MS
    pre_stop: int = 0
    minimum: int | None = None
    is_stated: bool = True

    @property
    def words(self) -> str:
        """The numbers that decide, for people."""
        known = {
            Sidecar.NONE: "no sidecar",
            Sidecar.NATIVE: "native sidecar",
            Sidecar.CLASSIC: f"classic sidecar that drains for {show_duration(self.drain)}",
        }[self.sidecar]
        if self.sidecar is Sidecar.CLASSIC and self.minimum is not None:
            known = "classic sidecar that waits for its connections"
        hook = f", preStop {show_duration(self.pre_stop)}" if self.pre_stop else ""
        default = "" if self.is_stated else "; nothing is emitted for its pods"
        return f"{known}{hook}, grace {show_duration(self.grace)}{default}"


def ending(setting: Setting) -> Ending:
    """How a pod of a call's service ends."""
    service, cluster = setting.call.service, setting.emitted.cluster
    pod = setting.emitted.pod_of(service)
    notes = labels(pod, "metadata", "annotations")
    native = {"true": True, "false": False}.get(notes.get(_NATIVE, "").lower())
    if native is None:
        native = cluster.has(Feature.NATIVE_SIDECARS) and cluster.has(Feature.SIDECAR_CONTAINERS)
    kind = Sidecar.NATIVE if native else Sidecar.CLASSIC
    return _numbers(pod, _nested(notes.get(_CONFIG, "")), kind if service.sidecar else Sidecar.NONE)


def _numbers(pod: Struct, proxy: Struct, sidecar: Sidecar) -> Ending:
    grace = struct(pod, "spec").get("terminationGracePeriodSeconds")
    variables = labels(proxy, "proxyMetadata")
    waits = variables.get(_EXIT_ON_ZERO, "").lower() == "true"
    return Ending(
        sidecar,
        grace * 1000 if isinstance(grace, int) else GRACE_MS,
        _duration(text(proxy, "terminationDrainDuration"), TERMINATION_DRAIN_MS),
        max(_hooks(pod), default=0),
        _duration(variables.get(_MINIMUM, ""), TERMINATION_DRAIN_MS) if waits else None,
        bool(pod),
    )


def _nested(words: str) -> Struct:
    """YAML inside an annotation; empty when it is none."""
    try:
        found = yaml.parse(words)
    except ValueError:
        return {}
    return dict(found) if isinstance(found, Mapping) else {}


def _duration(words: str, otherwise: int) -> int:
    found = read_duration(words)
    return otherwise if found is None else found


def _hooks(pod: Struct) -> Iterator[int]:
    """How long each application container's preStop hook takes: a sleep of its own, or a `sleep` command."""
    for container in structs(pod, "spec", "containers"):
        if container.get("name") == _PROXY:
            continue
        hook = struct(container, "lifecycle", "preStop")
        seconds = struct(hook, "sleep").get("seconds")
        if isinstance(seconds, int):
            yield seconds * 1000
        words = " ".join(texts(hook, "exec", "command")).split()
        for word, after in pairwise(words):
            if word == "sleep" and after.isdigit():
                yield int(after) * 1000
