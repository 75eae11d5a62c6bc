"""How much faster than in the spec time passes, and what does not pass faster.

Kubernetes takes whole seconds for tolerations and graces, so that they are rounded up; a node has to be silent for
some seconds before it may count as lost on a busy machine. Fixed in their code: Kueue's minute before it deletes a pod
(pkg/controller/failurerecovery), the pod collector's loop of 20 s and its 40 s before it takes pods without a Node
(pkg/controller/podgc), ten seconds that a Job waits before it replaces a pod (pkg/controller/job).
"""

from dataclasses import dataclass
from math import ceil

from backstay.model.jobs import Recovery, Workload

SCALE = 8
"""The usual pace: the fixed waits are then the most of a trial."""

SHORTEST_NODE_GRACE_MS = 8_000
KUEUE_FORCE_MS = 60_000
STARTS_MS = 15_000
"""A Job's ten seconds before it replaces a pod, and what scheduling takes while trials run side by side."""

_DEFAULT_TOLERATION_SECONDS = 300
_DEFAULT_NODE_GRACE_MS = 50_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Time is divided by `scale`; `node_grace` is the spec's node-monitor-grace-period in milliseconds."""

    scale: int = SCALE
    node_grace: int = _DEFAULT_NODE_GRACE_MS

    @property
    def node_grace_ms(self) -> int:
        """How long a node is silent here before it is lost, in milliseconds."""
        return max(self.node_grace // self.scale, SHORTEST_NODE_GRACE_MS)

    @property
    def default_toleration(self) -> int:
        """What a pod without tolerations of its own gets here, in seconds."""
        return self.seconds(_DEFAULT_TOLERATION_SECONDS)

    def seconds(self, whole: int) -> int:
        """A whole number of the spec's seconds as whole seconds here; none stays none."""
        return ceil(whole / self.scale)

    def milliseconds(self, ms: int) -> int:
        """A time of the spec in whole seconds, as Kubernetes takes it here."""
        return 1000 * self.seconds(ceil(ms / 1000))


@dataclass(frozen=True, slots=True)
class Wait:
    """A part of a recovery: its name, how long it is in the spec and how long it is here, in milliseconds."""

    name: str
    stated: int
    played: int


@dataclass(frozen=True, slots=True)
class Bound:
    """When a workload has to run again after the loss of its node: the sum of its waits."""

    waits: tuple[Wait, ...]

    @property
    def played(self) -> int:
        """In milliseconds here."""
        return sum(wait.played for wait in self.waits)

    def in_spec(self, took: int) -> int:
        """What took so long here, as it would be with the spec's own times: each wait as long as stated."""
        return took + sum(wait.stated - wait.played for wait in self.waits)


def recovery_bound(workload: Workload, recovery: Recovery, pace: Pace) -> Bound:
    """The waits of a recovery, as `resolve` sums them up, and as they are here."""
    grace = workload.grace.value
    lost = Wait("the node counts as lost", recovery.monitor_grace.value, pace.node_grace_ms)
    if recovery.fences:
        fencing = recovery.unhealthy_for.value + recovery.fenced_in.value
        before: tuple[Wait, ...] = (Wait("it is fenced", fencing, fencing // pace.scale),)
    else:
        stays = (workload.toleration or recovery.default_toleration).value
        before = (
            Wait("the toleration", stays, pace.milliseconds(stays)),
            Wait("the grace period", grace, pace.milliseconds(grace)),
        )
    force, starts = recovery.force_step.value, recovery.pod_start.value
    after = (
        Wait("the old pods are removed", force, force),
        Wait("the new pods start", starts, max(starts // pace.scale, STARTS_MS)),
    )
    return Bound((lost, *before, *after))
