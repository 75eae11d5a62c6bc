"""ConfigMap per client, for `envFrom`: every name is one that the environment takes."""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.manifest import Manifest
from backstay.emit.callers.variables import Variables, of_channel, of_pool
from backstay.emit.parts import new_object
from backstay.model.callers import config_map
from backstay.model.cluster import Cluster
from backstay.model.network import Client, Service

SOURCE = "kubernetes envFrom (EnvFromSource)"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One in each of a client's namespaces; of a client without any beside the first service that it calls."""
    found: dict[str, Variables] = {}
    homes: dict[str, tuple[Fact[str], ...]] = {}
    for client, service, variables in _told(cluster):
        found.setdefault(client.name, {}).update(variables)
        homes.setdefault(client.name, client.namespaces or (_home(service),))
    for name, variables in found.items():
        for namespace in homes[name]:
            yield new_object(
                "callers", "v1", "ConfigMap", config_map(name), namespace, SOURCE, data=dict(variables)
            )


def _told(cluster: Cluster) -> Iterator[tuple[Client, Service, Variables]]:
    for channel in cluster.callers.channels:
        yield channel.client, channel.service, of_channel(channel)
    for pool in cluster.callers.pools:
        yield pool.client, pool.service, of_pool(pool)


def _home(service: Service) -> Fact[str]:
    return service.home.to(lambda home: home or "default")
