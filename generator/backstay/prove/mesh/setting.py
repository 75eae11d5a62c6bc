"""One call as it will be tried: what both sidecars are told, and the channel arguments of both applications."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from backstay.core.manifest import Settled
from backstay.core.units import show_seconds
from backstay.model.cluster import Cluster
from backstay.model.hop import Box, Hop, Pinger, Refresh, Side, TcpKeepalive
from backstay.model.network import Call, Client, Runtime, Service
from backstay.prove.istiod import Mesh, NoteKind, Proxy, Result, Struct, apply
from backstay.prove.mesh import loopback
from backstay.prove.mesh.base import port_of, sidecar_config
from backstay.prove.mesh.gopeer import GoPeer
from backstay.prove.mesh.objects import Arguments, Emitted
from backstay.prove.mesh.routes import apply_virtual_services
from backstay.upstream import grpc

_FAULTS = frozenset(
    {
        NoteKind.REFUSED,
        NoteKind.UNMATCHED,
        NoteKind.SKIPPED,
        NoteKind.DROPPED,
        NoteKind.PANIC,
        NoteKind.SHADOWED,
    }
)
_SERVER_PINGS_MS = 7_200_000
_SERVER_TIMEOUT_MS = 20_000
_NEVER = 2**31 - 1
_NO_GO = GoPeer()


@dataclass(frozen=True)
class Setting:
    """One call and the emitted manifests that decide how it fares."""

    emitted: Emitted
    call: Call
    go: GoPeer = _NO_GO

    @property
    def hop(self) -> Hop:
        """The hop over the network; calls with several are not tried."""
        return self.call.crossings[0]

    @property
    def boxes(self) -> Sequence[Box]:
        """The boxes on it."""
        return self.hop.boxes

    @property
    def pingers(self) -> list[Pinger]:
        """Who sends HTTP/2 PINGs over the network, as the model has it."""
        return [pinger for pinger in self.hop.pingers if pinger.how is Refresh.HTTP2_PING]

    @property
    def core_clients(self) -> list[Pinger]:
        """Those of them that are a client of C-core, or one that C-core stands in for."""
        if self.go.plays(self.call.client.runtime) is not None:
            return []
        return [one for one in self.pingers if one.side is Side.SENDER and not one.by_proxy]

    @cached_property
    def client_sidecar(self) -> Struct | None:
        """What the caller's sidecar is told, as far as this call goes; None when it has none."""
        found = self._client_result
        return None if found is None else loopback.outbound(found.config, port_of(self.call.service))

    @cached_property
    def server_sidecar(self) -> Struct | None:
        """What the server's sidecar is told; None when it has none."""
        found = self._server_result
        return None if found is None else loopback.inbound(found.config, port_of(self.call.service))

    @cached_property
    def server_arguments(self) -> Arguments:
        """The server's: C-core's defaults, the spec's word on its policy, then what is emitted."""
        service = self.call.service
        base: Arguments = {
            grpc.KEEPALIVE_TIME: _SERVER_PINGS_MS,
            grpc.KEEPALIVE_TIMEOUT: _SERVER_TIMEOUT_MS,
            grpc.PING_TIMEOUT: grpc.PING_TIMEOUT_MS,
        }
        return base | _policy(service) | _ages(service) | self._server_flags()

    @cached_property
    def client_arguments(self) -> Arguments:
        """The caller's: it keeps an idle connection for good, as that is the harder case, and what is emitted."""
        base: Arguments = {
            "grpc.client_idle_timeout_ms": _NEVER,
            "grpc.enable_http_proxy": 0,
            "grpc.default_authority": self.call.service.host.value,
        }
        return base | (
            self.emitted.client_arguments(self.call) if self.call.client.settable_keepalive else {}
        )

    @property
    def notes(self) -> list[str]:
        """What istiod would leave out of the objects meant for these two pods, without a word."""
        results = [found for found in (self._client_result, self._server_result) if found is not None]
        return list(
            dict.fromkeys(str(note) for found in results for note in found.notes if note.kind in _FAULTS)
        )

    @cached_property
    def _client_result(self) -> Result | None:
        client = self.call.client
        return self._told(_client_pod(client, self._version), serves=False) if client.sidecar else None

    @cached_property
    def _server_result(self) -> Result | None:
        service = self.call.service
        return self._told(_server_pod(service, self._version), serves=True) if service.sidecar else None

    @property
    def _version(self) -> str:
        mesh = self.emitted.cluster.mesh
        return f"{mesh.version.value}.0" if mesh else ""

    def _told(self, pod: Proxy, *, serves: bool) -> Result:
        ports = [port_of(service) for service in self.emitted.cluster.network.services]
        config = sidecar_config([port_of(self.call.service)] if serves else [], ports)
        objects = self.emitted.for_istiod()
        apply_virtual_services(objects, config)
        return apply(objects, config, pod, mesh=_mesh(self.emitted.cluster))

    def _server_flags(self) -> Arguments:
        """What is in the server's command line: as emitted, else as its release ships it."""
        service, pipelines = self.call.service, self.emitted.cluster.pipelines
        found = self.emitted.server_arguments(service)
        if found is not None:
            return found
        settable = service.policy is not None and service.policy.settable
        return dict(pipelines.metadata_channel.value) if settable and pipelines else {}


def settings(cluster: Cluster, settled: Sequence[Settled], go: GoPeer = _NO_GO) -> list[Setting]:
    """Every call of a cluster."""
    emitted = Emitted(cluster, settled)
    return [Setting(emitted, call, go) for call in cluster.network.calls]


def _client_pod(client: Client, version: str) -> Proxy:
    home = client.namespaces[0].value if client.namespaces else "default"
    labels = {key: value.value for key, value in client.labels.items()}
    return Proxy(client.name, home, labels, istio_version=version)


def _server_pod(service: Service, version: str) -> Proxy:
    labels = {key: value.value for key, value in service.labels.items()}
    return Proxy(service.name, service.namespace or "default", labels, istio_version=version)


def _mesh(cluster: Cluster) -> Mesh:
    probes = cluster.mesh.tcp_keepalive if cluster.mesh else None
    return Mesh() if probes is None else Mesh(_probes(probes))


def _probes(probes: TcpKeepalive) -> dict[str, str | int]:
    return {
        "time": show_seconds(probes.time.value),
        "interval": show_seconds(probes.interval.value),
        "probes": probes.probes.value,
    }


def _policy(service: Service) -> Arguments:
    """A policy that the spec states; one that backstay sets is in the emitted arguments, and nowhere else."""
    default = grpc.RUNTIMES[Runtime.CORE.value]
    policy = service.policy
    if policy is None or policy.settable:
        return {
            grpc.MIN_PING_INTERVAL: default.min_ping_interval,
            grpc.MAX_PING_STRIKES: default.strikes,
            grpc.PERMIT_WITHOUT_CALLS: int(default.permit_without_calls),
        }
    return {
        grpc.MIN_PING_INTERVAL: policy.min_interval.value,
        grpc.MAX_PING_STRIKES: policy.strikes.value,
        grpc.PERMIT_WITHOUT_CALLS: int(policy.without_calls.value),
    }


def _ages(service: Service) -> Arguments:
    ages = {
        "grpc.max_connection_age_ms": service.max_connection_age,
        "grpc.max_connection_age_grace_ms": service.max_connection_age_grace,
    }
    return {name: age.value for name, age in ages.items() if age is not None}
