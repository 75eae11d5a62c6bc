"""Role and RoleBinding: what the account that runs steps has to be allowed."""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.parts import Pipelines

SOURCE = (
    "argoproj/argo-workflows docs/workflow-rbac.md; kubeflow/pipelines pipeline-runner-role.yaml, "
    "kubeflow/pipelines#13986 (3.0)"
)
NAME = "backstay-run-access"
API = "rbac.authorization.k8s.io"
RULES: list[Body] = [
    {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["get"]},
    {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]},
]
WITHOUT_METADATA_STORE: list[Body] = [
    {"apiGroups": ["pipelines.kubeflow.org"], "resources": ["runs"], "verbs": ["get", "list", "update"]},
    {"apiGroups": ["pipelines.kubeflow.org"], "resources": ["artifacts"], "verbs": ["get", "list", "create"]},
]
"""What steps ask the API server for where no metadata store keeps runs and artifacts."""


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """Both, in each run namespace."""
    if cluster.pipelines is None or cluster.storage is None:
        return
    rules = RULES if cluster.has(Feature.METADATA_STORE) else RULES + WITHOUT_METADATA_STORE
    for namespace in cluster.storage.run_namespaces:
        yield new_object("pipelines", f"{API}/v1", "Role", NAME, namespace, SOURCE, rules=rules)
        yield new_object(
            "pipelines", f"{API}/v1", "RoleBinding", NAME, namespace, SOURCE,
            roleRef={"apiGroup": API, "kind": "Role", "name": NAME},
            subjects=[_account(cluster.pipelines, namespace)],
        )  # fmt: skip


def _account(pipelines: Pipelines, namespace: Fact[str]) -> Body:
    home = namespace if pipelines.multi_user else pipelines.namespace
    return {"kind": "ServiceAccount", "name": pipelines.run_account, "namespace": home}
