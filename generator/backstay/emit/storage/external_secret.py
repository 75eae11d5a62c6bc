"""ExternalSecret: the store's credentials, fetched into every namespace whose pods mount them."""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.manifest import Manifest
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.parts import ExternalRef, SecretRef

SOURCE = "external-secrets/external-secrets apis/externalsecrets/v1/externalsecret_types.go"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One in the Pipelines namespace and one in each run namespace, where the spec says where to fetch from."""
    secret = cluster.storage.store.credentials if cluster.storage else None
    if cluster.storage is None or secret is None or secret.external is None:
        return
    homes = (*((cluster.pipelines.namespace,) if cluster.pipelines else ()), *cluster.storage.run_namespaces)
    for namespace in {home.value: home for home in homes}.values():
        spec = _spec(secret, secret.external)
        yield new_object(
            "storage",
            "external-secrets.io/v1",
            "ExternalSecret",
            secret.name.value,
            namespace,
            SOURCE,
            spec=spec,
        )


def _spec(secret: SecretRef, external: ExternalRef) -> Body:
    return {
        "refreshInterval": "1h",
        "secretStoreRef": {"name": external.store, "kind": external.store_kind},
        "target": {"name": secret.name, "creationPolicy": "Owner"},
        "data": [
            _entry(secret.access_key, external.key, external.access_property),
            _entry(secret.secret_key, external.key, external.secret_property),
        ],
    }


def _entry(key: Fact[str], remote: Fact[str], part: Fact[str]) -> Body:
    return {"secretKey": key, "remoteRef": {"key": remote, "property": part}}
