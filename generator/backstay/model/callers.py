"""What callers are set to: pools of connections, what their sidecars keep, and gRPC channels. Times are milliseconds."""

from dataclasses import dataclass

from backstay.core.fact import Fact
from backstay.core.place import Place
from backstay.model.network import Client, Service

Args = tuple[tuple[str, Fact[int | str]], ...]


@dataclass(frozen=True, slots=True)
class CallerPool:
    """An application's pool of connections to a service: how many, how many of them idle, how long these and any live."""

    client: Client
    service: Service
    max: Fact[int]
    idle: Fact[int]
    idle_time: Fact[int]
    lifetime: Fact[int]
    place: Place


@dataclass(frozen=True, slots=True)
class Ejection:
    """An endpoint with `errors` in a row gets no requests for `lasting`; at most `at_most` percent of them at a time."""

    errors: Fact[int]
    lasting: Fact[int]
    at_most: Fact[int]


@dataclass(frozen=True, slots=True)
class SidecarPool:
    """What the callers' sidecars keep for a service; None leaves a thing as it is.

    `connections` is the most of one caller's sidecar, `idle_time` for how long one is kept without requests,
    `lifetime` after what time it takes no more of them. `own_idle` says that the server's own timer is what bounds
    `idle_time`, so that its sidecar has to keep to it as well.
    """

    service: Service
    connections: Fact[int] | None
    idle_time: Fact[int] | None
    lifetime: Fact[int] | None
    own_idle: bool
    ejection: Ejection | None


@dataclass(frozen=True, slots=True)
class ChannelRetries:
    """A gRPC retry policy: tries with the first, waits between them, and the brake (tokens, in thousandths a success)."""

    attempts: Fact[int]
    initial: Fact[int]
    longest: Fact[int]
    max_tokens: Fact[int]
    token_thousandths: Fact[int]


@dataclass(frozen=True, slots=True)
class Channel:
    """A caller's gRPC channel to a service; None leaves a thing to the caller's code.

    `service_config` is one that the spec pins as text; then nothing else of the config is worked out.
    """

    client: Client
    service: Service
    args: Args
    retries: ChannelRetries | None
    timeout: Fact[int] | None
    waits: Fact[bool] | None
    service_config: Fact[str] | None


@dataclass(frozen=True, slots=True)
class RevisionTimes:
    """What Knative gives a request to a service's revisions; None leaves a time to the installation's defaults.

    `whole` is for all of it, `first_byte` until an answer begins, `silence` between two bytes of it.
    """

    service: Service
    whole: Fact[int]
    first_byte: Fact[int]
    silence: Fact[int] | None


@dataclass(frozen=True, slots=True)
class Callers:
    """Everything that callers are set to."""

    pools: tuple[CallerPool, ...] = ()
    sidecar_pools: tuple[SidecarPool, ...] = ()
    channels: tuple[Channel, ...] = ()
    revisions: tuple[RevisionTimes, ...] = ()


def prefix(service: str) -> str:
    """What the variables about a service start with: its name as the environment spells it."""
    word = service.upper().replace("-", "_")
    return word if word[:1].isalpha() else f"SERVICE_{word}"


def config_map(client: str) -> str:
    """The ConfigMap with the variables of a client."""
    return f"calls-of-{client}"


def service_config_variable(service: str) -> str:
    """The variable with the gRPC service config for a service."""
    return f"{prefix(service)}_GRPC_SERVICE_CONFIG"


def server_config_map(service: str) -> str:
    """The ConfigMap with the variables of a service's own server."""
    return f"settings-of-{service}"


def server_prefix(service: str) -> str:
    """What the variables of a service's own server start with: it may call others too."""
    return f"{prefix(service)}_SERVER"


def channel_arguments_variable(service: str) -> str:
    """The variable with C-core's channel arguments for a service, as `name=value,name=value`."""
    return f"{prefix(service)}_GRPC_CHANNEL_ARGUMENTS"
