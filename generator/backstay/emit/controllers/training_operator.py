"""Training Operator v1: it has no configuration file and no flag about termination; these are its flags, stated.

Source: kubeflow/training-operator cmd/training-operator.v1/main.go.
"""

from collections.abc import Iterator

from backstay.core.manifest import Manifest, Role
from backstay.emit.parts import fixed
from backstay.model.cluster import Cluster

SOURCE = "kubeflow/training-operator cmd/training-operator.v1/main.go"
FLAGS = ("--leader-elect=true", "--controller-threads=1", "--kube-api-qps=20", "--kube-api-burst=30")


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The arguments of its container."""
    if cluster.jobs.systems.training_operator is not None:
        body = {"args": list(FLAGS)}
        yield Manifest("bundle/training-operator.yaml", Role.BUNDLE, body, fixed(SOURCE))
