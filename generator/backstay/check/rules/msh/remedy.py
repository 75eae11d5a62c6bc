"""Why nobody keeps a connection open, and what would: words that several rules end with."""

from collections.abc import Iterator

from backstay.check.rules.msh.way import Danger
from backstay.core.units import show_duration
from backstay.model.hop import End, Refresh
from backstay.model.network import Knobs, Protocol, Service
from backstay.model.parts import DataPlane, Mesh
from backstay.upstream.grpc import KEEPALIVE_TIME, MAX_PINGS_WITHOUT_DATA, PERMIT_WITHOUT_CALLS

_SECOND_MS = 1_000


def reasons(danger: Danger, knobs: Knobs, mesh: Mesh | None) -> str:
    """Why nobody pings on the hop, end by end."""
    if not danger.call.service.protocol.pings:
        return _without_pings(danger)
    found = [*_of_sender(danger, knobs), *_of_receiver(danger, knobs)]
    if mesh is not None and mesh.data_plane is DataPlane.AMBIENT:
        found.append("an ambient mesh has no sidecar that could")
    return ", ".join(found)


def _without_pings(danger: Danger) -> str:
    protocol, sender = danger.call.service.protocol.value, danger.hop.sender
    if danger.hop.sender_end is End.APP:
        return f"{protocol} has no PINGs, and {sender} has no sidecar to send TCP keepalive probes"
    return f"{protocol} has no PINGs, and {sender} sends no TCP keepalive probes that the box counts"


def _of_sender(danger: Danger, knobs: Knobs) -> Iterator[str]:
    hop, client = danger.hop, danger.call.client
    if hop.sender_end is not End.APP:
        if hop.sender_end is End.SIDECAR and _asked(knobs.client_args):
            yield f"arguments of {client.name} ping only its own sidecar"
        yield f"{hop.sender} does not ping"
    elif not client.settable_keepalive:
        yield f"the code of {client.name} never pings and has no sidecar"
    elif _asked(knobs.client_args):
        yield f"{client.name} pings only while a call is open ({PERMIT_WITHOUT_CALLS})"
    else:
        yield f"{client.name} does not ping and has no sidecar"


def _of_receiver(danger: Danger, knobs: Knobs) -> Iterator[str]:
    hop, service = danger.hop, danger.call.service
    if hop.receiver_end is End.APP and _asked(knobs.server_args):
        yield f"{service.name} pings only while a call is open ({PERMIT_WITHOUT_CALLS})"
        return
    if hop.receiver_end is End.SIDECAR and _asked(knobs.server_args):
        yield f"arguments of {service.name} ping only its own sidecar"
    yield f"{hop.receiver} does not ping"


def _asked(args: tuple[tuple[str, object], ...]) -> bool:
    return any(key == KEEPALIVE_TIME for key, _ in args)


def remedies(danger: Danger, knobs: Knobs, mesh: Mesh | None, *, by_hand: bool = False) -> str:
    """What would keep the connection open, concretely: in a spec's words, or (`by_hand`) in those of manifests."""
    half = danger.box.idle.value // 2
    half = half // _SECOND_MS * _SECOND_MS or half
    found = [
        *_pings(danger, half, knobs, mesh, by_hand=by_hand),
        *_probes(danger, half, mesh, by_hand=by_hand),
    ]
    found.append(f"have the application send data sooner and state `heartbeat: {show_duration(half)}`")
    return ", or ".join(found)


def _pings(danger: Danger, half: int, knobs: Knobs, mesh: Mesh | None, *, by_hand: bool) -> Iterator[str]:
    hop, client, service = danger.hop, danger.call.client, danger.call.service
    if not _takes_pings(danger):
        return
    if hop.sender_end is End.APP and _asked(knobs.client_args):
        permit = f"`network.services.{service.name}.permitPingsWithoutCalls: true`"
        yield f"let {service.name} tolerate pings without calls and state {permit}"
    if hop.sender_end is End.APP and hop.receiver_end is End.ZTUNNEL:
        yield f"take {client.name} into the mesh, where ztunnels ping, and leave `network.clients.{client.name}.sidecar` out"
    if hop.sender_end is End.APP and _has_sidecars(mesh):
        yield f"give {client.name} a sidecar and state `network.clients.{client.name}.sidecar: true`"
    if hop.receiver_end is End.APP and service.protocol is Protocol.GRPC:
        yield _told_to_ping(service, half, by_hand=by_hand)


def _told_to_ping(service: Service, every: int, *, by_hand: bool) -> str:
    arguments = {KEEPALIVE_TIME: every, PERMIT_WITHOUT_CALLS: 1}
    if not by_hand:
        words = ", ".join(f"{key}: {value}" for key, value in arguments.items())
        return f"have {service.name} ping and state `network.overrides.{service.name}.serverArguments: {{{words}}}`"
    if service.preset == "kfp-metadata-grpc":  # where KFP032 asks for this one too
        arguments[MAX_PINGS_WITHOUT_DATA] = 0
    flag = ",".join(f"{key}={value}" for key, value in arguments.items())
    return f"start {service.name} with `--grpc_channel_arguments={flag}`"


def _takes_pings(danger: Danger) -> bool:
    """Whether there are PINGs in the protocol and the box counts them."""
    return danger.call.service.protocol.pings and Refresh.HTTP2_PING in danger.box.refreshed_by


def _probes(danger: Danger, half: int, mesh: Mesh | None, *, by_hand: bool) -> Iterator[str]:
    call, end = danger.call, danger.hop.sender_end
    counted = Refresh.TCP_PROBE in danger.box.refreshed_by and half >= _SECOND_MS
    if not counted or not call.calls_service(danger.hop):
        return
    time = show_duration(half)
    numbers = f"tcpKeepalive: {{time: {time}, interval: 10s, probes: 3}}"
    service = call.service
    probes = f"`connectionPool: {{tcp: {{{numbers}}}}}` into a DestinationRule for {service.host.value}"
    probes = probes if by_hand else f"`network.overrides.{service.name}.{numbers}`"
    if end.is_envoy:
        yield f"write {probes}"
    elif end is End.APP and _has_sidecars(mesh) and not _takes_pings(danger):
        yield f"give {call.client.name} a sidecar and write {probes}"


def _has_sidecars(mesh: Mesh | None) -> bool:
    return mesh is not None and mesh.data_plane is DataPlane.SIDECAR
