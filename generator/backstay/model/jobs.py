"""The model's nouns for jobs: node pools, budgets, workloads, what retries them and what frees them from a lost node.

Times are milliseconds, sizes bytes. Kubernetes takes whole seconds for grace periods and tolerations; emitters divide.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import prod

from backstay.core.fact import Fact
from backstay.core.place import Place


class Kind(StrEnum):
    """Who runs a workload."""

    PYTORCHJOB = "pytorchjob"
    TRAINJOB = "trainjob"
    JOBSET = "jobset"
    JOB = "job"
    ZENML = "zenml"


class Cause(StrEnum):
    """Why a try ended."""

    DISRUPTION = "disruption"
    FAILURE = "failure"
    OOM = "oom"


class Strategy(StrEnum):
    """Who makes sure that a lost node's pods are gone."""

    KUEUE = "kueue-failure-recovery"
    SELF_NODE_REMEDIATION = "self-node-remediation"
    CLOUD_REPAIR = "cloud-repair"
    NONE = "none"


class Layer(StrEnum):
    """Something that tries again, outermost first. Each of them excludes the first try from its count."""

    ARGO = "argo"
    ZENML = "zenml"
    JOBSET = "jobset"
    JOB = "job"
    PYTORCHJOB = "pytorchjob"
    TORCHRUN = "torchrun"


@dataclass(frozen=True, slots=True)
class Retrying:
    """A layer around a workload and how often it tries again. `pinned`: the spec insists on it."""

    layer: Layer
    retries: Fact[int]
    pinned: bool


def attempts(layers: Iterable[Retrying]) -> int:
    """How often the innermost process may start in the worst case: nested retries multiply."""
    return prod(1 + layer.retries.value for layer in layers)


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint of nodes; an empty `value` is none."""

    key: Fact[str]
    value: Fact[str]
    effect: Fact[str]


OVERCOMMIT = Fact(True, ())  # noqa: FBT003 - a fact's value
"""Kubernetes' own way: a pod's limit may be above its request."""


@dataclass(frozen=True, slots=True)
class NodePool:
    """Equal nodes. `allocatable` is what pods of one node may request together, after DaemonSets.

    `shutdown_grace` and `shutdown_grace_critical` are the kubelet's, derived or stated. `overcommit` False: its pods
    request what they may use.
    """

    name: str
    nodes: Fact[int]
    capacity: Fact[int]
    allocatable: Fact[int]
    system_reserved: Fact[int]
    kube_reserved: Fact[int]
    eviction_hard: Fact[int]
    gpus: Fact[int]
    gpu_resource: Fact[str]
    node_labels: Mapping[str, Fact[str]]
    shutdown_grace: Fact[int] | None
    shutdown_grace_critical: Fact[int] | None
    place: Place
    taints: tuple[Taint, ...] = ()
    overcommit: Fact[bool] = OVERCOMMIT

    @property
    def total(self) -> int:
        """What pods may request on all its nodes together."""
        return self.nodes.value * self.allocatable.value


@dataclass(frozen=True, slots=True)
class Budget:
    """What the pods of a namespace may use together; `by_pool` where the spec splits it.

    `gpus` None: as many as the pools have.
    """

    namespace: Fact[str]
    total: Fact[int]
    by_pool: Mapping[str, Fact[int]]
    place: Place
    gpus: Fact[int] | None = None


@dataclass(frozen=True, slots=True)
class Priority:
    """A priority class: its name and its number."""

    name: str
    value: Fact[int]
    place: Place


@dataclass(frozen=True, slots=True)
class Recovery:
    """What happens to the pods of a lost node, and how soon they run again.

    `monitor_grace` until the node counts as lost, `default_toleration` what pods get that state none, `pod_start`
    what a new pod takes. `unhealthy_for` and `fenced_in` are the remediation's: how long the node has to be
    unhealthy, and how long the fencing takes then. `force_step` is what the strategy adds last: Kueue's wait after
    the grace period, or the time in which the pod collector removes what a fenced node left behind. Each workload
    has its own grace period and therefore its own times.
    """

    strategy: Fact[Strategy]
    recover_in: Fact[int]
    monitor_grace: Fact[int]
    default_toleration: Fact[int]
    pod_start: Fact[int]
    force_step: Fact[int]
    unhealthy_for: Fact[int]
    fenced_in: Fact[int]
    remediation_namespace: Fact[str]
    min_healthy: Fact[str]
    restart_safe: tuple[Fact[str], ...]
    place: Place

    @property
    def fences(self) -> bool:
        """Whether the strategy makes sure that the lost node itself runs nothing any more."""
        return self.strategy.value in {Strategy.SELF_NODE_REMEDIATION, Strategy.CLOUD_REPAIR}

    @property
    def fenced_at(self) -> int:
        """When the lost node surely runs nothing any more, from its loss; of a strategy that fences."""
        return self.monitor_grace.value + self.unhealthy_for.value + self.fenced_in.value


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a ZenML pipeline; None: not stated."""

    name: str
    memory: Fact[int] | None
    runs_for: Fact[int] | None
    retries: Fact[int]
    grace: Fact[int]
    checkpoint: Fact[int] | None
    deadline: Fact[int] | None
    place: Place


@dataclass(frozen=True, slots=True)
class JobPins:
    """Values that people insist on for one workload."""

    grace_period: Fact[int] | None
    toleration: Fact[int] | None
    restart_policy: Fact[str] | None
    force_delete_after: Fact[int] | None
    max_parallelism: Fact[int] | None


@dataclass(frozen=True, slots=True)
class Workload:
    """One job, or a ZenML pipeline of jobs, with everything solved.

    `restart_safe` is the pattern that says that two copies do no harm, None where none does. `layers` are all
    that retry it, outermost first, pinned numbers in them; `compiled` are the numbers that keep the budget where
    pins break it (equal to `layers` otherwise). `grace`, `toleration` and `deadline` are solved, or pinned and then
    with the solved number's origin behind the pin's; `recovers_in` follows from them (None: nothing frees the pods of
    a lost node). `earliest_force_delete` counts from the node's loss. `max_parallelism` is ZenML's; `peak` the memory
    of all its pods at once with terminating twins. `queue` None: not admitted by Kueue. `restart_policy` and
    `backoff_limit` are a PyTorchJob's: the limit is a sum over the containers of all replicas, and reaching it ends
    the job. `in_base`: the overlay's base holds the object, so it is patched. `causes` are those that
    it is to be tried again after.
    """

    name: str
    kind: Kind
    namespace: Fact[str]
    replicas: Fact[int]
    container: Fact[str]
    pool: Fact[str] | None
    memory: Fact[int] | None
    runs_for: Fact[int] | None
    checkpoint: Fact[int] | None
    checkpoints_to: Fact[str]
    attempts: Fact[int]
    causes: Fact[frozenset[Cause]]
    disruptions: Fact[int]
    restart_safe: Fact[str] | None
    started_by: tuple[Fact[str], ...]
    queue: Fact[str] | None
    queued_for: Fact[int] | None
    layers: tuple[Retrying, ...]
    compiled: tuple[Retrying, ...]
    grace: Fact[int]
    toleration: Fact[int] | None
    earliest_force_delete: Fact[int] | None
    recovers_in: Fact[int] | None
    deadline: Fact[int] | None
    fan_out: Fact[int] | None
    max_parallelism: Fact[int] | None
    peak: Fact[int] | None
    pipeline: Fact[str] | None
    steps: tuple[Step, ...]
    pins: JobPins
    place: Place
    priority: Fact[str] | None = None
    restart_policy: Fact[str] | None = None
    backoff_limit: Fact[int] | None = None
    in_base: bool = False

    def runs_on(self, pool: NodePool) -> bool:
        """Whether its pods are said to run on the nodes of a pool."""
        return self.pool is not None and self.pool.value == pool.name

    @property
    def retry_on(self) -> frozenset[Cause]:
        """What is to be tried again."""
        return self.causes.value

    @property
    def total_attempts(self) -> int:
        """How often the innermost process may start in the worst case: the product over all layers."""
        return attempts(self.layers)

    def retries(self, layer: Layer) -> Fact[int] | None:
        """How often a layer tries again, pinned or solved; None where it is no layer of this workload."""
        return next((one.retries for one in self.layers if one.layer is layer), None)

    @property
    def waits_for_failed_pod(self) -> bool:
        """Whether no replacement starts before the old pod has ended: podFailurePolicy forces that."""
        return self.kind is not Kind.PYTORCHJOB


@dataclass(frozen=True, slots=True)
class JobSystems:
    """The installed controllers, as `major.minor`; None where one is not installed."""

    trainer: Fact[str] | None
    training_operator: Fact[str] | None
    jobset: Fact[str] | None
    kueue: Fact[str] | None
    zenml: Fact[str] | None
    kueue_namespace: Fact[str] | None
    kueue_frameworks: Fact[tuple[str, ...]] | None
    zenml_stack: Fact[str] | None
    zenml_namespace: Fact[str] | None
    zenml_context: Fact[str] | None

    @property
    def installed(self) -> dict[str, Fact[str]]:
        """`major.minor` of each installed controller, by the name that the catalog has for it."""
        known = {
            "trainer": self.trainer,
            "training_operator": self.training_operator,
            "jobset": self.jobset,
            "kueue": self.kueue,
            "zenml": self.zenml,
        }
        return {name: version for name, version in known.items() if version is not None}

    @property
    def versions(self) -> dict[str, str]:
        """As `installed`, without where they come from."""
        return {name: version.value for name, version in self.installed.items()}


NO_SYSTEMS = JobSystems(*[None] * 10)
"""None of them is installed."""


@dataclass(frozen=True, slots=True)
class StepMemory:
    """What pipeline steps need: by kind of step, `default` for the rest (None: not stated)."""

    default: Fact[int] | None
    named: Mapping[str, Fact[int]]
    fan_out: Fact[int] | None
    parallelism: Fact[int] | None
    place: Place


@dataclass(frozen=True, slots=True)
class Jobs:
    """Everything about jobs and memory of one cluster.

    `ready_timeout` and `ready_recovery` are Kueue's waitForPodsReady: how long an admitted workload may take until
    all its pods run, and until they do again after one was lost; `requeues` how often it is put back into its queue.
    None where no workload is admitted by Kueue.
    """

    systems: JobSystems
    pools: tuple[NodePool, ...]
    budgets: tuple[Budget, ...]
    steps: StepMemory | None
    recovery: Recovery | None
    workloads: tuple[Workload, ...]
    priorities: tuple[Priority, ...] = ()
    ready_timeout: Fact[int] | None = None
    ready_recovery: Fact[int] | None = None
    requeues: Fact[int] | None = None

    def pool(self, name: str | None) -> NodePool | None:
        """A node pool by name."""
        return next((pool for pool in self.pools if pool.name == name), None)

    def pool_of(self, workload: Workload) -> NodePool | None:
        """The node pool that a workload's pods run on; None where that is open."""
        return None if workload.pool is None else self.pool(workload.pool.value)

    def of_kind(self, *kinds: Kind) -> tuple[Workload, ...]:
        """The workloads that certain controllers run."""
        return tuple(workload for workload in self.workloads if workload.kind in kinds)
