"""`termination`: what has to finish before a pod goes, and what happens when a node dies."""

from typing import Annotated, Literal

from pydantic import Field

from backstay.spec.base import Section
from backstay.spec.types import Many, Millis, Name

WorkloadPattern = Annotated[str, Field(pattern=r"^[a-z0-9*-]+/[a-z0-9*.-]+$")]


class Drain(Section):
    """What has to finish when a pod is asked to go."""

    longest_request: Millis | None = None
    """The longest call in flight."""
    noticed_in: Millis = 5_000
    """How long it takes until all callers have heard that a pod goes and send it nothing more."""
    checkpoint: Millis | None = None
    """How long writing a checkpoint takes."""


class Remediation(Section):
    """How a lost node is fenced: the numbers of NodeHealthCheck and SelfNodeRemediation, or of the cloud's repair."""

    unhealthy_for: Millis | None = None
    """How long a node has to be unhealthy before it is remediated; derived when it is left out."""
    fenced_in: Millis = 180_000
    """How long a reboot or watchdog takes until the node surely runs nothing any more, or the cloud until it has
    removed the Node object."""
    namespace: Name = "self-node-remediation"
    """Where the self-node-remediation operator runs."""
    min_healthy: str = Field(default="51%", pattern=r"^(100|[1-9]?[0-9])%$|^[0-9]{1,5}$")
    """How many nodes have to be healthy for a remediation to start: a count or a percentage."""


class NodeLoss(Section):
    """What happens when a node dies."""

    recover_in: Millis
    """A job has to run again within this time."""
    strategy: Literal["kueue-failure-recovery", "self-node-remediation", "cloud-repair", "none"]
    """Who makes sure that the dead node's pods are gone."""
    restart_safe: Many[WorkloadPattern] = ()
    """`namespace/name` patterns of workloads that two copies of cannot harm."""
    monitor_grace: Millis | None = None
    """The controller manager's --node-monitor-grace-period; by default that of the Kubernetes version."""
    default_toleration: Millis = 300_000
    """The API server's --default-unreachable-toleration-seconds: what pods get that say nothing."""
    pod_start: Millis = 60_000
    """How long a new pod takes from its creation to its first instruction: scheduling, image pull, start."""
    remediation: Remediation = Remediation()
    """How the lost node is fenced."""


class Termination(Section):
    """How things end."""

    drain: Drain | None = None
    """Planned ends."""
    node_loss: NodeLoss | None = None
    """Unplanned ends."""
