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
DISRUPTED = [{"type": "DisruptionTarget", "status": "True"}]
"""What says of a pod that it was evicted, drained or lost with its node."""
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


def node_labels(cluster: Cluster, workload: Workload) -> Body:
    """What chooses the nodes of the workload's pool; nothing where the pool is open or its nodes have no labels."""
    pool = cluster.jobs.pool_of(workload)
    if pool is None or workload.pool is None:
        return {}
    return {key: join(label.value, label, workload.pool) for key, label in pool.node_labels.items()}


def force_delete(cluster: Cluster, workload: Workload) -> Body:
    """The annotation that lets Kueue delete what is left on a lost node, where the spec says that it does no harm."""
    recovery, safe = cluster.jobs.recovery, workload.restart_safe
    if recovery is None or safe is None or recovery.strategy.value is not Strategy.KUEUE:
        return {}
    verb = "delete" if cluster.has(Feature.KUEUE_FORCEFULLY_DELETE) else "terminate"
    return {f"kueue.x-k8s.io/safe-to-forcefully-{verb}": join("true", safe, recovery.strategy)}


def failure_rules(causes: Fact[frozenset[Cause]], container: Fact[str]) -> Iterator[Body]:
    """The rules of a podFailurePolicy: what is no fault of the pod first, then what trying again cannot mend.

    An exit that no rule takes counts against the backoffLimit.
    """
    if Cause.DISRUPTION in causes.value:
        yield on_disruption("Ignore", causes)
    oom, failure = Cause.OOM in causes.value, Cause.FAILURE in causes.value
    if oom != failure:
        yield on_exit("Count" if oom else "FailJob", container, "In", OOM_KILLED, causes)
    yield on_exit("Count" if failure else "FailJob", container, "NotIn", 0, causes)


def on_disruption(action: str, *why: Fact[object]) -> Body:
    """A rule about pods that were evicted, drained or lost; `why` are the facts that it is there for."""
    return {"action": join(action, *why), "onPodConditions": DISRUPTED}


def on_exit(action: str, container: Fact[str], operator: str, code: int, *why: Fact[object]) -> Body:
    """A rule about one exit code of a container; `why` are the facts that it is there for."""
    exits: Body = {"containerName": container, "operator": join(operator, *why), "values": [join(code, *why)]}
    return {"action": join(action, *why), "onExitCodes": exits}


def whole_seconds(ms: int) -> int:
    """Milliseconds as whole seconds, rounded up."""
    return -(-ms // 1000)
