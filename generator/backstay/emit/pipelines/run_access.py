"""Role and RoleBinding: what the account that runs steps has to be allowed."""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.manifest import Manifest
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.parts import Pipelines

SOURCE = "argoproj/argo-workflows docs/workflow-rbac.md; kubeflow/pipelines pipeline-runner-role.yaml"
NAME = "backstay-run-access"
API = "rbac.authorization.k8s.io"
RULES: list[Body] = [
    {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["get"]},
    {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]},
]


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """Both, in each run namespace."""
    if cluster.pipelines is None or cluster.storage is None:
        return
    for namespace in cluster.storage.run_namespaces:
        yield new_object("pipelines", f"{API}/v1", "Role", NAME, namespace, SOURCE, rules=RULES)
        yield new_object(
            "pipelines", f"{API}/v1", "RoleBinding", NAME, namespace, SOURCE,
            roleRef={"apiGroup": API, "kind": "Role", "name": NAME},
            subjects=[_account(cluster.pipelines, namespace)],
        )  # fmt: skip


def _account(pipelines: Pipelines, namespace: Fact[str]) -> Body:
    home = namespace if pipelines.multi_user else pipelines.namespace
    return {"kind": "ServiceAccount", "name": pipelines.run_account, "namespace": home}
