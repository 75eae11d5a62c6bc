"""TrainingRuntime: a retry policy's home in Trainer v2, as a TrainJob has none.

The runtime names no image: the TrainJob's `trainer.image` is the user's. One runtime a workload, in its namespace.
Sources: kubeflow/trainer pkg/apis/trainer/v1alpha1, manifests/base/runtimes/torch_distributed.yaml (the container and
the replicated job are called `node`; the label tells the controller which job is the trainer).
"""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.emit.parts import Body, new_object
from backstay.emit.training.failure import job_fields, jobset_policy
from backstay.emit.training.pods import container, template
from backstay.model.cluster import Cluster
from backstay.model.jobs import Kind, Layer, Workload

API = "trainer.kubeflow.org/v1alpha1"
SOURCE = "kubeflow/trainer manifests/base/runtimes/torch_distributed.yaml"
STEP = {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}}


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each workload that Trainer runs."""
    if cluster.jobs.systems.trainer is None:
        return
    for workload in cluster.jobs.of_kind(Kind.TRAINJOB):
        jobset: Body = {
            "failurePolicy": jobset_policy(cluster, workload),
            "replicatedJobs": [
                {"name": "node", "template": {"metadata": STEP, "spec": _job(cluster, workload)}}
            ],
        }
        spec: Body = {
            "mlPolicy": {"numNodes": workload.replicas, "torch": {}},
            "template": {"spec": jobset},
        }
        name = workload.name
        yield new_object("training", API, "TrainingRuntime", name, workload.namespace, SOURCE, spec=spec)


def _job(cluster: Cluster, workload: Workload) -> Body:
    restarts = workload.retries(Layer.TORCHRUN)
    more: Body = {}
    if restarts is not None and restarts.value:
        # torchrun reads each of its flags from the environment, too (torch/distributed/argparse_util.py).
        more["env"] = [{"name": "PET_MAX_RESTARTS", "value": restarts.to(str)}]
    return job_fields(cluster, workload, template(cluster, workload, [container(workload, **more)]))
