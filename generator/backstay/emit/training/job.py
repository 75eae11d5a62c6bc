"""Plain Jobs: a patch of one that stands in the base, or a file that says what a submitted one has to carry."""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.emit.training.failure import job_fields
from backstay.emit.training.forms import carried
from backstay.emit.training.pods import container, queue_labels, template
from backstay.model.cluster import Cluster
from backstay.model.jobs import Kind

SOURCE = "kubernetes/api batch/v1/types.go"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each Job. A merge finds the container by its name, so the image stays; the size is the base's."""
    for workload in cluster.jobs.of_kind(Kind.JOB):
        spec = job_fields(cluster, workload, template(cluster, workload, [container(workload)]))
        size = workload.replicas
        several = {"parallelism": size, "completions": size, "completionMode": "Indexed"}
        spec = {**(several if size.value > 1 and not workload.in_base else {}), **spec}
        yield carried(workload, "batch/v1", "Job", queue_labels(workload), SOURCE, spec)
