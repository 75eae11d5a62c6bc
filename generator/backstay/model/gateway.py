"""Envoys that stand alone between caller and server: gateways and waypoints. Times are milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backstay.core.fact import Fact
from backstay.core.place import Place


class GatewayKind(StrEnum):
    """How istiod knows a gateway's pods, and so how an EnvoyFilter finds them."""

    ISTIO = "istio"  # by labels: workloadSelector
    GATEWAY_API = "gateway-api"  # by the Gateway that they were made for: targetRefs
    WAYPOINT = "waypoint"  # a Gateway of an ambient mesh: targetRefs, and only its listeners take patches


@dataclass(frozen=True, slots=True)
class GatewayPort:
    """The Service port that callers' sidecars reach a gateway by; `port_name` None: nobody says."""

    host: Fact[str]
    port: Fact[int]
    port_name: str | None


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway or waypoint.

    `labels` are its pods' (kind istio), `resource` names its Gateway (the other kinds). `address` is its Service
    inside the mesh, where callers' sidecars are sent through it. `stream_idle` and `request_timeout` are what it is
    installed with (None: off), `max_streams` the streams that it allows on a connection (None: Envoy's default).
    `retries` exclude the first try, and come after the failures of `retry_on`.
    """

    name: str
    kind: GatewayKind
    namespace: Fact[str]
    resource: Fact[str]
    labels: Mapping[str, Fact[str]]
    listener_port: Fact[int] | None
    address: GatewayPort | None
    stream_idle: Fact[int] | None
    request_timeout: Fact[int] | None
    max_streams: Fact[int] | None
    retries: Fact[int]
    retry_on: Fact[tuple[str, ...]]
    place: Place

    @property
    def id(self) -> str:
        """Its name, apart from all others': waypoints are not named by the spec, but by their namespace."""
        return f"{self.namespace.value}.{self.name}" if self.kind is GatewayKind.WAYPOINT else self.name

    @property
    def words(self) -> str:
        """What it is called in messages."""
        return f"waypoint {self.name}" if self.kind is GatewayKind.WAYPOINT else f"gateway {self.name}"
