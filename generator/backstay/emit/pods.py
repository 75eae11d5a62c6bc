"""What all pods of jobs share, whoever makes them.

How long they stay on a lost node, whether Kueue may delete them by force, how their Jobs answer each end of a pod.

Sources: kubernetes/api core/v1 (Toleration), batch/v1 types.go (PodFailurePolicy: in order, the first match decides);
kueue keps/6757-failure-recovery-policy (the annotation, and its name before 0.17).
"""

from collections.abc import Iterator

from backstay.core.fact import Fact, join
from backstay.core.feature import Feature
from backstay.emit.parts import Body
from backstay.model.cluster import Cluster
from backstay.model.jobs import Cause, Strategy, Workload

OOM_KILLED = 137
"""128 + SIGKILL: what the kernel's OOM killer leaves."""
IGNORE_DISRUPTIONS: Body = {
    "action": "Ignore",
    "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
}
_LOST = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def tolerations(waits: Fact[int] | None) -> list[Body]:
    """How long pods stay on a node that is not ready or cannot be reached; `waits` in milliseconds."""
    if waits is None:
        return []
    seconds = waits.to(whole_seconds)
    return [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}
        for key in _LOST
    ]


def force_delete(cluster: Cluster, workload: Workload) -> Body:
    """The annotation that lets Kueue delete what is left on a lost node, where the spec says that it does no harm."""
    recovery, safe = cluster.jobs.recovery, workload.restart_safe
    if recovery is None or safe is None or recovery.strategy.value is not Strategy.KUEUE:
        return {}
    verb = "delete" if cluster.has(Feature.KUEUE_FORCEFULLY_DELETE) else "terminate"
    return {f"kueue.x-k8s.io/safe-to-forcefully-{verb}": join("true", safe, recovery.strategy)}


def failure_rules(causes: frozenset[Cause], container: object) -> Iterator[Body]:
    """The rules of a podFailurePolicy: what is no fault of the pod first, then what trying again cannot mend.

    An exit that no rule takes counts against the backoffLimit.
    """
    if Cause.DISRUPTION in causes:
        yield IGNORE_DISRUPTIONS
    if Cause.OOM not in causes and Cause.FAILURE in causes:
        yield on_exit("FailJob", container, "In", OOM_KILLED)
    if Cause.OOM in causes and Cause.FAILURE not in causes:
        yield on_exit("Count", container, "In", OOM_KILLED)
    yield on_exit("Count" if Cause.FAILURE in causes else "FailJob", container, "NotIn", 0)


def on_exit(action: str, container: object, operator: str, code: int) -> Body:
    """A rule about one exit code of a container."""
    return {
        "action": action,
        "onExitCodes": {"containerName": container, "operator": operator, "values": [code]},
    }


def whole_seconds(ms: int) -> int:
    """Milliseconds as whole seconds, rounded up."""
    return -(-ms // 1000)
