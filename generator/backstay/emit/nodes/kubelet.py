"""The kubelet's shutdown periods, as a drop-in for each pool's nodes (`--config-dir`).

Nothing in a cluster applies it: node images and machine configurations do. Source: kubernetes
staging/src/k8s.io/kubelet/config/v1beta1/types.go (regular pods get the difference of the two periods).
"""

from collections.abc import Iterator

from backstay.core.manifest import Manifest, Role
from backstay.core.units import show_seconds
from backstay.emit.parts import Body, fixed
from backstay.model.cluster import Cluster

SOURCE = "kubernetes staging/src/k8s.io/kubelet/config/v1beta1/types.go"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each pool whose workloads need time to end."""
    for pool in cluster.jobs.pools:
        if pool.shutdown_grace is not None and pool.shutdown_grace_critical is not None:
            body: Body = {
                "apiVersion": "kubelet.config.k8s.io/v1beta1",
                "kind": "KubeletConfiguration",
                "shutdownGracePeriod": pool.shutdown_grace.to(show_seconds),
                "shutdownGracePeriodCriticalPods": pool.shutdown_grace_critical.to(show_seconds),
            }
            yield Manifest(f"bundle/kubelet/{pool.name}.yaml", Role.BUNDLE, body, fixed(SOURCE))
