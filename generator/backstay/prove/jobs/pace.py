"""How much faster than in the spec time passes, and what does not pass faster.

Kubernetes takes whole seconds for tolerations and graces, so that they are rounded up; a node has to be silent for
some seconds before it may count as lost on a busy machine. Fixed in their code: Kueue's minute before it deletes a pod
(pkg/controller/failurerecovery), the 20 s loop of the pod garbage collector (pkg/controller/podgc).
"""

from dataclasses import dataclass
from math import ceil

SHORTEST_NODE_GRACE_MS = 8_000
KUEUE_FORCE_MS = 60_000
PODGC_LOOP_MS = 20_000
_DEFAULT_TOLERATION_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Pace:
    """Time is divided by `scale`; `node_grace` is the spec's node-monitor-grace-period in milliseconds."""

    scale: int
    node_grace: int

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
