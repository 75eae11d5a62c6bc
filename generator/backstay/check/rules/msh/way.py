"""The ways that calls take: which boxes would forget a silent connection, and who keeps it open.

HTTP/2 PINGs and TCP probes go from one end of a connection to the other; a box forgets the connection when nothing
that it counts as traffic has passed for its idle time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context
from backstay.core.diagnostic import Related
from backstay.core.fact import Fact, OriginKind
from backstay.core.place import Place
from backstay.core.route import show
from backstay.core.units import show_duration
from backstay.model.conflict import Change
from backstay.model.hop import Box, End, Hop, Pinger, Refresh
from backstay.model.network import Call, GatewayKnobs, Knobs
from backstay.model.parts import Mesh


@dataclass(frozen=True, slots=True)
class Danger:
    """A box that would forget a hop of a call within the call's silence, if nobody pinged."""

    call: Call
    hop: Hop
    box: Box
    silence: Fact[int]

    @property
    def keepers(self) -> tuple[Pinger, ...]:
        """Who refreshes the box in time, installed ones before others."""
        return self.hop.keepers(self.box, self.call.round_trip_ms)

    @property
    def pingers(self) -> tuple[Pinger, ...]:
        """The pingers on the hop that the box counts, however slow."""
        return self.hop.refreshing(self.box)

    @property
    def place(self) -> Place:
        """The spec line that states the silence."""
        return look.stated(self.silence, self.call.place)

    @property
    def related(self) -> tuple[Related, ...]:
        """The spec line of the box."""
        return (Related(self.box.place, forgetting(self.box)),)

    @property
    def words(self) -> str:
        """The box, the hop and the times, as a message goes on."""
        return (
            f"box `{self.box.name}` forgets the connection {way(self.hop)} after "
            f"{show_duration(self.box.idle.value)}, and the call is silent for {show_duration(self.silence.value)}"
        )


def dangers(ctx: Context) -> Iterator[Danger]:
    """Every box on every call's way that is as impatient as the call is silent."""
    for call in calls(ctx):
        for hop in call.crossings:
            for box in hop.boxes:
                if call.silence is not None and box.idle.value <= call.silence.value:
                    yield Danger(call, hop, box, call.silence)


def calls(ctx: Context) -> tuple[Call, ...]:
    """The calls of the model; none for hand-written manifests."""
    return ctx.cluster.network.calls if ctx.cluster else ()


def knobs(ctx: Context) -> tuple[Knobs, ...]:
    """What is turned for each service; nothing for hand-written manifests."""
    return ctx.cluster.network.knobs if ctx.cluster else ()


def gateways(ctx: Context) -> tuple[GatewayKnobs, ...]:
    """What is turned at each gateway and waypoint; nothing for hand-written manifests."""
    return ctx.cluster.network.gateways if ctx.cluster else ()


def forgetting(box: Box) -> str:
    """What a box does, in words."""
    return f"box `{box.name}` forgets a connection after {show_duration(box.idle.value)}"


def knobs_for(ctx: Context, call: Call) -> Knobs:
    """What is turned for the service of a call."""
    return next(found for found in knobs(ctx) if found.service.name == call.service.name)


def mesh(ctx: Context) -> Mesh | None:
    """The installed mesh; None where there is none, or no model."""
    return ctx.cluster.mesh if ctx.cluster else None


def observed(ctx: Context) -> bool:
    """Whether the model is read from manifests: help then speaks of these, not of a spec's overrides."""
    return ctx.cluster is not None and ctx.cluster.observed


def way(hop: Hop) -> str:
    """A hop in words."""
    return f"{hop.sender} -> {hop.receiver}"


def pinned(fact: Fact[int]) -> Place | None:
    """The spec line that a number was written on as it is; None for numbers that were derived."""
    written = any(origin.kind is OriginKind.SPEC for origin in fact.origins[:1])
    return look.stated(fact) if written else None


def forwarder(call: Call) -> str:
    """An Envoy on the way, in words: it forwards what is no HTTP as bytes; empty when there is none."""
    known = [(hop.receiver_end, hop.receiver) for hop in call.hops if hop.receiver_end.is_envoy]
    return next(("a sidecar" if end is End.SIDECAR else words for end, words in known), "")


def in_conflict(ctx: Context, fact: Fact[int]) -> bool:
    """Whether a number is what it is because several lines exclude each other: MSH040 tells that, and nobody else."""
    found = ctx.cluster.conflicts if ctx.cluster else ()
    return any(conflict.is_mutual and conflict.is_about(fact) for conflict in found)


def edit(ctx: Context, rule: str, fact: Fact[int]) -> str:
    """The smallest edit for a rule's own conflict at the line that states a number; empty when there is none."""
    found = ctx.cluster.conflicts if ctx.cluster else ()
    known = (one.changes for one in found if one.is_told_by(rule, fact))
    return next((to_write(changes) for changes in known if changes), "")


def to_write(changes: Iterable[Change]) -> str:
    """An edit as an instruction."""
    return "write " + " and ".join(f"`{show(change.route)}: {change.value}`" for change in changes)


def only_data(box: Box) -> bool:
    """Whether no PING and no probe counts for a box."""
    return not box.refreshed_by & {Refresh.HTTP2_PING, Refresh.TCP_PROBE}


def number(args: tuple[tuple[str, Fact[int | str]], ...], key: str) -> Fact[int] | None:
    """A channel argument that is a number; None when it is not there or is a text."""
    found = dict(args).get(key)
    return Fact(found.value, found.origins) if found and isinstance(found.value, int) else None
