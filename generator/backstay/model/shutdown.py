"""How the pods of a service end: what waits for what, and for how long. Times are milliseconds.

Kubernetes runs the app's preStop hook, then sends SIGTERM, and kills the pod after its grace period, counted from the
start. A classic sidecar gets SIGTERM at the start, together with the hook; a native one after the app.
"""

from dataclasses import dataclass
from enum import StrEnum

from backstay.core.fact import Fact


class SidecarKind(StrEnum):
    """How a sidecar is run: as a container beside the app, or as an init container that goes on."""

    CLASSIC = "classic"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Workload:
    """The object whose pods serve, and the container in them that does."""

    kind: Fact[str]
    name: Fact[str]
    namespace: Fact[str]
    container: Fact[str]

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from others: kind, namespace, name."""
        return self.kind.value, self.namespace.value, self.name.value


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The end of a workload's pods; `services` are the names of what they serve.

    `pre_stop` is how long the app goes on as if nothing were; `grace` the pod's whole time. `drain` is for how long a
    classic sidecar lives on, at least where it `waits` for its last connection to close; None: there is none.
    `asked` is the kind of sidecar that the spec insists on, else None.
    """

    workload: Workload
    services: tuple[str, ...]
    sidecar: SidecarKind | None
    asked: Fact[bool] | None
    pre_stop: Fact[int]
    drain: Fact[int] | None
    waits: bool
    grace: Fact[int]
