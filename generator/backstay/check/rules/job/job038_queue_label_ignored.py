"""A job carries Kueue's queue label, and Kueue does not manage jobs of its kind.

What Kueue manages is in its Configuration under `integrations.frameworks`. From 0.19 on the shipped list has no
`kubeflow.org/pytorchjob`, `tfjob`, `xgboostjob`, `jaxjob` and `paddlejob`; such a job starts at once, outside every quota.
Jobs, JobSets and TrainJobs are in it, and missing only where somebody wrote a list without them.

Not judged: kinds that are reached by `externalFrameworks`; clusters whose Kueue nobody names.

Breaks: the job takes GPUs and memory that the queue has promised to others, and preemption never finds it.
Bad:
    # --platform kueue=0.19
    apiVersion: config.kueue.x-k8s.io/v1beta2
    kind: Configuration
    integrations: {frameworks: [batch/job]}
    ---
    apiVersion: kubeflow.org/v1
    kind: PyTorchJob
    metadata: {name: train, namespace: team-a, labels: {kueue.x-k8s.io/queue-name: team-a}}
    spec: {}
Good:
    # --platform kueue=0.19
    apiVersion: config.kueue.x-k8s.io/v1beta2
    kind: Configuration
    integrations: {frameworks: [batch/job, kubeflow.org/pytorchjob]}
    ---
    apiVersion: kubeflow.org/v1
    kind: PyTorchJob
    metadata: {name: train, namespace: team-a, labels: {kueue.x-k8s.io/queue-name: team-a}}
    spec: {}
Source: kubernetes-sigs/kueue v0.19.2 config/components/manager/controller_manager_config.yaml
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import configs
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.fact import Fact
from backstay.core.feature import Feature
from backstay.core.place import at

RULE = rule(__doc__, "JOB038", "queue-label-ignored")

_LABEL = "kueue.x-k8s.io/queue-name"
_LEFT_OUT = frozenset({"JAXJob", "PaddleJob", "PyTorchJob", "TFJob", "XGBoostJob"})
"""Kinds that are not in the shipped list any more."""
_FRAMEWORKS = {"batch/job", "jobset.x-k8s.io/jobset", "trainer.kubeflow.org/trainjob"} | {
    f"kubeflow.org/{kind.lower()}" for kind in _LEFT_OUT
}
_KINDS = frozenset({"Job", "JobSet", "TrainJob"}) | _LEFT_OUT


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every labelled job by the Configuration at hand, by what the spec says, or by what the version ships."""
    config = next(configs.configurations(ctx, configs.KUEUE), None)
    for item in ctx.of_kind(*sorted(_KINDS)):
        framework = f"{item.ref.apiVersion.partition('/')[0]}/{item.ref.kind.lower()}"
        if framework in _FRAMEWORKS and _labelled(item) and not _managed(ctx, config, framework):
            yield _report(ctx, config, item, framework)


def _report(ctx: Context, config: Part | None, item: Item, framework: str) -> Diagnostic:
    """At the spec's list where that is what leaves the job out, else at the job's label."""
    kind, label, stated = item.ref.kind, item.place_of(("metadata", "labels", _LABEL)), _stated(ctx)
    listed = _listed(ctx, config)
    manages = "" if listed is None else f" (it manages {', '.join(listed) or 'nothing'})"
    message = f"Kueue does not manage {kind}s here{manages}, so the job never enters its queue"
    if stated is None:
        return RULE.report(
            message, at=label, object=item.ref, field=("metadata", "labels", _LABEL), related=_where(config),
            help=f"add `{framework}` to `integrations.frameworks` of Kueue's Configuration",
        )  # fmt: skip
    return RULE.report(
        message, at=look.stated(stated, at("platform", "kueue", "frameworks")), object=item.ref,
        field=("metadata", "labels", _LABEL), related=(Related(label, "the job's queue"),),
        help=f"add `{framework}` to it, and to `integrations.frameworks` of the manager that runs",
    )  # fmt: skip


def _labelled(item: Item) -> bool:
    return bool(look.text(look.at(item.value, "metadata", "labels", _LABEL)))


def _managed(ctx: Context, config: Part | None, framework: str) -> bool:
    """Whether the framework is on; True where nobody says what Kueue was started with."""
    listed = _listed(ctx, config)
    if listed is not None:
        return framework in listed
    return not (framework.startswith("kubeflow.org/") and ctx.has(Feature.KUEUE_LEAVES_KUBEFLOW_V1))


def _stated(ctx: Context) -> Fact[tuple[str, ...]] | None:
    return ctx.cluster.jobs.systems.kueue_frameworks if ctx.cluster else None


def _listed(ctx: Context, config: Part | None) -> tuple[str, ...] | None:
    """The frameworks that somebody lists; None where the version's own list holds, or nothing tells."""
    found = look.at(config.value, "integrations", "frameworks") if config else None
    if isinstance(found, list):
        return tuple(entry for entry in found if isinstance(entry, str))
    stated = _stated(ctx)
    return stated.value if stated else None


def _where(config: Part | None) -> tuple[Related, ...]:
    if config is None:
        return ()
    return (Related(config.item.place_of((*config.route, "integrations")), "what Kueue manages"),)


CHECK = Check(RULE, reads=configs.KINDS | _KINDS | {"jobs"}, run=check)
