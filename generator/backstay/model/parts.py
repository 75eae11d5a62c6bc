"""The model's nouns for platform, storage, retries and delivery. Times are milliseconds, sizes bytes."""

from dataclasses import dataclass
from enum import StrEnum

from backstay.core.fact import Fact
from backstay.core.place import Place
from backstay.model.hop import TcpKeepalive


class DataPlane(StrEnum):
    """How workloads join the mesh."""

    SIDECAR = "sidecar"
    AMBIENT = "ambient"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Mesh:
    """The installed service mesh. `native_sidecars` None: as the versions decide."""

    version: Fact[str]
    data_plane: DataPlane
    root_namespace: Fact[str]
    tcp_keepalive: TcpKeepalive | None
    place: Place
    native_sidecars: Fact[bool] | None = None


@dataclass(frozen=True, slots=True)
class Pipelines:
    """The installed Kubeflow Pipelines and what its release brings.

    `metadata_args` are the metadata store's own arguments without channel arguments, `metadata_channel` the
    channel arguments that the release ships; `default_store` is host:port that launchers dial when nobody
    tells them; `key_format` is what the shipped workflow controller writes logs under; `workflow_ttl_s` the
    seconds after which its workflowDefaults remove finished workflows.
    """

    version: Fact[str]
    namespace: Fact[str]
    multi_user: bool
    run_account: Fact[str]
    metadata_args: Fact[tuple[str, ...]]
    metadata_channel: Fact[tuple[tuple[str, int], ...]]
    default_store: Fact[str]
    key_format: Fact[str]
    workflow_ttl_s: Fact[int] | None
    place: Place


@dataclass(frozen=True, slots=True)
class Workflows:
    """The installed Argo Workflows; `shipped` is the version that this Pipelines release brings."""

    version: Fact[str]
    shipped: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class ExternalRef:
    """Where the External Secrets operator finds a Secret's values: its store, the entry, the two properties."""

    store: Fact[str]
    store_kind: Fact[str]
    key: Fact[str]
    access_property: Fact[str]
    secret_property: Fact[str]


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A Secret and the names of its two keys; `external` None: it is there already."""

    name: Fact[str]
    access_key: Fact[str]
    secret_key: Fact[str]
    external: ExternalRef | None


@dataclass(frozen=True, slots=True)
class Store:
    """The artifact store, in the pieces that its seven users spell differently.

    `port` is always there (80 or 443 when the URL has none); `credentials` None means the pods' own identity.
    """

    host: Fact[str]
    port: Fact[int]
    secure: Fact[bool]
    bucket: Fact[str]
    prefix: Fact[str]
    region: Fact[str]
    scheme: Fact[str]
    pipeline_root: Fact[str]
    key_format: Fact[str]
    credentials: SecretRef | None
    place: Place

    @property
    def endpoint(self) -> Fact[str]:
        """`host:port`, as the launcher and Argo want it."""
        return Fact(f"{self.host.value}:{self.port.value}", (*self.host.origins,))

    @property
    def url(self) -> Fact[str]:
        """`http://host:port`, as the profile controller wants it."""
        scheme = "https" if self.secure.value else "http"
        return Fact(f"{scheme}://{self.host.value}:{self.port.value}", self.host.origins)


@dataclass(frozen=True, slots=True)
class StoragePins:
    """Values that people insist on, by the place they end up in."""

    launcher: tuple[tuple[str, Fact[str]], ...]
    workflow_controller: tuple[tuple[str, Fact[str]], ...]
    api_server_env: tuple[tuple[str, Fact[str]], ...]
    ui_env: tuple[tuple[str, Fact[str]], ...]
    profile_controller_env: tuple[tuple[str, Fact[str]], ...]


@dataclass(frozen=True, slots=True)
class Storage:
    """The store and the namespaces whose runs use it."""

    store: Store
    run_namespaces: tuple[Fact[str], ...]
    pins: StoragePins


@dataclass(frozen=True, slots=True)
class SetRetry:
    """What pipeline authors write with `set_retry`."""

    attempts: int
    factor: float
    max_ms: int
    in_parallel_for: bool
    place: Place


@dataclass(frozen=True, slots=True)
class StepRetries:
    """Argo's retryStrategy for every step. `limit` excludes the first try; `cap_ms` bounds one wait.

    `causes` are what the spec wants retried; `longest_step_ms` how long a try may run.
    """

    limit: Fact[int]
    policy: Fact[str]
    causes: frozenset[str]
    initial_ms: Fact[int]
    factor: Fact[int | float]
    cap_ms: Fact[int] | None
    max_duration_ms: Fact[int] | None
    longest_step_ms: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class CallRetries:
    """Tries of a call, by the mesh or by gRPC: how many with the first, and the first wait."""

    attempts: Fact[int]
    initial_ms: Fact[int]
    place: Place


@dataclass(frozen=True, slots=True)
class Retries:
    """How often things may be tried."""

    max_attempts: Fact[int] | None
    steps: StepRetries | None
    calls: CallRetries | None
    set_retry: SetRetry | None
    transient_pattern: Fact[str] | None


NO_RETRIES = Retries(None, None, None, None, None)
"""Nothing said about tries."""


@dataclass(frozen=True, slots=True)
class Drain:
    """What has to finish when a pod is asked to go, and how long until callers know."""

    longest_request: Fact[int] | None
    noticed_in: Fact[int]
    checkpoint: Fact[int] | None
    place: Place


@dataclass(frozen=True, slots=True)
class Gitops:
    """Who applies the overlay, from where, over what base."""

    engine: Fact[str]
    repository: Fact[str]
    path: Fact[str]
    revision: Fact[str]
    namespace: Fact[str]
    destination: Fact[str]
    base: Fact[str] | None
    place: Place
