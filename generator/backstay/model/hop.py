"""Hops: the TCP connections of a call, the boxes that may forget them, and who keeps them alive. Times are milliseconds.

HTTP/2 PINGs and TCP probes go from one end of a connection to the other and never further.
"""

from dataclasses import dataclass
from enum import StrEnum

from backstay.core.fact import Fact
from backstay.core.place import Place
from backstay.model.gateway import Gateway

MESH_KNOB = "meshConfig.tcpKeepalive"
"""The knob of pingers that the installed mesh brings."""
TUNNEL_KNOB = "the mesh's own HBONE keepalive"
"""The knob of PINGs that ztunnels and waypoints send on the tunnels between them."""
SOCKET_KNOB = "ztunnel's own TCP keepalive"
"""The knob of probes on connections that a ztunnel opens to somebody outside the mesh."""
INSTALLED = frozenset({MESH_KNOB, TUNNEL_KNOB, SOCKET_KNOB})
"""Knobs that nobody has to turn."""


class Refresh(StrEnum):
    """What resets a box's idle timer."""

    TCP_PROBE = "tcp-probe"
    HTTP2_PING = "http2-ping"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class TcpKeepalive:
    """TCP keepalive probes: first after `time` of silence, then each `interval`, `probes` times."""

    time: Fact[int]
    interval: Fact[int]
    probes: Fact[int]
    place: Place


@dataclass(frozen=True, slots=True)
class Box:
    """Something that forgets connections which are idle for `idle`.

    A `layer` 7 box ends connections and opens its own. `spares_streams`: its idle timer stands still while a
    request is open; `stream_idle` is its timer on requests that are silent.
    """

    name: str
    preset: str
    idle: Fact[int]
    refreshed_by: frozenset[Refresh]
    on_expiry: str
    layer: int
    stream_idle: Fact[int] | None
    spares_streams: bool
    place: Place


class Side(StrEnum):
    """Which end of a hop."""

    SENDER = "sender"
    RECEIVER = "receiver"


class End(StrEnum):
    """What a hop ends at."""

    APP = "app"
    SIDECAR = "sidecar"
    BOX = "box"
    GATEWAY = "gateway"
    ZTUNNEL = "ztunnel"  # passes bytes on: layer 4
    WAYPOINT = "waypoint"

    @property
    def is_envoy(self) -> bool:
        """Whether istiod configures it: a proxy that reads HTTP."""
        return self in {End.SIDECAR, End.GATEWAY, End.WAYPOINT}

    @property
    def is_ambient(self) -> bool:
        """Whether it speaks HBONE."""
        return self in {End.ZTUNNEL, End.WAYPOINT}


class Clock(StrEnum):
    """The timers of a proxy that end streams however often somebody pings."""

    STREAM_IDLE = "stream-idle"  # headers and data of the stream itself start it anew
    REQUEST = "request"  # runs until the whole request is there or an answer begins; nothing starts it anew


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer of the proxy that a hop ends at; `limit` is never 0."""

    clock: Clock
    limit: Fact[int]
    place: Place


@dataclass(frozen=True, slots=True)
class Pinger:
    """Who keeps a hop alive, how, how often, and which emitted object (or installed one) makes it so.

    `by_proxy` says whether a sidecar or the application itself pings; `jitter` is percent on top of the interval;
    `timeout` is how long it waits for answers before it gives the connection up.
    """

    side: Side
    by_proxy: bool
    how: Refresh
    interval: Fact[int]
    timeout: Fact[int]
    jitter: int
    knob: str

    @property
    def longest_gap(self) -> int:
        """The longest time between two pings."""
        return self.interval.value * (100 + self.jitter) // 100

    @property
    def notices_in(self) -> int:
        """How long a peer that went away may go unnoticed."""
        return self.longest_gap + self.timeout.value


@dataclass(frozen=True, slots=True)
class Hop:
    """One TCP connection of a call's chain.

    `sender` and `receiver` are words for the two ends; only hops that `crosses` the network see boxes. A layer 7
    box stands among the boxes of the hop that ends at it. `opener` and `acceptor` are the gateways or waypoints at
    its ends; `timers` are the acceptor's. A `tunnel` is HBONE: it carries connections, and pings on its own account.
    """

    index: int
    sender: str
    receiver: str
    sender_end: End
    receiver_end: End
    crosses: bool
    boxes: tuple[Box, ...]
    pingers: tuple[Pinger, ...]
    opener: Gateway | None = None
    acceptor: Gateway | None = None
    timers: tuple[Timer, ...] = ()
    tunnel: bool = False

    @property
    def sender_proxy(self) -> bool:
        """Whether a sidecar opens the connection."""
        return self.sender_end is End.SIDECAR

    @property
    def receiver_proxy(self) -> bool:
        """Whether a sidecar accepts the connection."""
        return self.receiver_end is End.SIDECAR

    def refreshing(self, box: Box) -> tuple[Pinger, ...]:
        """The pingers that count as traffic for a box, however slow."""
        return tuple(pinger for pinger in self.pingers if pinger.how in box.refreshed_by)

    def keepers(self, box: Box, round_trip_ms: int) -> tuple[Pinger, ...]:
        """Who refreshes a box in time, installed ones before others."""
        pingers = self.refreshing(box)
        return tuple(pinger for pinger in pingers if pinger.longest_gap + round_trip_ms < box.idle.value)
