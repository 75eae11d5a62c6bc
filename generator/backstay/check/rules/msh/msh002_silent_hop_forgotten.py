"""Nobody pings on a connection that a box on its way forgets while the call is silent.

Pings count per connection, never end to end: a server behind a sidecar pings only that sidecar, and a mesh-wide TCP
keepalive works only on the sockets that sidecars open. Arguments that can reach nothing but the own sidecar are a
warning. It is said (info) where what is installed keeps a box's entry alive: meshConfig.tcpKeepalive, or ztunnels that ping.

Not judged: boxes that count nothing but data (MSH026), pings that come too late (MSH001), probes that are too slow or
do not count (MSH025), calls without a stated silence.

Breaks: the next byte after the silence meets "connection reset by peer", or vanishes until a timeout.
Bad:
    network:
      boxes: {fw: {idle: 300s}}
      services: {db: {preset: mysql, host: db.internal}}
      calls: [{from: trainers, to: db, via: [fw], silentFor: 20m}]
Good:
    network:
      boxes: {fw: {idle: 300s}}
      services: {db: {preset: mysql, host: db.internal}}
      calls: [{from: trainers, to: db, via: [fw], silentFor: 20m}]
      overrides: {db: {tcpKeepalive: {time: 150s, interval: 10s, probes: 3}}}
Source: RFC 9113 section 6.7 (PING), kubeflow/pipelines#11660 (metadata-grpc reset after a long step)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.check.rules.msh.remedy import reasons, remedies
from backstay.check.rules.msh.way import Danger
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.fact import Fact
from backstay.core.place import Place
from backstay.model.hop import INSTALLED, MESH_KNOB, Refresh
from backstay.model.network import Knobs
from backstay.upstream.grpc import KEEPALIVE_TIME

RULE = rule(__doc__, "MSH002", "silent-hop-forgotten")

_BY_OTHERS = "kfp-metadata-grpc"  # KFP032 judges the metadata store's own arguments


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every impatient box, then arguments that ping nobody but the own sidecar."""
    for danger in way.dangers(ctx):
        if danger.keepers:
            if danger.keepers[0].knob in INSTALLED:
                yield _already(danger, danger.keepers[0].knob, ctx)
        elif not danger.pingers and not way.only_data(danger.box) and not _probed(danger):
            yield _nobody(danger, ctx)
    for knobs in way.knobs(ctx):
        yield from _useless(knobs, ctx)


def _probed(danger: Danger) -> bool:
    return any(pinger.how is Refresh.TCP_PROBE for pinger in danger.hop.pingers)


def _nobody(danger: Danger, ctx: Context) -> Diagnostic:
    knobs, mesh = way.knobs_for(ctx, danger.call), way.mesh(ctx)
    return RULE.report(
        f"{danger.words}; nobody pings there: {reasons(danger, knobs, mesh)}",
        at=danger.place,
        help=remedies(danger, knobs, mesh, by_hand=way.observed(ctx)),
        related=danger.related,
    )


def _already(danger: Danger, knob: str, ctx: Context) -> Diagnostic:
    mesh = way.mesh(ctx)
    stated = mesh.tcp_keepalive if mesh and knob == MESH_KNOB else None
    related = (Related(stated.place, MESH_KNOB),) if stated else ()
    return RULE.report(
        f"box `{danger.box.name}` is already kept open on {way.way(danger.hop)} by {knob}",
        at=danger.place,
        related=(*danger.related, *related),
        severity=Severity.INFO,
        help="nothing is emitted for this box; pings that are emitted serve to notice a dead peer",
    )


def _useless(knobs: Knobs, ctx: Context) -> Iterator[Diagnostic]:
    """Keepalive arguments on an end whose only peer is its own sidecar."""
    service = knobs.service
    asked = way.number(knobs.server_args, KEEPALIVE_TIME)
    if asked and service.sidecar and service.preset != _BY_OTHERS:
        yield _own_sidecar(service.name, asked, service.place)
    asked = way.number(knobs.client_args, KEEPALIVE_TIME)
    callers = [call.client for call in way.calls(ctx) if call.service.name == service.name]
    if asked and callers and all(client.sidecar for client in callers):
        yield _own_sidecar(" and ".join(sorted({client.name for client in callers})), asked, service.place)


def _own_sidecar(who: str, asked: Fact[int], otherwise: Place) -> Diagnostic:
    return RULE.report(
        f"keepalive arguments of {who} ping only its own sidecar, on loopback",
        at=look.stated(asked, otherwise), severity=Severity.WARNING,
        help="leave them out; what needs pings on the network is derived for the sidecars",
    )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"calls", "knobs"}), run=check)
