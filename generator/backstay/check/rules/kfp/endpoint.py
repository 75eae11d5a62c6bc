"""Store endpoints in one spelling: which of two written addresses lead to the same store.

`minio.storage`, `minio.storage.svc` and `minio.storage.svc.cluster.local` are one host; a single word is a Service
of the reader's own namespace; AWS's global and regional S3 hosts are one store. Where Services are at hand, two
of them that lead to the same pods are one store, and an ExternalName is its target.
Sources: Kubernetes "DNS for Services and Pods"; kubeflow/pipelines manifests/kustomize/third-party/seaweedfs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context

Key = tuple[object, ...]

_ENDPOINT = re.compile(
    r"(?:(https?)://)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)\.?(?::([0-9]{1,5}))?/?\Z", re.IGNORECASE
)
_AWS = re.compile(r"s3(?:[.-](?:dualstack\.)?[a-z]{2}(?:-[a-z]+)+-[0-9]+)?\.amazonaws\.com\Z")
_SEAWEED_S3, _SEAWEED_S3_TARGET = 9000, 8333


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a store is dialled. `port` None: the place does not say; `secure` None: neither does it say that."""

    host: str
    port: int | None
    secure: bool | None = None

    def __str__(self) -> str:
        """`host:port`, or the host alone."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    def within(self, secure: bool | None) -> "Endpoint":  # noqa: FBT001 - None has a meaning of its own
        """The same with what else is known of TLS; the scheme wins, and TLS decides a port that is not written."""
        known = self.secure if self.secure is not None else secure
        implied = None if known is None else 443 if known else 80
        return Endpoint(self.host, self.port if self.port is not None else implied, known)


def read(text: object, namespace: str) -> Endpoint | None:
    """The endpoint that a text names, read in a namespace: `[http(s)://]host[:port]`; None for anything else."""
    found = _ENDPOINT.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    scheme = found[1].lower() if found[1] else None
    return Endpoint(
        host(found[2], namespace),
        int(found[3]) if found[3] else None,
        None if scheme is None else scheme == "https",
    )


def host(name: str, namespace: str) -> str:
    """A host in its shortest full form."""
    parts = name.lower().rstrip(".").split(".")
    if len(parts) == 1:
        return f"{parts[0]}.{namespace}".rstrip(".")
    if parts[2:3] == ["svc"]:
        return ".".join(parts[:2])
    return "s3.amazonaws.com" if _AWS.match(".".join(parts)) else ".".join(parts)


def same(ctx: Context, one: Endpoint, other: Endpoint) -> bool:
    """Whether two endpoints lead to the same store; a port that is not known agrees with any."""
    if one.port is None or other.port is None:
        return one.host == other.host
    return key(ctx, one) == key(ctx, other)


def key(ctx: Context, endpoint: Endpoint) -> Key:
    """What stands for the store behind an endpoint: its pods where a Service says so, else host and port."""
    spec = service_of(ctx, endpoint)
    target = look.text(spec.get("externalName"))
    if target:
        return (host(target, ""), endpoint.port)
    selector = look.mapping(spec.get("selector"))
    if selector:
        labels = tuple(sorted((name, str(value)) for name, value in selector.items()))
        return (endpoint.host.partition(".")[2], labels, _target(spec, endpoint.port))
    if endpoint.host.startswith("seaweedfs.") and endpoint.port == _SEAWEED_S3_TARGET:
        return (endpoint.host, _SEAWEED_S3)
    return (endpoint.host, endpoint.port)


def service_of(ctx: Context, endpoint: Endpoint) -> Mapping[str, object]:
    """The spec of the Service that a cluster-local host names; empty where it is not at hand."""
    name, _, namespace = endpoint.host.partition(".")
    found = (item.value.get("spec") for item in ctx.named("Service", name) if item.ref.namespace == namespace)
    return look.mapping(next(found, None))


def is_seaweedfs(ctx: Context, endpoint: Endpoint) -> bool:
    """Whether the bundled SeaweedFS answers there, by its Service's name or by the pods behind another one."""
    app = look.at(service_of(ctx, endpoint), "selector", "app")
    return app == "seaweedfs" or endpoint.host.startswith("seaweedfs.")


def _target(spec: Mapping[str, object], port: int | None) -> str:
    """The container port behind a Service's port, by number or by name."""
    for entry, _ in look.entries(spec.get("ports")):
        if entry.get("port") == port:
            return str(entry.get("targetPort", port))
    return str(port)
