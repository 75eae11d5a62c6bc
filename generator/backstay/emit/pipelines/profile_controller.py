"""Patch of the profile controller: the store that it sets up new profiles with (multi-user installs)."""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.emit.parts import container_patch, env, pinned_env
from backstay.model.cluster import Cluster
from backstay.model.parts import Storage

SOURCE = (
    "kubeflow/pipelines manifests/kustomize/base/installs/multi-user/pipelines-profile-controller/sync.py"
)


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The environment that sync.py reads in this release."""
    if cluster.pipelines is not None and cluster.storage is not None and cluster.pipelines.multi_user:
        yield container_patch(
            "kubeflow-pipelines-profile-controller", cluster.pipelines.namespace, "profile-controller", SOURCE,
            env=pinned_env(env(_store(cluster, cluster.storage)), cluster.storage.pins.profile_controller_env),
        )  # fmt: skip


def _store(cluster: Cluster, storage: Storage) -> dict[str, Fact[str]]:
    store = storage.store
    if not cluster.has(Feature.PROFILE_ROOT_HARD_CODED):
        return {"KFP_DEFAULT_PIPELINE_ROOT": store.pipeline_root}
    return {"AWS_ENDPOINT_URL": store.url, "S3_ENDPOINT_URL": store.url}
