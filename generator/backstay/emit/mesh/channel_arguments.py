"""ConfigMap with the gRPC channel arguments that callers should use, ready to mount or to read as env."""

from collections.abc import Iterator

from backstay.core.fact import Fact, join
from backstay.core.manifest import Manifest
from backstay.emit.parts import new_object
from backstay.model.cluster import Cluster
from backstay.model.network import Call, Knobs

SOURCE = "grpc/grpc include/grpc/impl/channel_arg_names.h"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One ConfigMap per service and caller's namespace."""
    for knobs in cluster.network.knobs:
        if knobs.client_args:
            for namespace in _namespaces(knobs, cluster.network.calls_to(knobs.service.name)):
                yield new_object(
                    "mesh",
                    "v1",
                    "ConfigMap",
                    f"grpc-{knobs.service.name}",
                    namespace,
                    SOURCE,
                    data=_data(knobs),
                )


def _namespaces(knobs: Knobs, calls: tuple[Call, ...]) -> list[Fact[str]]:
    stated = {ns.value: ns for call in reversed(calls) for ns in reversed(call.client.namespaces)}
    return list(stated.values())[::-1] or [knobs.service.home.to(lambda home: home or "default")]


def _data(knobs: Knobs) -> dict[str, object]:
    text = ",".join(f"{name}={value.value}" for name, value in knobs.client_args)
    return {"channel-arguments": join(text, *(value for _, value in knobs.client_args))}
