"""Patch of ml-pipeline-ui: where the UI reads artifacts and archived logs."""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.manifest import Manifest
from backstay.emit.parts import Body, container_patch, env, pinned_env, secret_env
from backstay.model.cluster import Cluster
from backstay.model.parts import Store

SOURCE = "kubeflow/pipelines frontend/server/configs.ts"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The environment for the store and for the log archive."""
    if cluster.pipelines is None or cluster.storage is None:
        return
    store = cluster.storage.store
    yield container_patch(
        "ml-pipeline-ui", cluster.pipelines.namespace, "ml-pipeline-ui", SOURCE,
        env=pinned_env((*_store(store), *_archive(store)), cluster.storage.pins.ui_env),
    )  # fmt: skip


def _store(store: Store) -> list[Body]:
    secure = store.secure.to(lambda on: "true" if on else "false")
    variables = env({
        "MINIO_HOST": store.host,
        # The server appends it to the host: empty, because the host is written out.
        "MINIO_NAMESPACE": Fact("", store.host.origins),
        "MINIO_PORT": store.port.to(str),
        "MINIO_SSL": secure,
    })  # fmt: skip
    variables += _keys("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", store)
    if store.scheme.value == "s3":
        variables += env({"AWS_S3_ENDPOINT": store.endpoint, "AWS_REGION": store.region, "AWS_SSL": secure})
        variables += _keys("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", store)
    return variables


def _keys(access: str, secret: str, store: Store) -> list[Body]:
    if store.credentials is None:
        return []
    found = store.credentials
    return [
        secret_env(access, found.name, found.access_key),
        secret_env(secret, found.name, found.secret_key),
    ]


def _archive(store: Store) -> list[Body]:
    return env({
        "ARGO_ARCHIVE_LOGS": Fact("true", store.bucket.origins),
        "ARGO_ARCHIVE_ARTIFACTORY": store.scheme,
        "ARGO_ARCHIVE_BUCKETNAME": store.bucket,
        "ARGO_KEYFORMAT": store.key_format,
    })  # fmt: skip
