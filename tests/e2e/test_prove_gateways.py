"""`backstay prove mesh` of calls through gateways: real Envoys on both sides of two boxes, with and without what is emitted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from backstay.prove.mesh import prover
from backstay.prove.mesh.prover import Job
from backstay.prove.mesh.words import Kind, Report
from backstay.prove.words import Verdict
from e2e.support.envoy import find_envoy
from e2e.support.missing import skip_or_fail
from support.casebook import on_base
from support.compiler import compile_spec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backstay.prove.mesh.words import Finding

pytestmark = pytest.mark.e2e

BOXES = {"front": {"idle": "300s"}, "back": {"idle": "300s"}}
EDGE = {"labels": {"istio": "ingressgateway"}, "profile": "edge"}
EGRESS = {
    "kind": "gateway-api", "gateway": "egress", "namespace": "gateways",
    "service": {"host": "egress.gateways.svc.cluster.local", "port": 8080, "portName": "http2"},
}  # fmt: skip
FEATURES = {
    "host": "features.prod.svc.cluster.local", "port": 8443, "protocol": "grpc", "runtime": "core", "labels": {"app": "f"},
}  # fmt: skip
OUTSIDE = {
    "host": "scoring.example", "port": 443, "protocol": "grpc", "runtime": "core", "minPingInterval": "30s",
    "permitPingsWithoutCalls": True,
}  # fmt: skip
STREAM = {"from": "callers", "stream": "server", "silentFor": "20m", "idempotent": True}
PROBES = {"tcpKeepalive": {"time": "10s", "interval": "5s", "probes": 3}}


def job(*, version: str = "1.31", client: bool = False, mesh: dict | None = None, **network: Any) -> Job:
    """A cluster with one call, compiled from a spec."""
    value = on_base({
        "platform": {"istio": {"version": version, **(mesh or {})}}, "retries": {"maxAttempts": 12},
        "network": {"boxes": BOXES, "clients": {"callers": {"runtime": "core", "sidecar": client}}, **network},
    })  # fmt: skip
    compiled = compile_spec(value)
    assert compiled.cluster is not None, compiled.findings
    assert not compiled.stops, compiled.findings
    return Job(compiled.cluster, compiled.settled)


def lacking(whole: Job, *names: str) -> Job:
    """The same with an overlay that lacks some objects."""
    kept = [one for one in whole.settled if one.ref.name not in names]
    assert len(kept) == len(whole.settled) - len(names)
    return replace(whole, settled=kept)


INGRESS = {"gateways": {"gate": {"labels": {"istio": "ingressgateway"}}}, "services": {"features": FEATURES}}
PATIENT = {**INGRESS, "gateways": {"gate": EDGE}}
THROUGH = {**STREAM, "to": "features", "via": ["front", "gate", "back"], "detectDeadPeerIn": "2m"}
UNBOXED = {**STREAM, "to": "features", "via": ["gate"]}
OUTWARDS = {**STREAM, "to": "scoring", "via": ["front", "gate", "back"], "detectDeadPeerIn": "2m"}
QUERY = {"from": "callers", "to": "db", "via": ["gate", "back"], "silentFor": "20m"}


@dataclass(frozen=True)
class Proofs:
    """What the trials of this module showed, all of them side by side; `un` and `cut` lack what was emitted."""

    ingress: Report
    unpinged: Report
    patient: Report
    cut: Report
    egress: Report
    unruled: Report
    database: Report


@pytest.fixture(scope="module")
def proofs() -> Proofs:
    """Each way through a gateway with what is emitted for it, and without."""
    with skip_or_fail():
        find_envoy()
    ingress, patient = job(**INGRESS, calls=[THROUGH]), job(**PATIENT, calls=[UNBOXED])
    egress = job(
        version="1.30",
        client=True,
        gateways={"gate": EGRESS},
        services={"scoring": OUTSIDE},
        calls=[OUTWARDS],
    )
    database = job(
        mesh=PROBES, gateways={"gate": {"labels": {"istio": "ingressgateway"}}}, calls=[QUERY],
        services={"db": {"preset": "mysql", "host": "db.data.svc.cluster.local"}},
    )  # fmt: skip
    jobs = [
        ingress, lacking(ingress, "gateway-gate"), patient, lacking(patient, "gateway-gate"),
        egress, lacking(egress, "keepalive-gateway-gate-to-scoring"), database,
    ]  # fmt: skip
    return Proofs(*prover.prove_all(jobs))


def verdicts(report: Report) -> set[Verdict]:
    """Every verdict of a report."""
    return {finding.verdict for finding in report.findings}


def of_kind(report: Report, kind: Kind) -> Iterable[Finding]:
    """The findings about a kind of claim."""
    return [finding for finding in report.findings if finding.claim.kind is kind]


@pytest.mark.parametrize("name", ["ingress", "patient", "egress", "database"])
def test_what_is_emitted_keeps_every_promise_through_a_gateway(name: str, proofs: Proofs):
    """On both sides of it, whoever calls."""
    report = getattr(proofs, name)
    assert verdicts(report) == {Verdict.PROVED}
    assert [hop for call in report.calls for hop in call.hops if "the gateway gate" in hop]
    assert [call.notes for call in report.calls] == [[]]


def test_each_side_notices_for_itself(proofs: Proofs):
    """Behind an ingress gateway that pings both ways, and before an egress one that a sidecar pings."""
    words = [
        list(dict.fromkeys((one.claim.crossing, one.claim.words.partition(" notices")[0]) for one in found))
        for found in (of_kind(report, Kind.NOTICES) for report in (proofs.ingress, proofs.egress))
    ]
    assert words == [
        [(0, "the gateway gate"), (1, "the gateway gate")],
        [(0, "the sidecar of callers"), (1, "the gateway gate")],
    ]


def test_without_its_filter_a_gateway_lets_the_box_before_it_forget(proofs: Proofs):
    """The other side is kept open by a rule of its own, and its dead peers are still noticed."""
    [survives] = of_kind(proofs.unpinged, Kind.SURVIVES)
    assert survives.verdict is Verdict.DISPROVED
    assert survives.measured.startswith("box front forgot the connection 5")
    noticed = {(one.claim.crossing, one.verdict) for one in of_kind(proofs.unpinged, Kind.NOTICES)}
    assert noticed == {(0, Verdict.DISPROVED), (1, Verdict.PROVED)}


def test_without_its_filter_a_gateway_of_profile_edge_resets_a_silent_stream(proofs: Proofs):
    """No box is there to blame."""
    [survives] = of_kind(proofs.cut, Kind.SURVIVES)
    assert survives.verdict is Verdict.DISPROVED
    assert "box" not in survives.measured
    assert 290_000 <= (survives.value or 0) <= 330_000


def test_without_its_filter_an_egress_gateway_lets_the_box_behind_it_forget(proofs: Proofs):
    """Although the caller's sidecar pings the gateway."""
    [survives] = of_kind(proofs.unruled, Kind.SURVIVES)
    assert survives.verdict is Verdict.DISPROVED
    assert survives.measured.startswith("box back forgot the connection 5")


def test_a_database_behind_a_gateway_lives_on_the_meshs_probes(proofs: Proofs):
    """On the socket that the gateway opens."""
    [survives] = of_kind(proofs.database, Kind.SURVIVES)
    assert "TCP segments without data" in survives.measured
