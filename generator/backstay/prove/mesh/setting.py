"""One call as it will be tried: what every Envoy on its way is told, and the channel arguments of both applications."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from backstay.core.manifest import Settled
from backstay.model.cluster import Cluster
from backstay.model.hop import Box, Hop, Pinger, Refresh, Side
from backstay.model.network import Call, Runtime, Service
from backstay.prove.istiod import Note, NoteKind
from backstay.prove.mesh.gopeer import GoPeer
from backstay.prove.mesh.objects import Arguments, Emitted
from backstay.prove.mesh.pods import Pod, pods
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
    focus: int | None = None

    def on(self, crossing: int) -> "Setting":
        """The same, seen from one of the hops over the network alone."""
        return replace(self, focus=crossing)

    @property
    def hops(self) -> Sequence[Hop]:
        """The hops over the network that are looked at."""
        return self.call.crossings if self.focus is None else (self.call.crossings[self.focus],)

    @property
    def hop(self) -> Hop:
        """The first of them."""
        return self.hops[0]

    @property
    def boxes(self) -> Sequence[Box]:
        """The boxes on them."""
        return [box for hop in self.hops for box in hop.boxes]

    @property
    def pingers(self) -> list[Pinger]:
        """Who sends HTTP/2 PINGs over the network, as the model has it."""
        return [one for hop in self.hops for one in hop.pingers if one.how is Refresh.HTTP2_PING]

    @property
    def core_clients(self) -> list[Pinger]:
        """Those of them that are a client of C-core, or one that C-core stands in for."""
        if self.go.plays(self.call.client.runtime) is not None:
            return []
        return [one for one in self.pingers if one.side is Side.SENDER and not one.by_proxy]

    @cached_property
    def pods(self) -> Sequence[Pod]:
        """The Envoys on the way in order, each with what istiod tells it."""
        return pods(self.emitted, self.call)

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
        """What istiod would leave out of the objects meant for these pods, without a word.

        An object for a whole namespace has nothing to work on in most pods: only one that has none anywhere is dead.
        """
        found = [note for pod in self.pods for note in pod.notes if note.kind in _FAULTS]
        return list(dict.fromkeys(str(note) for note in found if self._is_dead(note)))

    def _is_dead(self, note: Note) -> bool:
        if note.kind is not NoteKind.UNMATCHED:
            return True
        about = ({one.kind for one in pod.notes if one.object == note.object} for pod in self.pods)
        return all(kinds & {NoteKind.UNMATCHED, NoteKind.NOT_SELECTED} for kinds in about)

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
