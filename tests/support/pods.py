"""Pods with sidecars: what their Envoy is told without and with some objects, and where keepalive is written there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backstay.prove.istiod import Mesh, NoteKind, Proxy, Result, apply
from support.changes import changes
from support.sidecar import HCM, OPTIONS, Service, cluster_name, sidecar_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from backstay.prove.istiod import Struct

METADATA = Service("metadata-grpc-service.kubeflow.svc.cluster.local", 8080)
BYSTANDERS = (
    Service("ml-pipeline.kubeflow.svc.cluster.local", 8888, "http"),
    Service("cache.kubeflow.svc.cluster.local", 8887),
    Service("mysql.kubeflow.svc.cluster.local", 3306, "tcp"),
)
"""Services of each kind that no spec speaks of: reachable by all, and served by every pod beside its own."""
FAULTS = {
    NoteKind.REFUSED,
    NoteKind.UNMATCHED,
    NoteKind.SKIPPED,
    NoteKind.DROPPED,
    NoteKind.PANIC,
    NoteKind.SHADOWED,
}
Pings = dict[str, object]


class Pod:
    """A pod with a sidecar: what its Envoy is told without and with the emitted objects."""

    def __init__(
        self, objects: Iterable[Struct], proxy: Proxy, own: Sequence[Service], reachable: Sequence[Service],
        mesh: Mesh | None = None,
    ) -> None:  # fmt: skip
        config = sidecar_config((*own, *BYSTANDERS), (*reachable, *BYSTANDERS))
        self.before = apply([], config, proxy, mesh=mesh or Mesh())
        self.after = apply(tuple(objects), config, proxy, mesh=mesh or Mesh())

    @property
    def told(self) -> Pings:
        """What differs, without istiod's own note of the DestinationRule that it used."""
        found = changes(self.before.config, self.after.config)
        return {
            path: value for path, value in found.items() if "/metadata/filter_metadata/istio/" not in path
        }

    @property
    def faults(self) -> list[str]:
        """What the objects meant for the proxy and did not do."""
        return [str(note) for note in self.after.notes if note.kind in FAULTS]


def inbound(port: int, interval: str, timeout: str) -> Pings:
    """Keepalive towards callers: on the connection manager of the port's own chain of `virtualInbound`."""
    at = f"listeners/virtualInbound/filter_chains/0.0.0.0_{port}/filters/{HCM}/typed_config/http2_protocol_options"
    return {at: {}, **_keepalive(at, interval, timeout)}


def upstream(service: Service, interval: str, timeout: str) -> Pings:
    """Keepalive towards a server: on the cluster that leads to it, whose other options stay."""
    at = f"clusters/{cluster_name(service)}/typed_extension_protocol_options/{OPTIONS}"
    return {
        f"{at}/common_http_protocol_options": {},
        **_keepalive(f"{at}/explicit_http_config/http2_protocol_options", interval, timeout),
    }


def _keepalive(at: str, interval: str, timeout: str) -> Pings:
    below = f"{at}/connection_keepalive"
    return {below: {}, f"{below}/interval": interval, f"{below}/timeout": timeout}


def judged(envoy: Callable[..., tuple[bool, str]], result: Result) -> tuple[bool, str]:
    """Envoy's verdict on a result."""
    return envoy(result.config["listeners"], result.config["clusters"], result.config["routes"])
