"""`termination`: what has to finish before a pod goes, and what happens when a node dies."""

from typing import Annotated, Literal

from pydantic import Field

from backstay.spec.base import Section
from backstay.spec.types import Many, Millis

WorkloadPattern = Annotated[str, Field(pattern=r"^[a-z0-9*-]+/[a-z0-9*.-]+$")]


class Drain(Section):
    """What has to finish when a pod is asked to go."""

    longest_request: Millis | None = None
    """The longest call in flight."""
    checkpoint: Millis | None = None
    """How long writing a checkpoint takes."""


class NodeLoss(Section):
    """What happens when a node dies."""

    recover_in: Millis
    """A job has to run again within this time."""
    strategy: Literal["kueue-failure-recovery", "self-node-remediation", "cloud-repair", "none"]
    """Who makes sure that the dead node's pods are gone."""
    restart_safe: Many[WorkloadPattern] = ()
    """`namespace/name` patterns of workloads that two copies of cannot harm."""


class Termination(Section):
    """How things end."""

    drain: Drain | None = None
    """Planned ends."""
    node_loss: NodeLoss | None = None
    """Unplanned ends."""
