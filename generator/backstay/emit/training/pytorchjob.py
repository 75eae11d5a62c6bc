"""PyTorchJobs: what ends and restarts them; a patch of one in the base, or what a submitted one has to carry.

A custom resource's lists are replaced whole by a merge, so the patch leaves containers alone. `activeDeadlineSeconds`
is looked at only when something else happens to the job (kubeflow/trainer#3358): it stands beside Kueue's label, or
where the spec states a deadline. Finished jobs give their GPUs back: cleanPodPolicy Running.
"""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.emit.parts import Body
from backstay.emit.training.forms import carried
from backstay.emit.training.pods import container, queue_labels, seconds, template
from backstay.model.cluster import Cluster
from backstay.model.jobs import Kind, Layer, Workload

API = "kubeflow.org/v1"
SOURCE = "kubeflow/training-operator pkg/apis/kubeflow.org/v1/{common,pytorch}_types.go"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each PyTorchJob."""
    if cluster.jobs.systems.training_operator is not None:
        for workload in cluster.jobs.of_kind(Kind.PYTORCHJOB):
            spec = _spec(cluster, workload)
            yield carried(workload, API, "PyTorchJob", queue_labels(workload), SOURCE, spec)


def _spec(cluster: Cluster, workload: Workload) -> Body:
    restarts = workload.retries(Layer.TORCHRUN)
    elastic: Body = {"elasticPolicy": {"maxRestarts": restarts}} if restarts and restarts.value else {}
    return {
        **elastic,
        "runPolicy": _run_policy(workload),
        "pytorchReplicaSpecs": dict(_replicas(cluster, workload, elastic=bool(elastic))),
    }


def _run_policy(workload: Workload) -> Body:
    policy: Body = {"cleanPodPolicy": "Running", "backoffLimit": workload.backoff_limit}
    deadline = workload.deadline
    if deadline is not None and (workload.queue is not None or deadline.is_stated):
        policy["activeDeadlineSeconds"] = seconds(deadline)
    return policy


def _replicas(cluster: Cluster, workload: Workload, *, elastic: bool) -> Iterator[tuple[str, Body]]:
    """A master and workers; an elastic job has workers only."""
    size = workload.replicas
    pods = template(cluster, workload, None if workload.in_base else [container(workload)])
    common: Body = {"restartPolicy": workload.restart_policy, "template": pods}
    if elastic:
        yield "Worker", {"replicas": size, **common}
        return
    yield "Master", {"replicas": 1, **common}
    if size.value > 1:
        yield "Worker", {"replicas": size.to(lambda count: count - 1), **common}
