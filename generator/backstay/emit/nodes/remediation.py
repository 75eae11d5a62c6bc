"""NodeHealthCheck, SelfNodeRemediationTemplate and SelfNodeRemediationConfig: a lost node is fenced, then its pods go.

Sources: medik8s node-healthcheck-operator api/v1alpha1 (0.12) and self-node-remediation api/v1alpha1 (0.13): the
operator reads the config of this name in its own namespace only; selectors of several checks must not overlap;
Automatic takes the out-of-service taint where the API server has it.
"""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.manifest import Manifest
from backstay.core.units import show_seconds
from backstay.emit.parts import Body, new_object
from backstay.emit.pods import whole_seconds
from backstay.model.cluster import Cluster
from backstay.model.jobs import NodePool, Recovery, Strategy

NHC = "remediation.medik8s.io/v1alpha1"
SNR = "self-node-remediation.medik8s.io/v1alpha1"
CHECK_SOURCE = "medik8s/node-healthcheck-operator api/v1alpha1/nodehealthcheck_types.go"
FENCE_SOURCE = "medik8s/self-node-remediation api/v1alpha1"
TEMPLATE = "backstay"
CONFIG = "self-node-remediation-config"
WORKERS: Body = {
    "matchExpressions": [{"key": "node-role.kubernetes.io/control-plane", "operator": "DoesNotExist"}]
}


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """All three, where the strategy is self-node-remediation."""
    recovery = cluster.jobs.recovery
    if recovery is None or recovery.strategy.value is not Strategy.SELF_NODE_REMEDIATION:
        return
    space = recovery.remediation_namespace
    for name, selector in _selectors(cluster.jobs.pools):
        yield new_object(
            "nodes", NHC, "NodeHealthCheck", name, "", CHECK_SOURCE, spec=_check(recovery, selector)
        )
    yield new_object(
        "nodes", SNR, "SelfNodeRemediationTemplate", TEMPLATE, space, FENCE_SOURCE,
        spec={"template": {"spec": {"remediationStrategy": "Automatic"}}},
    )  # fmt: skip
    yield new_object(
        "nodes", SNR, "SelfNodeRemediationConfig", CONFIG, space, FENCE_SOURCE,
        spec={"safeTimeToAssumeNodeRebootedSeconds": recovery.fenced_in.to(whole_seconds)},
    )  # fmt: skip


def _selectors(pools: tuple[NodePool, ...]) -> Iterator[tuple[str, Body]]:
    """A check for each pool that has labels of its own; one for all workers where any has none."""
    if pools and all(pool.node_labels for pool in pools):
        for pool in pools:
            yield pool.name, {"matchLabels": dict(pool.node_labels)}
    else:
        yield "workers", WORKERS


def _check(recovery: Recovery, selector: Body) -> Body:
    lasting = recovery.unhealthy_for.to(show_seconds)
    return {
        "selector": selector,
        "minHealthy": _count(recovery.min_healthy),
        "unhealthyConditions": [
            {"type": "Ready", "status": status, "duration": lasting} for status in ("False", "Unknown")
        ],
        "remediationTemplate": {
            "apiVersion": SNR,
            "kind": "SelfNodeRemediationTemplate",
            "name": TEMPLATE,
            "namespace": recovery.remediation_namespace,
        },
    }


def _count(stated: Fact[str]) -> Fact[str] | Fact[int]:
    """A number of nodes is a number, a share of them a text."""
    return stated if stated.value.endswith("%") else stated.to(int)
