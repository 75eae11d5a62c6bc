"""What the spec promises about a call, and which of its promises cannot be tried here, with the reason."""

from collections.abc import Iterator
from dataclasses import replace

from backstay.core.units import show_duration
from backstay.model.hop import End, Hop, Pinger, Refresh, Side
from backstay.model.network import Call, Protocol
from backstay.model.parts import Drain, Retries
from backstay.prove.mesh.box import unplayable
from backstay.prove.mesh.ends import deadline, in_time, longest, longest_pause, unended
from backstay.prove.mesh.loopback import HAS_ADMIN
from backstay.prove.mesh.relay import SEES_PROBES
from backstay.prove.mesh.setting import Setting
from backstay.prove.mesh.words import Claim, Kind
from backstay.prove.words import stated
from backstay.upstream import grpc

LONGEST_SECONDS = 180.0
"""The longest silence that is waited for, in real time."""

_HIDDEN_RULE_MS = 7_200_000


def claims(setting: Setting) -> list[Claim]:
    """Everything that the spec promises about a call; empty when it promises nothing."""
    call = setting.call
    return [
        *_survives(call),
        *_notices(call),
        *_tolerates(call),
        *_once(call),
        *_bounded(call, setting.emitted.cluster.retries),
        *_drains(call, setting.emitted.cluster.drain),
        *_ends(setting),
    ]


def _survives(call: Call) -> Iterator[Claim]:
    if call.silence is not None:
        through = [name for hop in call.crossings for name in _passed(hop)]
        over = f" through {', '.join(through)}" if through else ""
        words = f"the call works after {show_duration(call.silence.value)} of silence{over}"
        yield Claim(Kind.SURVIVES, words, stated(call.silence, call.place), call.silence.value)


def _passed(hop: Hop) -> list[str]:
    return [*(box.name for box in hop.boxes), *([hop.acceptor.words] if hop.acceptor else [])]


def _notices(call: Call) -> Iterator[Claim]:
    if call.detect is None:
        return
    place, within = stated(call.detect, call.place), call.detect.value
    for crossing, hop in enumerate(call.crossings):
        for side in _noticing(hop, within):
            who, whom = (hop.sender, hop.receiver) if side is Side.SENDER else (hop.receiver, hop.sender)
            words = f"{who} notices within {show_duration(within)} that {whom} is dead"
            claim = Claim(Kind.NOTICES, words, place, within, side, crossing)
            gone = f"{who} notices within {show_duration(within)} that the network to {whom} is gone"
            yield from (claim, replace(claim, words=gone, severed=True))


def _noticing(hop: Hop, within: int) -> list[Side]:
    """Who is to notice: the ends that ping fast enough, else the fastest, else whoever calls."""
    if not hop.pingers:
        return [Side.SENDER]
    fast = [pinger for pinger in hop.pingers if pinger.notices_in <= within]
    fastest = min(hop.pingers, key=lambda pinger: pinger.notices_in)
    return list(dict.fromkeys(pinger.side for pinger in fast or [fastest]))


def _tolerates(call: Call) -> Iterator[Claim]:
    wanted = call.silence or call.detect
    if call.service.policy is not None and wanted is not None:
        words = f"{call.service.name} does not punish the pings that reach it while nobody speaks"
        yield Claim(Kind.TOLERATES, words, stated(wanted, call.place))


def _once(call: Call) -> Iterator[Claim]:
    """A call of which the spec says that it must not run twice."""
    if call.service.protocol.is_http and call.idempotent.is_stated and not call.idempotent.value:
        words = f"a call that must not run twice reaches {call.service.name} once, however it fails there"
        yield Claim(Kind.ONCE, words, stated(call.idempotent, call.place), 1)


def _bounded(call: Call, retries: Retries) -> Iterator[Claim]:
    """The attempts that a call may take, and those that anything may take."""
    limits = (retries.calls.attempts if retries.calls else None, retries.max_attempts)
    for limit in limits if call.service.protocol.is_http else ():
        if limit is not None:
            words = f"at most {limit.value} attempts of a failing call reach {call.service.name}"
            yield Claim(Kind.BOUNDED, words, stated(limit, call.place), limit.value)


def _drains(call: Call, drain: Drain | None) -> Iterator[Claim]:
    """Of the cluster's own servers; how others end is not for its spec to say."""
    longest = call.service.longest_request or (drain.longest_request if drain else None) or call.deadline
    if longest is not None and call.service.namespace and call.service.protocol.is_http:
        words = (
            f"calls of up to {show_duration(longest.value)} are answered by a pod of {call.service.name} "
            "that has to go"
        )
        yield Claim(Kind.DRAINS, words, stated(longest, call.place), longest.value)


def _ends(setting: Setting) -> Iterator[Claim]:
    """A deadline is kept from both sides: nobody ends the call sooner, and somebody does then."""
    call, within = setting.call, deadline(setting.call)
    if within is None:
        return
    place, most = stated(within, call.place), longest(setting)
    words = f"an answer that takes almost {show_duration(most.value)}, {most.words}, still arrives"
    yield Claim(Kind.ANSWERED, words, place, most.value)
    name, after = call.service.name, show_duration(within.value)
    words = f"a call that {name} never answers ends within {after} for its caller, and for {name} with it"
    yield Claim(Kind.ENDS, words, place, within.value)


def untried_call(call: Call) -> str | None:
    """Why nothing about a call can be tried here; None when something can."""
    if any(hop.sender_end.is_ambient or hop.receiver_end.is_ambient for hop in call.hops):
        return "ambient: not tried here, as ztunnels and waypoints are not run"
    if call.service.protocol is Protocol.HTTP and call.stream in {"client", "both"}:
        return "HTTP/1.1 answers whole requests: streams of its callers are not played here"
    unplayed = (why for hop in call.crossings for box in hop.boxes if (why := unplayable(box)))
    return next(unplayed, None) or _unaddressed(call)


def _unaddressed(call: Call) -> str | None:
    """Gateways that somebody is sent through by istiod, and nobody says by which host."""
    for hop in call.crossings:
        if hop.sender_end.is_envoy and hop.acceptor is not None and hop.acceptor.address is None:
            key = f"network.gateways.{hop.acceptor.name}.service"
            return f"nobody says by which host {hop.sender} reaches {hop.receiver}: state `{key}`"
    return None


def untried(claim: Claim, setting: Setting, scale: int) -> str | None:
    """Why a claim about a call that is tried is not; None when it is."""
    if claim.kind is Kind.NOTICES:
        return _unseen_by_probes(claim, setting.on(claim.crossing))
    if claim.kind in {Kind.BOUNDED, Kind.ONCE}:
        return None
    if claim.kind is Kind.DRAINS:
        return _too_long(claim.limit or 0, "a call", scale) or _undrainable(setting)
    if claim.kind in {Kind.ANSWERED, Kind.ENDS}:
        return _too_long(claim.limit or 0, "a call", scale) or _unended(claim, setting, scale)
    silence = setting.call.silence
    too_long = _too_long(silence.value, "silence", scale) if silence is not None else None
    return too_long or _unscalable(setting, scale)


def _too_long(milliseconds: int, of_what: str, scale: int) -> str | None:
    if milliseconds / scale <= LONGEST_SECONDS * 1000:
        return None
    return (
        f"{show_duration(milliseconds)} of {of_what} would take {show_duration(milliseconds // scale)} at this "
        f"scale ({scale}x), and {LONGEST_SECONDS:.0f}s is the most that is waited for"
    )


def _undrainable(setting: Setting) -> str | None:
    if setting.call.service.sidecar and not HAS_ADMIN:
        return "a drain is asked for at Envoy's administration interface, which is reached on Linux only"
    return None


def _unended(claim: Claim, setting: Setting, scale: int) -> str | None:
    limit = claim.limit or 0
    if claim.kind is Kind.ENDS:
        return unended(setting)
    if setting.call.stream != "none" and setting.call.silence is None:
        return "nobody says for how long the stream may be silent meanwhile: state `silentFor`"
    if 2 * in_time(limit, scale) < limit:
        return f"{show_duration(limit)} cannot be told apart from what a busy machine takes for it"
    passes_a_box = any(box.idle.value < longest_pause(setting, limit) for box in setting.boxes)
    return _unscalable(setting, scale) if passes_a_box else None


def _unseen_by_probes(claim: Claim, setting: Setting) -> str | None:
    limit = claim.limit or 0
    known = [one for one in setting.hop.pingers if one.side is claim.side and one.notices_in <= limit]
    if known and not any(one.how is Refresh.HTTP2_PING for one in known):
        return "only TCP keepalive probes notice in time, and on a loopback there is always a kernel that answers those"
    return None


def _unscalable(setting: Setting, scale: int) -> str | None:
    """What does not pass faster with everything else, and would decide the trial."""
    if scale > 1 and _throttled(setting):
        return (
            f"the client has no {grpc.MAX_PINGS_WITHOUT_DATA}=0: C-core then sends one ping a minute, a minute that "
            f"cannot be divided by {scale}; try `--scale 1`"
        )
    hurried = next(
        (one for one in setting.core_clients if one.interval.value < grpc.CORE_CLIENT_GAP * scale), None
    )
    if scale > 1 and hurried is not None:
        return (
            f"C-core sends at most one ping a second, and {show_duration(hurried.interval.value)} would pass in less; "
            f"try `--scale {max(1, hurried.interval.value // grpc.CORE_CLIENT_GAP)}`"
        )
    slow = next((pinger for pinger in setting.pingers if _beyond_hidden_rule(pinger, setting)), None)
    if scale > 1 and slow is not None:
        return "C-core allows a ping each two hours on a connection without calls, two hours that cannot be divided"
    if setting.boxes and _kept_by_probes(setting) and not SEES_PROBES:
        return "TCP keepalive probes keep the boxes' state alive, and only Linux shows them to the relay"
    return None


def _throttled(setting: Setting) -> bool:
    arguments = setting.client_arguments
    interval = arguments.get(grpc.KEEPALIVE_TIME)
    core = setting.go.plays(setting.call.client.runtime) is None
    throttled = core and arguments.get(grpc.MAX_PINGS_WITHOUT_DATA) != 0
    return throttled and isinstance(interval, int) and setting.call.hops[0] is setting.hop


def _beyond_hidden_rule(pinger: Pinger, setting: Setting) -> bool:
    idles = setting.call.idles_between_calls and not setting.server_arguments.get(grpc.PERMIT_WITHOUT_CALLS)
    meets_server = End.APP in {hop.receiver_end for hop in setting.hops}
    return idles and meets_server and pinger.interval.value >= _HIDDEN_RULE_MS


def _kept_by_probes(setting: Setting) -> bool:
    """Whether some box's state hangs on TCP keepalive alone."""
    trip = setting.call.round_trip_ms
    kept = [hop.keepers(box, trip) for hop in setting.hops for box in hop.boxes]
    return any(keepers and all(one.how is Refresh.TCP_PROBE for one in keepers) for keepers in kept)
