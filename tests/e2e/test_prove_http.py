"""Calls over HTTP/1.1: real Envoys between ends that keep connections, with what is emitted and without."""

from __future__ import annotations

import pytest

from backstay.prove.mesh import prover
from backstay.prove.mesh.words import Kind, Report
from backstay.prove.words import Verdict
from e2e.support.envoy import find_envoy
from e2e.support.missing import skip_or_fail
from support.proving import job_of_spec, without

pytestmark = pytest.mark.e2e

WEB = {
    "host": "web.prod.svc.cluster.local",
    "port": 80,
    "protocol": "http",
    "waitTimeout": "60s",
    "workload": {"name": "web"},
}
CALL = {
    "from": "shop",
    "to": "web",
    "via": ["box"],
    "silentFor": "10m",
    "deadline": "30s",
    "idempotent": True,
}
NETWORK = {
    "boxes": {"box": {"idle": "300s"}},
    "clients": {"shop": {"sidecar": True}},
    "services": {"web": WEB, "till": {**WEB, "host": "till.prod.svc.cluster.local", "workload": {"name": "till"}}},
    "overrides": {"web": {"tcpKeepalive": {"time": "2m30s", "interval": "10s", "probes": 3}}},
    "calls": [
        CALL,
        {"from": "shop", "to": "till", "deadline": "30s", "idempotent": False},
        {**CALL, "stream": "server", "silentFor": "20m", "deadline": "2h"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def reports() -> tuple[Report, Report]:
    """As emitted; and with nothing emitted for pods and callers' clusters."""
    with skip_or_fail():
        find_envoy()
    drain = {"drain": {"longestRequest": "40s"}}
    retries = {"maxAttempts": 12, "calls": {"attempts": 3, "initial": "50ms"}}
    job = job_of_spec(retries=retries, termination=drain, **NETWORK)
    kept, bare = prover.prove_all([job, without(without(job, "Deployment"), "DestinationRule")])
    return kept, bare


def verdict(report: Report, call: int, kind: Kind) -> Verdict:
    """Of the first claim of a kind about a call."""
    found = [one for one in report.calls[call].findings if one.claim.kind is kind]
    assert found, kind
    return found[0].verdict


@pytest.mark.parametrize("kind", [Kind.SURVIVES, Kind.BOUNDED, Kind.DRAINS])
def test_what_is_emitted_keeps_the_promises_of_requests(reports: tuple[Report, Report], kind: Kind):
    """Connections that somebody let go are not used again."""
    assert verdict(reports[0], 0, kind) is Verdict.PROVED, [one.measured for one in reports[0].findings]


def test_tries_that_are_asked_for_are_made(reports: tuple[Report, Report]):
    """After a 503, and after a connection that broke."""
    found = next(one for one in reports[0].calls[0].findings if one.claim.kind is Kind.BOUNDED)
    for words in (
        "the server is unavailable",
        "its server goes away",
        "the network to the sidecar of web breaks",
    ):
        assert f"3 when {words}" in found.measured


def test_a_request_that_must_not_run_twice_arrives_once(reports: tuple[Report, Report]):
    """However the server fails."""
    assert verdict(reports[0], 1, Kind.ONCE) is Verdict.PROVED


def test_a_silent_stream_over_a_box_needs_the_probes(reports: tuple[Report, Report]):
    """HTTP/1.1 has no PING: the callers' sidecars probe, or the box forgets."""
    assert verdict(reports[0], 2, Kind.SURVIVES) is Verdict.PROVED
    found = next(one for one in reports[1].calls[2].findings if one.claim.kind is Kind.SURVIVES)
    assert found.verdict is Verdict.DISPROVED
    assert "box box forgot the connection" in found.measured


def test_a_pod_without_its_patch_cuts_requests(reports: tuple[Report, Report]):
    """Kubernetes' own thirty seconds are less than a request may take."""
    assert verdict(reports[1], 2, Kind.DRAINS) is Verdict.DISPROVED
