"""Where pings arrive at a gRPC server itself, with its ping policy (grpc/grpc doc/keepalive.md, proposal A8)."""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rules.msh import way
from backstay.check.rules.msh.way import forgetting
from backstay.core.diagnostic import Related
from backstay.core.place import Place
from backstay.core.units import show_duration
from backstay.model.hop import Hop, Pinger, Refresh, Side
from backstay.model.network import Call, PingPolicy

_SECOND_MS = 1_000


@dataclass(frozen=True, slots=True)
class Meeting:
    """A sender that pings a gRPC server, with nothing between them that speaks HTTP/2."""

    call: Call
    hop: Hop
    pinger: Pinger
    policy: PingPolicy

    def too_fast(self, interval_ms: int) -> bool:
        """Whether the policy takes pings at that interval for strikes, and counts strikes at all."""
        return self.policy.strikes.value != 0 and interval_ms < self.policy.min_interval.value


def meetings(ctx: Context) -> Iterator[Meeting]:
    """Every sender's pings that arrive at a server whose policy is known: senders ping nowhere but over the network."""
    for call in way.calls(ctx):
        hop, policy = call.hops[-1], call.service.policy
        for pinger in hop.pingers:
            if policy and pinger.side is Side.SENDER and pinger.how is Refresh.HTTP2_PING:
                yield Meeting(call, hop, pinger, policy)


def place(met: Meeting) -> Place:
    """The spec line to change first: the pinned interval, else what asks for the pings."""
    asked = met.call.silence or met.call.detect
    wanted = look.stated(asked, met.call.place) if asked else met.call.place
    return way.pinned(met.pinger.interval) or wanted


def related(met: Meeting) -> tuple[Related, ...]:
    """The other lines that cannot hold together with it: the server's policy and the boxes on the way."""
    least, service, silence = met.policy.min_interval, met.call.service, met.call.silence
    policy = Related(
        look.stated(least, service.place),
        f"{service.name} tolerates a ping every {show_duration(least.value)}",
    )
    patient = silence.value if silence else 0
    boxes = (box for box in met.hop.boxes if box.idle.value <= patient)
    return (policy, *(Related(box.place, forgetting(box)) for box in boxes))


def remedy(met: Meeting) -> str:
    """What lets the pings through."""
    name, least = met.call.service.name, show_duration(met.policy.min_interval.value)
    half = met.pinger.interval.value // 2
    tolerated = show_duration(max(half // _SECOND_MS * _SECOND_MS, min(half, _SECOND_MS)))
    allow = (
        f"run {name} with a ping policy of at most {tolerated} and state "
        f"`network.services.{name}.minPingInterval: {tolerated}`"
    )
    if way.pinned(met.pinger.interval):
        return f"ping every {least} or slower, or {allow}"
    return f"{allow}, or raise the idle times of the boxes above {least}, or have the application send data (`heartbeat`)"
