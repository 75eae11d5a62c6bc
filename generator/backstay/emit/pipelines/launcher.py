"""kfp-launcher: where a run keeps its artifacts, in every namespace that runs pipelines."""

from collections.abc import Iterator

from backstay.core.feature import Feature
from backstay.core.manifest import Manifest, YamlText
from backstay.emit.parts import Body, new_object, new_patch
from backstay.model.cluster import Cluster
from backstay.model.parts import Storage, Store

SOURCE = "kubeflow/pipelines backend/src/v2/config/env.go"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """A ConfigMap per run namespace; a patch where the install already has one."""
    if cluster.pipelines is None or cluster.storage is None:
        return
    for namespace in cluster.storage.run_namespaces:
        data = launcher_data(cluster, cluster.storage)
        if namespace.value == cluster.pipelines.namespace.value:
            yield new_patch("v1", "ConfigMap", "kfp-launcher", namespace, SOURCE, data=data)
        else:
            yield new_object("pipelines", "v1", "ConfigMap", "kfp-launcher", namespace, SOURCE, data=data)


def launcher_data(cluster: Cluster, storage: Storage) -> Body:
    """The ConfigMap's data as this release reads it."""
    data: Body = {"defaultPipelineRoot": storage.store.pipeline_root}
    if cluster.has(Feature.LAUNCHER_PROVIDERS):
        data["providers"] = YamlText(
            {storage.store.scheme.value: {"default": _provider(cluster, storage.store)}}
        )
    return data | dict(storage.pins.launcher)


def _provider(cluster: Cluster, store: Store) -> Body:
    provider: Body = {
        "endpoint": store.endpoint,
        "region": store.region,
        "disableSSL": store.secure.to(lambda secure: not secure),
        "credentials": _credentials(store),
    }
    if cluster.has(Feature.LAUNCHER_FORCE_PATH_STYLE):
        provider["forcePathStyle"] = True
    if store.credentials is None and not cluster.has(Feature.LAUNCHER_ENVIRONMENT_KEEPS_ENDPOINT):
        # These releases ignore the three beside fromEnv; stating them would only look as if they counted.
        return {"credentials": provider["credentials"]}
    return provider


def _credentials(store: Store) -> Body:
    if store.credentials is None:
        return {"fromEnv": True}
    return {
        "fromEnv": False,
        "secretRef": {
            "secretName": store.credentials.name,
            "accessKeyKey": store.credentials.access_key,
            "secretKeyKey": store.credentials.secret_key,
        },
    }
