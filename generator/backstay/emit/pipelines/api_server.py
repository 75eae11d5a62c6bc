"""Patch of ml-pipeline: the API server's own idea of the store."""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.manifest import Manifest
from backstay.emit.parts import Body, container_patch, env, pinned_env, secret_env
from backstay.model.cluster import Cluster
from backstay.model.parts import Store

SOURCE = "kubeflow/pipelines backend/src/apiserver/client_manager/client_manager.go"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The environment that viper reads as ObjectStoreConfig."""
    if cluster.pipelines is None or cluster.storage is None:
        return
    store = cluster.storage.store
    variables = env({
        "OBJECTSTORECONFIG_HOST": store.host,
        "OBJECTSTORECONFIG_PORT": store.port.to(str),
        "OBJECTSTORECONFIG_SECURE": store.secure.to(lambda secure: "true" if secure else "false"),
        "OBJECTSTORECONFIG_REGION": store.region,
        "OBJECTSTORECONFIG_BUCKETNAME": store.bucket,
    })  # fmt: skip
    yield container_patch(
        "ml-pipeline", cluster.pipelines.namespace, "ml-pipeline-api-server", SOURCE,
        env=pinned_env((*variables, *_keys(store)), cluster.storage.pins.api_server_env),
    )  # fmt: skip


def _keys(store: Store) -> list[Body]:
    names = ("OBJECTSTORECONFIG_ACCESSKEY", "OBJECTSTORECONFIG_SECRETACCESSKEY")
    if store.credentials is None:
        # Empty, not absent: without them the image's config.json supplies its demo keys.
        return env({name: Fact("", store.host.origins) for name in names})
    secret = store.credentials
    return [
        secret_env(names[0], secret.name, secret.access_key),
        secret_env(names[1], secret.name, secret.secret_key),
    ]
