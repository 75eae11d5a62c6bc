"""Why nobody keeps a connection open, and what would: words that several rules end with."""

from backstay.check.rules.msh.way import Danger
from backstay.core.units import show_duration
from backstay.model.hop import End, Refresh
from backstay.model.network import Knobs
from backstay.model.parts import DataPlane, Mesh
from backstay.upstream.grpc import KEEPALIVE_TIME


def reasons(danger: Danger, knobs: Knobs | None, mesh: Mesh | None) -> str:
    """Why nobody pings on the hop, end by end."""
    if not danger.call.service.protocol.pings:
        return _without_pings(danger)
    found = [*_of_sender(danger, knobs), *_of_receiver(danger, knobs)]
    if mesh is not None and mesh.data_plane is DataPlane.AMBIENT:
        found.append("an ambient mesh has no sidecar that could")
    return ", ".join(found)


def _without_pings(danger: Danger) -> str:
    protocol = danger.call.service.protocol.value
    if danger.hop.sender_end is End.SIDECAR:
        return f"{protocol} has no PINGs, and {danger.hop.sender} sends no TCP keepalive probes that the box counts"
    return (
        f"{protocol} has no PINGs, and {danger.call.client.name} has no sidecar to send TCP keepalive probes"
    )


def _of_sender(danger: Danger, knobs: Knobs | None) -> list[str]:
    hop, client = danger.hop, danger.call.client
    if hop.sender_end is not End.APP:
        asked = knobs is not None and hop.sender_end is End.SIDECAR and _asked(knobs.client_args)
        own = [f"arguments of {client.name} ping only its own sidecar"] if asked else []
        return [*own, f"{hop.sender} does not ping"]
    if not client.settable_keepalive:
        return [f"the code of {client.name} never pings and has no sidecar"]
    if knobs is not None and _asked(knobs.client_args):
        return [f"{client.name} pings only while a call is open (grpc.keepalive_permit_without_calls)"]
    return [f"{client.name} does not ping and has no sidecar"]


def _of_receiver(danger: Danger, knobs: Knobs | None) -> list[str]:
    hop, service = danger.hop, danger.call.service
    asked = knobs is not None and _asked(knobs.server_args)
    if hop.receiver_end is End.SIDECAR and asked:
        return [f"arguments of {service.name} ping only its own sidecar", f"{hop.receiver} does not ping"]
    if hop.receiver_end is End.APP and asked:
        return [f"{service.name} pings only while a call is open (grpc.keepalive_permit_without_calls)"]
    return [f"{hop.receiver} does not ping"]


def _asked(args: tuple[tuple[str, object], ...]) -> bool:
    return any(key == KEEPALIVE_TIME for key, _ in args)


def remedies(danger: Danger) -> str:
    """What would keep the connection open, concretely."""
    box, call, hop = danger.box, danger.call, danger.hop
    half = show_duration(max(box.idle.value // 2000, 1) * 1000)
    found = []
    if not call.service.protocol.pings:
        found += _probes(danger, half)
    elif hop.sender_end is End.APP and not call.client.settable_keepalive:
        found.append(f"give {call.client.name} a sidecar")
    elif hop.sender_end is End.APP and call.idles_between_calls:
        allow = (
            f"let {call.service.name} tolerate pings without calls and state `permitPingsWithoutCalls: true`"
        )
        found.append(allow)
    found.append(f"have the application send data sooner and state `heartbeat: {half}`")
    return ", or ".join(found)


def _probes(danger: Danger, half: str) -> list[str]:
    if Refresh.TCP_PROBE not in danger.box.refreshed_by:
        return []
    probes = f"`network.overrides.{danger.call.service.name}.tcpKeepalive: {{time: {half}, interval: 10s, probes: 3}}`"
    if danger.hop.sender_end is End.SIDECAR:
        return [f"write {probes}"]
    return (
        [f"give {danger.call.client.name} a sidecar and write {probes}"]
        if danger.hop.sender_end is End.APP
        else []
    )
