"""`memory`: how much there is, who may use how much, and what a step needs."""

from pydantic import ConfigDict, Field

from backstay.spec.base import Section
from backstay.spec.types import Bytes, Name, Positive


class Pool(Section):
    """A set of equal nodes."""

    nodes: Positive
    """How many."""
    capacity: Bytes
    """Memory of one node."""
    system_reserved: Bytes = 0
    """The kubelet's systemReserved."""
    kube_reserved: Bytes = 0
    """The kubelet's kubeReserved."""
    eviction_hard: Bytes = 100 * 2**20
    """The kubelet's evictionHard memory.available."""
    largest_daemon_sets: Bytes = 0
    """What DaemonSets take on one node."""


class Steps(Section):
    """What pipeline steps need, by kind of step; `default` for the rest."""

    model_config = ConfigDict(**{**Section.model_config, "extra": "allow"})
    __pydantic_extra__: dict[str, Bytes] = Field(init=False)

    default: Bytes | None = None
    """A step that is not named here."""
    fan_out: Positive | None = None
    """How many steps may run at once."""


class Memory(Section):
    """Memory, from nodes to steps."""

    pools: dict[Name, Pool] = Field(default_factory=dict)
    """Node pools by name."""
    budgets: dict[Name, Bytes] = Field(default_factory=dict)
    """Namespaces and what they may use."""
    steps: Steps | None = None
    """What steps need."""
