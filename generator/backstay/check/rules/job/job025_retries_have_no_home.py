"""A TrainJob asks for retries or a time to live, which only its runtime can have.

TrainJobs have neither retries nor a TTL, and their patches cannot set them: they belong to the JobSet template of a
TrainingRuntime or ClusterTrainingRuntime, one runtime for each policy. Two runtimes of one name with different policies
overwrite each other.

Not judged: fields that are wrong for other reasons (the schema judges those).

Breaks: the API server drops or refuses the field, and the job fails at its first eviction; or one team's policy becomes everybody's.
Bad:
    apiVersion: trainer.kubeflow.org/v1alpha1
    kind: TrainJob
    metadata: {name: train, namespace: team-a}
    spec: {runtimeRef: {name: torch-patient}, trainer: {numNodes: 2}, backoffLimit: 3}
Good:
    apiVersion: trainer.kubeflow.org/v1alpha1
    kind: TrainJob
    metadata: {name: train, namespace: team-a}
    spec: {runtimeRef: {name: torch-patient}, trainer: {numNodes: 2}}
    ---
    apiVersion: trainer.kubeflow.org/v1alpha1
    kind: ClusterTrainingRuntime
    metadata: {name: torch-patient}
    spec: {template: {spec: {failurePolicy: {maxRestarts: 3}}}}
Source: kubeflow/trainer v2.3.0 pkg/apis/trainer/v1alpha1/trainjob_types.go (RuntimePatches), docs/proposals/2899-resource-timeouts
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.core.diagnostic import Diagnostic, Related

RULE = rule(__doc__, "JOB025", "retries-have-no-home")

_OF_JOB = (
    "backoffLimit",
    "backoffLimitPerIndex",
    "podFailurePolicy",
    "podReplacementPolicy",
    "ttlSecondsAfterFinished",
)
_OF_JOBSET = ("failurePolicy", "ttlSecondsAfterFinished")
_OF_TRAIN_JOB = (
    *_OF_JOB,
    "failurePolicy",
    "maxRestarts",
    "restartPolicy",
    "retryPolicy",
    "runPolicy",
    "elasticPolicy",
)
_HELP = "give the job a TrainingRuntime of its own: `failurePolicy` belongs to its `template.spec`, Job fields to `replicatedJobs[].template.spec`"  # fmt: skip


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge TrainJobs and their patches, then runtimes that share a name."""
    for item in ctx.of_kind("TrainJob"):
        spec = whole(item).down("spec")
        yield from _homeless(ctx, spec, _OF_TRAIN_JOB)
        yield from _homeless(ctx, spec.down("trainer"), _OF_TRAIN_JOB)
        for patch in spec.each("runtimePatches"):
            yield from _patched(ctx, patch.down("trainingRuntimeSpec", "template", "spec"))
    yield from _twins(ctx)


def _homeless(ctx: Context, part: Part, keys: tuple[str, ...]) -> Iterator[Diagnostic]:
    for key in keys:
        if key in part.value:
            yield ctx.report(
                RULE, part.item, (*part.route, key), f"a TrainJob has no `{key}`: nobody reads it", _HELP
            )


def _patched(ctx: Context, jobset: Part) -> Iterator[Diagnostic]:
    yield from _homeless(ctx, jobset, _OF_JOBSET)
    for job in pods.jobs_of(jobset):
        yield from _homeless(ctx, job.spec, _OF_JOB)


def _twins(ctx: Context) -> Iterator[Diagnostic]:
    """Runtimes of one kind, namespace and name whose policies differ; a patch is no second runtime."""
    first: dict[tuple[str, str, str], Item] = {}
    for kind in sorted(pods.RUNTIMES):
        for item in ctx.of_kind(kind):
            twin = None if item.partial else first.setdefault((kind, item.ref.namespace, item.ref.name), item)
            if twin is not None and _policy(twin) != _policy(item):
                yield RULE.report(
                    f"two runtimes of the name {item.ref.name} retry differently: the one applied last wins",
                    at=item.place_of(("metadata", "name")), object=item.ref, field=("metadata", "name"),
                    related=(Related(twin.place_of(("metadata", "name")), "the other one"),),
                    help="name each runtime after its policy, such as `torch-restarts-3`",
                )  # fmt: skip


def _policy(item: Item) -> object:
    jobset = look.mapping(look.at(item.value, "spec", "template", "spec"))
    limits = [
        look.at(job, "template", "spec", "backoffLimit")
        for job, _ in look.entries(jobset.get("replicatedJobs"))
    ]
    return jobset.get("failurePolicy"), limits


CHECK = Check(RULE, reads=pods.RUNTIMES | {"TrainJob"}, run=check)
