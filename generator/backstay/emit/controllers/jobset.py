"""JobSet's manager: its Configuration. Source: kubernetes-sigs/jobset api/config/v1alpha1 of v0.10 to v0.12."""

from collections.abc import Iterator

from backstay.core.manifest import Manifest, Role
from backstay.emit.parts import Body, fixed
from backstay.model.cluster import Cluster

SOURCE = "kubernetes-sigs/jobset config/components/manager/controller_manager_config.yaml"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The file; alpha gates stay off, as nothing that is emitted needs one."""
    if cluster.jobs.systems.jobset is not None:
        body: Body = {
            "apiVersion": "config.jobset.x-k8s.io/v1alpha1",
            "kind": "Configuration",
            "leaderElection": {"leaderElect": True},
            "internalCertManagement": {"enable": True},
        }
        yield Manifest("bundle/jobset.yaml", Role.BUNDLE, body, fixed(SOURCE))
