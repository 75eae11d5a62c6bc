"""JobSets: what one that people submit has to carry.

There is no patch of a JobSet in the base: `replicatedJobs` is a list that a merge replaces whole, with the images.
"""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.emit.training.failure import job_fields, jobset_policy
from backstay.emit.training.forms import submitted
from backstay.emit.training.pods import container, queue_labels, template
from backstay.model.cluster import Cluster
from backstay.model.jobs import Kind

API = "jobset.x-k8s.io/v1alpha2"
SOURCE = "kubernetes-sigs/jobset api/jobset/v1alpha2"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each JobSet; Trainer brings a JobSet of its own."""
    systems = cluster.jobs.systems
    if systems.jobset is None and systems.trainer is None:
        return
    for workload in cluster.jobs.of_kind(Kind.JOBSET):
        size = workload.replicas
        job = {
            "parallelism": size, "completions": size,
            **job_fields(cluster, workload, template(cluster, workload, [container(workload)])),
        }  # fmt: skip
        spec = {
            "failurePolicy": jobset_policy(cluster, workload),
            "replicatedJobs": [{"name": "workers", "replicas": 1, "template": {"spec": job}}],
        }
        yield submitted(workload, API, "JobSet", queue_labels(workload), SOURCE, spec)
