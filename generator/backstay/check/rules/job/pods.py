"""What runs pods: batch Jobs inside objects of any kind, JobSets, Training Operator jobs, Argo templates.

Everything tolerates any shape. `partial` says that what a mapping lacks may come from somewhere else: from the object
that a patch patches, from the runtime that a TrainJob refers to, from a workflow's defaults.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.look import Part, whole
from backstay.check.rules.kfp import argo

PYTORCHJOB = "PyTorchJob"
RUNTIMES = frozenset({"TrainingRuntime", "ClusterTrainingRuntime"})
JOBSET_KINDS = RUNTIMES | {"JobSet"}
"""Whatever holds a JobSet's spec."""
JOB_KINDS = JOBSET_KINDS | {"Job", "CronJob"}
"""Whatever holds specs of batch Jobs."""
REPLICA_SPECS: Mapping[str, str] = {
    PYTORCHJOB: "pytorchReplicaSpecs",
    "TFJob": "tfReplicaSpecs",
    "XGBoostJob": "xgbReplicaSpecs",
    "PaddleJob": "paddleReplicaSpecs",
    "JAXJob": "jaxReplicaSpecs",
    "MPIJob": "mpiReplicaSpecs",
}
"""The Training Operator's kinds, and the field that holds their replicas."""
SERVICE_KINDS = frozenset({"Pod", "Deployment", "StatefulSet", "ReplicaSet", "DaemonSet"})
KINDS = JOB_KINDS | frozenset(REPLICA_SPECS) | argo.KINDS | {"TrainJob"}
"""Whatever holds pod templates of jobs and steps."""

_JOBSET: Mapping[str, tuple[str, ...]] = {"JobSet": ("spec",)}
_RUNTIME = ("spec", "template", "spec")
_DEFAULT_GRACE_SECONDS = 30  # Kubernetes api core/v1 PodSpec.terminationGracePeriodSeconds


@dataclass(frozen=True, slots=True)
class Pods:
    """Equal pods: their spec and metadata, and whether the rest of both may come from somewhere else."""

    spec: Part
    metadata: Part
    partial: bool

    @property
    def item(self) -> Item:
        """The object that makes them."""
        return self.spec.item

    def annotation(self, name: str) -> object:
        """The value of an annotation; None when it is not there."""
        return self.metadata.get("annotations", name)

    def containers(self) -> Iterator[Part]:
        """The containers: of the pod spec, or the one of an Argo template."""
        yield from self.spec.each("containers")
        yield from _only(self.spec, "container", "script")

    def grace_seconds(self) -> int | None:
        """terminationGracePeriodSeconds, or its default; None when it is no number, or nobody here says it."""
        if "terminationGracePeriodSeconds" not in self.spec.value:
            return None if self.partial else _DEFAULT_GRACE_SECONDS
        return number(self.spec.value["terminationGracePeriodSeconds"])


@dataclass(frozen=True, slots=True)
class Job:
    """A batch Job's spec. `name` is the replicated job's inside a JobSet; `in_jobset`: JobSet's webhook defaults it."""

    spec: Part
    metadata: Part
    name: str
    in_jobset: bool

    @property
    def item(self) -> Item:
        """The object that holds it."""
        return self.spec.item

    @property
    def pods(self) -> Pods:
        """Its pods."""
        return _pods(self.spec.down("template"), partial=self.item.partial)

    @property
    def policy(self) -> Part | None:
        """Its podFailurePolicy."""
        return self.spec.below("podFailurePolicy")

    def rules(self) -> Iterator[Part]:
        """The rules of its podFailurePolicy, in order: the first that matches decides."""
        yield from self.spec.each("podFailurePolicy", "rules")


@dataclass(frozen=True, slots=True)
class Replicas:
    """One replica type of a Training Operator job, such as `Worker`."""

    name: str
    part: Part

    def restart_policy(self) -> object:
        """Its restartPolicy, or a PyTorchJob's default; None when a patch leaves it to the object."""
        default = None if self.part.item.partial else "OnFailure"
        return self.part.value.get("restartPolicy") or default

    @property
    def pods(self) -> Pods:
        """Its pods."""
        return _pods(self.part.down("template"), partial=self.part.item.partial)


def jobs(ctx: Context) -> tuple[Job, ...]:
    """Every spec of a batch Job: Jobs, CronJobs, and those inside JobSets and training runtimes."""
    return ctx.once("batch jobs", lambda: tuple(_jobs(ctx)))


def _jobs(ctx: Context) -> Iterator[Job]:
    for item in ctx.of_kind("Job"):
        yield Job(whole(item).down("spec"), whole(item).down("metadata"), item.ref.name, in_jobset=False)
    for item in ctx.of_kind("CronJob"):
        template = whole(item).down("spec", "jobTemplate")
        yield Job(template.down("spec"), template.down("metadata"), item.ref.name, in_jobset=False)
    for jobset in jobsets(ctx):
        yield from jobs_of(jobset)


def jobsets(ctx: Context) -> Iterator[Part]:
    """Every JobSet spec: of JobSets, and of training runtimes, which make JobSets."""
    for kind in sorted(JOBSET_KINDS):
        for item in ctx.of_kind(kind):
            yield whole(item).down(*_JOBSET.get(kind, _RUNTIME))


def jobs_of(jobset: Part) -> Iterator[Job]:
    """The Jobs of a JobSet spec."""
    for replicated in jobset.each("replicatedJobs"):
        template = replicated.down("template")
        name = look.text(replicated.value.get("name")) or "without a name"
        yield Job(template.down("spec"), template.down("metadata"), name, in_jobset=True)


def training_jobs(ctx: Context, *kinds: str) -> Iterator[Part]:
    """The specs of the Training Operator's jobs; all kinds when none is named."""
    for kind in kinds or REPLICA_SPECS:
        for item in ctx.of_kind(kind):
            yield whole(item).down("spec")


def replicas(job: Part) -> Iterator[Replicas]:
    """The replica types of a Training Operator job's spec."""
    for name, part in job.values(REPLICA_SPECS[job.item.ref.kind]):
        yield Replicas(name, part)


def runs_with(train_job: Item, runtime: Item) -> bool:
    """Whether a TrainJob refers to a runtime; a ClusterTrainingRuntime where it names no kind."""
    ref = whole(train_job).down("spec", "runtimeRef")
    kind, name = ref.value.get("kind") or "ClusterTrainingRuntime", ref.value.get("name")
    here = kind == "ClusterTrainingRuntime" or train_job.ref.namespace == runtime.ref.namespace
    return here and (kind, name) == (runtime.ref.kind, runtime.ref.name)


def of_jobs(ctx: Context) -> tuple[Pods, ...]:
    """The pods of jobs and steps of every kind in `KINDS`."""
    return ctx.once("pods of jobs", lambda: tuple(_of_jobs(ctx)))


def _of_jobs(ctx: Context) -> Iterator[Pods]:
    for job in jobs(ctx):
        yield job.pods
    for training in training_jobs(ctx):
        for replica in replicas(training):
            yield replica.pods
    yield from _of_train_jobs(ctx)
    yield from _of_workflows(ctx)


def of_services(ctx: Context, *kinds: str) -> Iterator[Pods]:
    """Pods that stand alone, and those of workloads that are no jobs; all kinds when none is named."""
    for kind in kinds or sorted(SERVICE_KINDS):
        for item in ctx.of_kind(kind):
            part = whole(item)
            yield _pods(part if kind == "Pod" else part.down("spec", "template"), partial=item.partial)  # fmt: skip


def _of_train_jobs(ctx: Context) -> Iterator[Pods]:
    """What TrainJobs change in their runtime's pods: `runtimePatches`, and `podTemplateOverrides` before 2.2."""
    for item in ctx.of_kind("TrainJob"):
        spec = whole(item).down("spec")
        for patch in spec.each("runtimePatches"):
            for job in jobs_of(patch.down("trainingRuntimeSpec", "template", "spec")):
                yield _pods(job.spec.down("template"), partial=True)
        for override in spec.each("podTemplateOverrides"):
            yield _pods(override, partial=True)


def _of_workflows(ctx: Context) -> Iterator[Pods]:
    """What workflows say of their pods: for all steps, then step by step; a step takes the rest from above it."""
    defaults = (part.down("spec") for part in argo.setting(ctx, "workflowDefaults"))
    for spec in (*defaults, *argo.workflow_specs(ctx)):
        yield Pods(spec, spec.down("podMetadata"), partial=True)
        for template in spec.each("templates"):
            yield Pods(template, template.down("metadata"), partial=True)


def number(value: object) -> int | None:
    """The value if it is a whole number, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _pods(template: Part, *, partial: bool) -> Pods:
    return Pods(template.down("spec"), template.down("metadata"), partial)


def _only(part: Part, *keys: str) -> Iterator[Part]:
    yield from (found for key in keys if (found := part.below(key)) is not None)
