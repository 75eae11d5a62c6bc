"""What a cluster's emitted manifests say to istiod and to the two applications of a call."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from backstay.core.manifest import Plain, Role, Settled
from backstay.core.units import read_duration
from backstay.model.callers import (
    channel_arguments_variable,
    config_map,
    prefix,
    server_config_map,
    server_prefix,
    service_config_variable,
)
from backstay.model.cluster import Cluster
from backstay.model.network import Call, Service
from backstay.prove.istiod import Struct
from backstay.prove.istiod.shape import labels, struct, structs, text, texts
from backstay.upstream import grpc

Arguments = dict[str, int | str]
"""gRPC channel arguments by name."""

SERVER_FLAG = "--grpc_channel_arguments="
"""How the metadata store takes them (google/ml-metadata metadata_store_server_main.cc)."""
_TIMES = {
    "KEEPALIVE_TIME": grpc.KEEPALIVE_TIME, "KEEPALIVE_TIMEOUT": grpc.KEEPALIVE_TIMEOUT,
    "KEEP_ALIVE_TIME_MS": grpc.KEEPALIVE_TIME, "KEEP_ALIVE_TIMEOUT_MS": grpc.KEEPALIVE_TIMEOUT,
}  # fmt: skip
_SWITCHES = ("KEEPALIVE_PERMIT_WITHOUT_STREAM", "KEEP_ALIVE_WITHOUT_CALLS")

_SERVER_TIMES = {
    "KEEPALIVE_MIN_TIME": grpc.MIN_PING_INTERVAL, "PERMIT_KEEP_ALIVE_TIME_MS": grpc.MIN_PING_INTERVAL,
    "MAX_CONNECTION_IDLE": grpc.MAX_IDLE, "MAX_CONNECTION_IDLE_MS": grpc.MAX_IDLE,
    "MAX_CONNECTION_AGE": grpc.MAX_AGE, "MAX_CONNECTION_AGE_MS": grpc.MAX_AGE,
    "MAX_CONNECTION_AGE_GRACE": grpc.MAX_AGE_GRACE, "MAX_CONNECTION_AGE_GRACE_MS": grpc.MAX_AGE_GRACE,
}  # fmt: skip
_SERVER_SWITCHES = ("KEEPALIVE_PERMIT_WITHOUT_STREAM", "PERMIT_KEEP_ALIVE_WITHOUT_CALLS")
_SIZES = {
    "MAX_RECEIVE_SIZE": grpc.MAX_RECEIVE, "MAX_INBOUND_MESSAGE_SIZE": grpc.MAX_RECEIVE, "MAX_SEND_SIZE": grpc.MAX_SEND,
}  # fmt: skip

_ISTIO = "networking.istio.io/"
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


@dataclass(frozen=True, slots=True)
class Emitted:
    """The emitted manifests of one cluster."""

    cluster: Cluster
    settled: Sequence[Settled]

    def for_istiod(self) -> tuple[Struct, ...]:
        """Istio's objects as they will be in the cluster, and the Services that they speak of."""
        known = (
            dict(one.value) for one in self._objects() if str(one.value.get("apiVersion")).startswith(_ISTIO)
        )
        services = (_service(service) for service in self.cluster.network.services if service.namespace)
        return (*(self._completed(value) for value in known), *services)

    def server_arguments(self, service: Service) -> Arguments | None:
        """The channel arguments in the server's own command line or ConfigMap; None when nothing is emitted for it."""
        for one in self._objects():
            if one.ref.kind == "Deployment" and one.ref.namespace == service.namespace:
                flags = [arg for arg in _container_args(one.value) if arg.startswith(SERVER_FLAG)]
                if flags and service.policy is not None and service.policy.settable:
                    return read_arguments(flags[-1].removeprefix(SERVER_FLAG))
            named = one.ref.kind == "ConfigMap" and one.ref.name == server_config_map(service.name)
            if named and one.ref.namespace == service.namespace:
                return read_server(struct(one.value, "data"), service.name)
        return None

    def client_arguments(self, call: Call) -> Arguments:
        """The channel arguments and the service config that the caller's ConfigMap has; empty when there is none."""
        homes = {home.value for home in call.client.namespaces} or {call.service.namespace or "default"}
        for one in self._objects():
            named = one.ref.kind == "ConfigMap" and one.ref.name == config_map(call.client.name)
            if named and one.ref.namespace in homes:
                return read_variables(struct(one.value, "data"), call.service.name)
        return {}

    def pod_of(self, service: Service) -> Struct:
        """The pod template that the emitted workloads and patches have for a service together; empty when there is none."""
        found: Struct = {}
        for one in self._objects():
            if (
                one.ref.kind in _WORKLOADS
                and one.ref.namespace == service.namespace
                and _serves(one, service)
            ):
                found = _merged(found, struct(one.value, "spec", "template"))
        return found

    def _objects(self) -> Iterator[Settled]:
        return (one for one in self.settled if one.role in {Role.OBJECT, Role.PATCH})

    def _completed(self, value: Struct) -> Struct:
        """A patch of an install's DestinationRule with the host, which only the install's own object states."""
        if value.get("kind") != "DestinationRule" or text(struct(value, "spec"), "host"):
            return value
        name = text(struct(value, "metadata"), "name")
        for service in self.cluster.network.services:
            if service.existing_rule is not None and service.existing_rule.value == name:
                return {**value, "spec": {"host": service.host.value, **struct(value, "spec")}}
        return value


def read_arguments(text_: str) -> Arguments:
    """`name=value,name=value`; values that are whole numbers become such, as C-core tells them apart."""
    pairs = (pair.partition("=") for pair in text_.split(",") if "=" in pair)
    return {
        name.strip(): int(value) if value.strip().lstrip("-").isdigit() else value for name, _, value in pairs
    }


def _serves(one: Settled, service: Service) -> bool:
    """By the workload that the spec or a preset names, or by the labels that the service states."""
    if service.workload is not None:
        return (one.ref.kind, one.ref.namespace, one.ref.name) == service.workload.key
    wanted = {key: label.value for key, label in service.labels.items()}
    stated = labels(one.value, "spec", "template", "metadata", "labels")
    return bool(wanted) and wanted.items() <= stated.items()


def _merged(one: Struct, other: Struct) -> Struct:
    """Two pieces of a pod template as one; containers are the same when their names are."""
    merged = dict(one)
    for key, item in other.items():
        known = merged.get(key)
        if isinstance(known, dict) and isinstance(item, dict):
            merged[key] = _merged(known, item)
        elif isinstance(known, list) and isinstance(item, list) and "ontainers" in key:
            merged[key] = _containers(structs(merged, key), structs(other, key))
        else:
            merged[key] = item
    return merged


def _containers(known: Sequence[Struct], more: Sequence[Struct]) -> Plain:
    by_name: dict[str, Struct] = {}
    for each in (*known, *more):
        name = text(each, "name")
        by_name[name] = _merged(by_name.get(name, {}), each)
    return [*by_name.values()]


def read_variables(data: Struct, service: str) -> Arguments:
    """What a ConfigMap says about a service, as C-core has it, in whose runtime's words it may be."""
    found = read_arguments(text(data, channel_arguments_variable(service)))
    own = f"{prefix(service)}_GRPC_"
    for word, name in _TIMES.items():
        told = text(data, own + word)
        ms = int(told) if told.isdigit() else read_duration(told)
        found |= {name: ms} if ms is not None else {}
    for word in _SWITCHES:
        told = text(data, own + word)
        found |= {grpc.PERMIT_WITHOUT_CALLS: int(told == "true")} if told else {}
    if any(own + word in data for word in _TIMES):
        # Other runtimes ping at their own pace; C-core's stand-in has to be told not to stop.
        found |= {
            grpc.MAX_PINGS_WITHOUT_DATA: 0,
            grpc.PING_TIMEOUT: found.get(grpc.KEEPALIVE_TIMEOUT, grpc.PING_TIMEOUT_MS),
        }
    config = text(data, service_config_variable(service))
    return found | ({"grpc.service_config": config} if config else {})


def read_server(data: Struct, service: str) -> Arguments:
    """What a ConfigMap says to a server, as C-core has it, in whose runtime's words it may be."""
    start = f"{server_prefix(service)}_GRPC_"
    found = read_arguments(text(data, f"{start}CHANNEL_ARGUMENTS"))
    for word, name in {**_TIMES, **_SERVER_TIMES}.items():
        told = text(data, start + word)
        ms = int(told) if told.isdigit() else read_duration(told)
        found |= {name: ms} if ms is not None else {}
    for word in _SERVER_SWITCHES:
        told = text(data, start + word)
        found |= {grpc.PERMIT_WITHOUT_CALLS: int(told == "true")} if told else {}
    for word, name in _SIZES.items():
        told = text(data, start + word)
        found |= {name: int(told)} if told.isdigit() else {}
    return found


def _container_args(value: Struct) -> Iterable[str]:
    for container in structs(value, "spec", "template", "spec", "containers"):
        yield from texts(container, "args")


def _service(service: Service) -> Struct:
    name = service.host.value.partition(".")[0]
    ports: Struct = {"port": service.port.value, "targetPort": service.target_port.value}
    metadata: Struct = {"name": name, "namespace": service.namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [ports]}}
