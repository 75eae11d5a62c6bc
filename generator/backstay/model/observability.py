"""The model's nouns for what watches calls and jobs. Times are milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backstay.core.fact import Fact
from backstay.core.place import Place
from backstay.model.jobs import Workload
from backstay.model.network import Call, Service


class Part(StrEnum):
    """What may be emitted."""

    ALERTS = "alerts"
    DASHBOARDS = "dashboards"
    BPFTRACE = "bpftrace"
    TETRAGON = "tetragon"


class Vantage(StrEnum):
    """Whose proxy sees a call."""

    CALLER = "caller"  # the sidecar of who calls
    SERVER = "server"  # the sidecar of who is called, where the caller has none
    KERNEL = "kernel"  # no proxy at all


@dataclass(frozen=True, slots=True)
class Watch:
    """When signals about the calls to one service, seen from one side, mean a broken promise.

    `window` is what events are counted over, `patience` how long they have to go on: a lone event stays in the
    window for less. `unavailable` is the share of gRPC calls in percent that may fail with UNAVAILABLE; None
    where the service speaks no gRPC.
    """

    service: Service
    vantage: Vantage
    calls: tuple[Call, ...]
    window: Fact[int]
    patience: Fact[int]
    unavailable: Fact[int] | None


@dataclass(frozen=True, slots=True)
class JobWatch:
    """When signals about the jobs of a namespace mean a broken promise.

    `budget` None: it has no quota of ours; `nearly` is the share of it in percent that people are told of. `lingers` is
    how long a pod may be there after its grace period, `waits` how long a job may wait for admission (None: nobody
    says), `window` what events are counted over. `queued`: Kueue has a queue for the namespace.
    """

    namespace: Fact[str]
    budget: Fact[int] | None
    nearly: Fact[int]
    lingers: Fact[int]
    waits: Fact[int] | None
    window: Fact[int]
    workloads: tuple[Workload, ...]
    queued: bool


@dataclass(frozen=True, slots=True)
class Observability:
    """What is emitted where, every watch by service name and vantage, and those of jobs by namespace."""

    namespace: Fact[str]
    parts: frozenset[Part]
    rule_labels: Mapping[str, Fact[str]]
    watches: tuple[Watch, ...]
    place: Place
    jobs: tuple[JobWatch, ...] = ()

    def has(self, part: Part) -> bool:
        """Whether a part is asked for."""
        return part in self.parts
