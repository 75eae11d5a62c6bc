"""The taint `out-of-service` is part of a node's configuration, or on a node that is Ready.

The taint tells the control plane that a machine is surely off. Whoever verified that sets it, on a node that is not
ready, and takes it away afterwards.

Not judged: Nodes as they stand in a cluster whose Ready condition is not True, where the taint does its work.

Breaks: on a healthy node it evicts everything as any NoExecute taint does, frees nothing by force, and nobody takes it
away; after the node's death volumes are detached without a proof that it is off.
Bad:
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    registerWithTaints: [{key: node.kubernetes.io/out-of-service, effect: NoExecute}]
Good:
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    registerWithTaints: [{key: nvidia.com/gpu, effect: NoSchedule}]
Source: kubernetes/enhancements KEP 2268; kubernetes/kubernetes pkg/controller/podgc/gc_controller.go
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB013", "static-out-of-service-taint")

_TAINT = "node.kubernetes.io/out-of-service"
_CONFIGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "KubeletConfiguration": (("registerWithTaints",),),
    "InitConfiguration": (("nodeRegistration", "taints"),),
    "JoinConfiguration": (("nodeRegistration", "taints"),),
    "NodePool": (("spec", "template", "spec", "taints"), ("spec", "template", "spec", "startupTaints")),
    "ResourceFlavor": (("spec", "nodeTaints"),),
}
"""Where kubelets, kubeadm, Karpenter and Kueue say which taints nodes have."""


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge what configures nodes, and Nodes."""
    for kind, routes in _CONFIGS.items():
        for item in ctx.of_kind(kind):
            for route in routes:
                yield from _judge(ctx, whole(item), route, "is part of a configuration")
    for item in ctx.of_kind("Node"):
        ready = _ready(whole(item))
        if ready in (None, "True"):
            where = "is on a node that is Ready" if ready else "is part of a manifest"
            yield from _judge(ctx, whole(item), ("spec", "taints"), where)


def _judge(ctx: Context, part: Part, route: tuple[str, ...], where: str) -> Iterator[Diagnostic]:
    for taint in part.each(*route):
        if taint.get("key") == _TAINT:
            yield ctx.report(RULE, part.item, taint.route, f"the taint out-of-service {where}",
                             "leave it to the remediation that has seen the machine off")  # fmt: skip


def _ready(node: Part) -> object:
    """The status of a Node's Ready condition; None when the manifest has none."""
    conditions = node.each("status", "conditions")
    return next((one.get("status") for one in conditions if one.get("type") == "Ready"), None)


CHECK = Check(RULE, reads=frozenset(_CONFIGS) | {"Node"}, run=check)
