"""artifact-repositories: the run namespaces' own repository, which comes before the controller's."""

from collections.abc import Iterator

from backstay.core.manifest import Manifest, Role, YamlText
from backstay.emit.parts import MANAGED, Body, fixed
from backstay.emit.workflows.repository import artifact_repository
from backstay.model.cluster import Cluster

SOURCE = "argoproj/argo-workflows docs/artifact-repository-ref.md"
KEY = "default-namespaced"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One ConfigMap per run namespace, its default key annotated."""
    if cluster.workflows is None or cluster.storage is None:
        return
    for namespace in cluster.storage.run_namespaces:
        body: Body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "artifact-repositories",
                "namespace": namespace,
                "labels": MANAGED,
                "annotations": {"workflows.argoproj.io/default-artifact-repository": KEY},
            },
            "data": {KEY: YamlText(artifact_repository(cluster.storage.store))},
        }
        file = f"component/workflows/configmap-artifact-repositories-{namespace.value}.yaml"
        yield Manifest(file, Role.OBJECT, body, fixed(SOURCE))
