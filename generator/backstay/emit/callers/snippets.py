"""Code for callers: what reads the ConfigMap's variables, in the words of a runtime's usual libraries.

One file a client and service, with the cluster's numbers where the environment has none. Sources: SQLAlchemy
create_engine, go database/sql, brettwooldridge/HikariCP HikariConfig, grpc-go DialOption, grpc Python channel options,
grpc-java ManagedChannelBuilder.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.core.fact import join
from backstay.core.manifest import SCRIPT, Manifest, Role
from backstay.emit.callers.service_config import plain, service_config
from backstay.emit.callers.variables import Variables, of_channel, of_pool
from backstay.emit.parts import fixed
from backstay.model.callers import CallerPool, Channel, prefix
from backstay.model.cluster import Cluster
from backstay.model.network import Client, Protocol, Runtime, Service
from backstay.text.script import fill

SOURCE = "the libraries' own references"
_SQL = frozenset({Protocol.MYSQL, Protocol.POSTGRES})
_ENDINGS = {Runtime.CORE: "py", Runtime.GO: "go", Runtime.JAVA: "java"}
_POOL_ENDINGS = {**_ENDINGS, Runtime.JAVA: "properties"}


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable as templates need it; `literal` is its value as the languages spell a text."""

    name: str
    value: str

    @property
    def literal(self) -> str:
        return json.dumps(self.value, ensure_ascii=False)


class _Variables(dict[str, _Variable | None]):
    """Variables by what follows the service's name; those that are not there are None."""

    def __missing__(self, _key: str) -> None:
        return None


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The files of every client, under bundle/clients."""
    for pool in cluster.callers.pools:
        if pool.service.protocol in _SQL and pool.client.runtime in _POOL_ENDINGS:
            yield _of_pool(cluster, pool)
    for channel in cluster.callers.channels:
        if channel.client.runtime in _ENDINGS:
            yield _of_channel(cluster, channel)


def _of_pool(cluster: Cluster, pool: CallerPool) -> Manifest:
    ending = _POOL_ENDINGS[pool.client.runtime]
    return _file(cluster, "pool", ending, pool.client, pool.service, of_pool(pool))


def _of_channel(cluster: Cluster, channel: Channel) -> Manifest:
    ending, config = _ENDINGS[channel.client.runtime], service_config(channel)
    java = "" if config is None else _java(plain(config))
    return _file(
        cluster, "channel", ending, channel.client, channel.service, of_channel(channel), config=java
    )


def _file(cluster: Cluster, what: str, ending: str, client: Client, service: Service, variables: Variables,
          **more: object) -> Manifest:  # fmt: skip
    snake = prefix(service.name).lower()
    camel = "".join(word.capitalize() for word in snake.split("_"))
    text = fill(
        f"{what}.{ending}", cluster=cluster.name, service=service.name, snake=snake, camel=camel,
        v=_known(variables, prefix(service.name)), **more,
    )  # fmt: skip
    stem = f"{camel}{what.capitalize()}" if ending == "java" else f"{snake}_{what}"
    body = {SCRIPT: join(text, *variables.values())}
    return Manifest(f"bundle/clients/{client.name}/{stem}.{ending}", Role.BUNDLE, body, fixed(SOURCE))


def _known(variables: Variables, start: str) -> Mapping[str, _Variable | None]:
    return _Variables(
        {name.removeprefix(f"{start}_"): _Variable(name, fact.value) for name, fact in variables.items()}
    )


def _java(value: object) -> str:
    """A value of JSON as grpc-java takes it: maps, lists, texts, booleans, and all numbers as doubles."""
    if isinstance(value, dict):
        return f"Map.of({', '.join(f'{_java(key)}, {_java(below)}' for key, below in value.items())})"
    if isinstance(value, list):
        return f"List.of({', '.join(map(_java, value))})"
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    return repr(float(str(value)))
