"""`workloads`: the jobs that matter, what may be done to them again, and what they need."""

from typing import Annotated, Literal

from pydantic import Field

from backstay.spec.base import Section
from backstay.spec.types import Bytes, Count, Many, Millis, Name, Positive, Seconds

Cause = Literal["disruption", "failure", "oom"]
StepName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,127}$")]


class Step(Section):
    """One step of a ZenML pipeline."""

    memory: Bytes | None = None
    """What the step's pod needs; `memory.steps` says it for steps that state nothing."""
    runs_for: Millis | None = None
    """How long one try takes."""
    attempts: Positive | None = None
    """How often the step may be tried, the first time included."""
    checkpoint: Millis | None = None
    """How long the step needs to write a checkpoint when its pod has to go."""


class LayerPins(Section):
    """Retries that people insist on, layer by layer; each excludes the first try. They are checked, never trusted."""

    argo: Count | None = None
    """Argo's retryStrategy.limit of the step that starts the workload."""
    zenml: Count | None = None
    """ZenML's retry.max_retries."""
    jobset: Count | None = None
    """JobSet's failurePolicy.maxRestarts."""
    job: Count | None = None
    """The Job's backoffLimit."""
    torchrun: Count | None = None
    """torchrun's restarts of the processes (PyTorchJob's elasticPolicy.maxRestarts)."""
    pytorchjob: Count | None = None
    """The PyTorchJob's runPolicy.backoffLimit: a sum over the containers of all replicas."""


class Pins(Section):
    """Values that people insist on. They are checked, never trusted."""

    retries: LayerPins = LayerPins()
    """Retries by layer."""
    grace_period: Seconds | None = None
    """terminationGracePeriodSeconds; whole seconds."""
    toleration: Seconds | None = None
    """tolerationSeconds for nodes that are not ready or cannot be reached; whole seconds."""
    restart_policy: Literal["Always", "OnFailure", "Never", "ExitCode"] | None = None
    """A PyTorchJob's restartPolicy."""
    force_delete_after: Millis | None = None
    """Somebody force-deletes the pods this long after the node was lost."""
    max_parallelism: Positive | None = None
    """ZenML's max_parallelism."""


class Workload(Section):
    """A job, or a pipeline of jobs, that a node may die under."""

    kind: Literal["pytorchjob", "trainjob", "jobset", "job", "zenml"]
    """Who runs it: Training Operator v1, Trainer v2, JobSet, a plain Job, or a ZenML pipeline."""
    namespace: Name
    """Where its pods run."""
    in_base: bool = False
    """Whether the overlay's base holds the object of this name (PyTorchJobs and plain Jobs): then it is patched.
    Otherwise people or pipelines submit it, and the bundle holds what has to be in it."""
    replicas: Positive = 1
    """How many pods run at once; a PyTorchJob's first is the master."""
    container: Name | None = None
    """The container that does the work; by default the one that the kind prescribes."""
    pool: Name | None = None
    """The node pool of `memory.pools` that it runs on; may be left out where there is only one."""
    memory: Bytes | None = None
    """What each pod needs; requests and limits are equal."""
    runs_for: Millis | None = None
    """How long one try takes from start to end."""
    checkpoint: Millis | None = None
    """How long writing a checkpoint takes; by default `termination.drain.checkpoint`."""
    checkpoints_to: Literal["object-store", "shared-volume", "own-volume", "nothing"] = "object-store"
    """Where checkpoints go: two copies of a writer spoil a volume, and an `own-volume` (ReadWriteOnce) is lost
    to a node that nobody fenced."""
    attempts: Positive | None = None
    """How often it may be tried, the first time included, over all layers that retry it; by default once, and once
    more for each disruption where those use up a try (distributed jobs of JobSet and Trainer, and ZenML)."""
    retry_on: Many[Cause] = ("disruption",)
    """`disruption`: its pods were evicted or their node was lost; `failure`: its own exit code; `oom`: killed
    for its own memory limit."""
    disruptions: Count = 1
    """How many evictions and lost nodes one run has to survive."""
    deadline: Seconds | None = None
    """The longest all tries may take together; derived when it is left out."""
    started_by: Many[Literal["pipeline-steps", "zenml"]] = ()
    """What starts it and may start it again: each is a layer of retries around it."""
    queue: Name | None = None
    """The Kueue LocalQueue that admits it; by default the namespace's own."""
    queued_for: Millis | None = None
    """The longest it may wait for admission."""
    priority: Name | None = None
    """Its class of `memory.priorities`."""
    fan_out: Positive | None = None
    """ZenML: how many of its steps could run at once."""
    pipeline: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w.]*$")
    """ZenML: the pipeline's Python path, as `zenml pipeline run` takes it."""
    steps: dict[StepName, Step] = Field(default_factory=dict)
    """ZenML: its steps by name."""
    overrides: Pins = Pins()
    """Pinned values."""
