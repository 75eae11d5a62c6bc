"""`memory`: how much there is, who may use how much, and what a step needs."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from backstay.spec.base import Section, short_for
from backstay.spec.types import Bytes, Count, Many, Name, Positive, Seconds


class Taint(Section):
    """A taint of a pool's nodes."""

    key: Annotated[str, Field(pattern=r"^([a-z0-9.-]+/)?[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    """Its key, such as `nvidia.com/gpu`."""
    value: Annotated[str, Field(pattern=r"^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$")] = ""
    """Its value."""
    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"] = "NoSchedule"
    """What it does to pods that do not tolerate it."""


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
    gpus: Count = 0
    """GPUs of one node."""
    gpu_resource: str = Field(default="nvidia.com/gpu", pattern=r"^[a-z0-9.-]+/[a-zA-Z0-9._-]+$")
    """The resource that stands for a GPU."""
    node_labels: dict[str, str] = Field(default_factory=dict)
    """Labels that the pool's nodes carry; they select the pool in Kueue and in pods."""
    taints: Many[Taint] = ()
    """Taints that the pool's nodes carry."""
    overcommit: bool = True
    """Whether pods on it may have a limit above their request; where they may not, a node never runs out of memory."""
    shutdown_grace: Seconds | None = None
    """The kubelet's shutdownGracePeriod, where the nodes have one: it is checked; derived when it is left out."""
    shutdown_grace_critical: Seconds | None = None
    """The part of it that critical pods get (shutdownGracePeriodCriticalPods)."""


class Budget(Section):
    """What a namespace may use."""

    total: Bytes
    """Memory of all its pods together."""
    pools: dict[Name, Bytes] = Field(default_factory=dict)
    """How much of it may come from which pool, where there are several; nothing from those that are not named."""
    gpus: Count | None = None
    """GPUs of all its pods together; by default all that the pools have."""


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
    budgets: dict[Name, Annotated[Budget, short_for(Budget, "total", Bytes)]] = Field(default_factory=dict)
    """Namespaces and what they may use."""
    steps: Steps | None = None
    """What steps need."""
    priorities: dict[Name, Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]] = Field(
        default_factory=dict
    )
    """Priority classes by name: jobs of a higher number go first, and may take the place of others."""
