"""What the configuration file of Kueue's install holds per release line: a file of ours replaces it whole.

Sources: kubernetes-sigs/kueue config/components/manager/controller_manager_config.yaml at v0.14.0, v0.15.0, v0.18.3,
v0.19.2; apis/config/v1beta2/defaults.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from backstay.upstream.versions import order

_V1 = tuple(f"kubeflow.org/{kind}" for kind in ("paddlejob", "pytorchjob", "tfjob", "xgboostjob", "jaxjob"))
_OFTEN = ("batch/job", "kubeflow.org/mpijob", "ray.io/rayjob", "ray.io/raycluster", "jobset.x-k8s.io/jobset")
_LATER = ("ray.io/rayservice", "pod", "deployment", "statefulset", "leaderworkerset.x-k8s.io/leaderworkerset")
_ALL = (*_OFTEN, "workload.codeflare.dev/appwrapper", "trainer.kubeflow.org/trainjob")
_SLOW = {
    "Job.batch": 5,
    "Pod": 5,
    "Workload.kueue.x-k8s.io": 5,
    "LocalQueue.kueue.x-k8s.io": 1,
    "Cohort.kueue.x-k8s.io": 1,
    "ClusterQueue.kueue.x-k8s.io": 1,
    "ResourceFlavor.kueue.x-k8s.io": 1,
}
_FAST = _SLOW | {
    "Workload.kueue.x-k8s.io": 10,
    "LocalQueue.kueue.x-k8s.io": 5,
    "ClusterQueue.kueue.x-k8s.io": 5,
}
LEADER_ELECTION = "c1f6bfd2.kueue.x-k8s.io"
READY_TIMEOUT_MS = 30 * 60_000
"""What 0.19 itself waits for an admitted workload's pods."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What a release line's install says: its concurrency, how fast it asks the API server, what it manages."""

    concurrency: Mapping[str, int]
    qps: int
    burst: int
    frameworks: tuple[str, ...]


def shipped(line: str) -> Shipped:
    """The file of a line; `pod` and the services joined the list with 0.18, the Training Operator's kinds left it with 0.19."""
    if order(line) >= order("0.19"):
        return Shipped(_FAST, 300, 500, (*_ALL, *_LATER))
    later = _LATER if order(line) >= order("0.18") else ()
    return Shipped(_SLOW, 50, 100, (*_ALL, *_V1, *later))
