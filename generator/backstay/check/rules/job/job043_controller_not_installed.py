"""A workload of a kind that nothing on the cluster runs.

PyTorchJobs are run by the Training Operator, TrainJobs by Trainer, JobSets by JobSet (Trainer brings one of its own), ZenML
pipelines by ZenML. Nothing is emitted for a kind whose controller the spec does not name.

Breaks: the object is refused, or stays as it was written: no pods, no retries, no recovery.
Bad:
    workloads: {train: {kind: jobset, namespace: team-a, runsFor: 1h}}
Good:
    platform: {jobset: "0.12"}
    workloads: {train: {kind: jobset, namespace: team-a, runsFor: 1h}}
Source: kubeflow/trainer manifests/base/crds, kubernetes-sigs/jobset config/components/crd
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.model.cluster import NO_JOBS
from backstay.model.jobs import Kind

RULE = rule(__doc__, "JOB043", "controller-not-installed")

_NEEDS = {
    Kind.PYTORCHJOB: ("the Training Operator", ("training_operator",), 'trainingOperator: "1.9"'),
    Kind.TRAINJOB: ("Trainer", ("trainer",), 'trainer: "2.3"'),
    Kind.JOBSET: ("JobSet", ("jobset", "trainer"), 'jobset: "0.12"'),
    Kind.ZENML: ("ZenML", ("zenml",), 'zenml: "0.98"'),
}
"""What runs a kind: in words, the installed systems of which one is enough, and what to write."""


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the kind of every workload."""
    jobs = ctx.cluster.jobs if ctx.cluster else NO_JOBS
    for workload in jobs.workloads:
        name, systems, line = _NEEDS.get(workload.kind, ("", (), ""))
        if systems and not any(system in jobs.systems.installed for system in systems):
            yield RULE.report(
                f"{workload.name} is a {workload.kind.value}, and nothing on this cluster runs those: {name} is not installed",
                at=Place(route=(*workload.place.route, "kind")),
                help=f"write `platform: {{{line}}}` with the version that is installed, or choose another `kind`",
            )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"jobs", "workloads"}), run=check)
