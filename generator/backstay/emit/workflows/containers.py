"""Memory of the containers in every step's pod: the step's own where it says nothing, and Argo's executor beside it.

The executor runs as init and wait container. Without limits of its own it would take a namespace's default, which is
meant for steps. Source: argoproj/argo-workflows docs/workflow-controller-configmap.yaml (mainContainer, executor).
"""

from backstay.core.feature import Feature
from backstay.core.manifest import YamlText
from backstay.core.units import show_quantity
from backstay.emit.parts import Body
from backstay.model.cluster import Cluster
from backstay.upstream.own_pods import ARGO_EXECUTOR_LIMIT, ARGO_EXECUTOR_REQUEST

_HARDENED: Body = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""kubeflow/pipelines manifests/kustomize/third-party/argo/base/workflow-controller-configmap-patch.yaml, 2.16."""


def container_data(cluster: Cluster) -> Body:
    """`mainContainer` and `executor` of the controller's configuration, where the spec says what steps need."""
    steps = cluster.jobs.steps
    if steps is None or steps.default is None:
        return {}
    size = {"memory": steps.default.to(show_quantity)}
    return {
        "mainContainer": YamlText({"resources": {"requests": size, "limits": size}}),
        "executor": YamlText(_executor(cluster)),
    }


def _executor(cluster: Cluster) -> Body:
    """The install's own text is replaced whole, so what it says beside resources is said again."""
    resources = {
        "requests": {"memory": show_quantity(ARGO_EXECUTOR_REQUEST)},
        "limits": {"memory": show_quantity(ARGO_EXECUTOR_LIMIT)},
    }
    hardened: Body = {"securityContext": _HARDENED} if cluster.has(Feature.HARDENED_EXECUTOR) else {}
    return {"imagePullPolicy": "IfNotPresent", "resources": resources, **hardened}
