"""`retries`: how often things may be tried, end to end and on each layer."""

from typing import Literal

from pydantic import Field

from backstay.spec.base import Section
from backstay.spec.types import Many, Millis, Positive


class Backoff(Section):
    """How long to wait between tries."""

    initial: Millis = 30_000
    """The first wait."""
    factor: int | float = 2
    """What each wait is multiplied by; Argo takes whole numbers only."""
    max: Millis | None = None
    """The longest wait."""


class SetRetry(Section):
    """What pipeline authors write with `set_retry` in the KFP SDK."""

    attempts: Positive
    """`num_retries` + 1."""
    factor: int | float = 2
    """`backoff_factor`."""
    max: Millis = 3_600_000
    """`backoff_max_duration`; it counts from the first try's start."""
    in_parallel_for: bool = False
    """Whether any of these tasks stand inside a ParallelFor."""


class PipelineSteps(Section):
    """Retries of pipeline steps by Argo."""

    attempts: Positive
    """How often a step may be tried, the first time included."""
    on: Many[Literal["error", "preemption", "eviction", "failure", "transient"]] = ("error", "preemption")
    """`error`: the pod went away or Argo's own containers failed; `preemption`: deleted for another pod;
    `eviction`: the kubelet evicted it; `failure`: the step's own exit code; `transient`: known messages."""
    backoff: Backoff = Backoff()
    """How long to wait between tries."""
    longest_step: Millis | None = None
    """How long a step may run: retries that start later than that have to be allowed."""
    set_retry: SetRetry | None = None
    """What pipeline authors already write with `set_retry`."""


class Calls(Section):
    """Retries of calls, by the mesh or by gRPC."""

    attempts: Positive
    """How often a call may be tried, the first time included."""
    initial: Millis = 25
    """The first wait."""


class Pins(Section):
    """Values that people insist on. They are checked, never trusted."""

    retry_policy: Literal["Always", "OnFailure", "OnError", "OnTransientError"] | None = None
    """Argo's retryPolicy."""
    transient_error_pattern: str | None = None
    """TRANSIENT_ERROR_PATTERN of the workflow controller."""


class Retries(Section):
    """How often things may be tried."""

    max_attempts: Positive | None = None
    """End to end, over every nested layer."""
    pipeline_steps: PipelineSteps | None = None
    """Pipeline steps, by Argo."""
    calls: Calls | None = None
    """Calls, by the mesh or by gRPC."""
    overrides: Pins = Field(default_factory=Pins)
    """Pinned values."""
