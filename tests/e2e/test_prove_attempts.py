"""How often a call reaches a server that fails: sidecars and gRPC try again, and what they try multiplies."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from backstay.prove.mesh import prover
from backstay.prove.mesh.objects import Emitted
from backstay.prove.mesh.words import Finding, Kind, Report
from backstay.prove.words import Verdict
from e2e.support.envoy import find_envoy
from e2e.support.missing import skip_or_fail
from support.proving import job_of_spec, without

if TYPE_CHECKING:
    from backstay.prove.mesh.prover import Job

pytestmark = pytest.mark.e2e

KEPT, BROKEN = Verdict.PROVED, Verdict.DISPROVED
CALL = {"from": "trainers", "to": "metadata"}
ONCE = {**CALL, "idempotent": False}
TWICE = {**CALL, "idempotent": True}
THRICE = {"calls": {"attempts": 3, "initial": "50ms"}}
POLICY = {
    "maxAttempts": 4, "initialBackoff": "0.05s", "maxBackoff": "0.1s", "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}  # fmt: skip
SERVICE_CONFIG = json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": POLICY}]})


@dataclass(frozen=True)
class Case:
    """A call, what the spec says about retries, what is broken; and the verdict with the most arrivals."""

    name: str
    call: dict[str, Any]
    retries: dict[str, Any]
    verdict: Verdict
    most: int
    routes: bool = True
    sidecar: bool = True
    client_retries: bool = False


CASES = (
    Case("once, as emitted", ONCE, {}, KEPT, 1),
    Case("once, without the emitted routes", ONCE, {}, BROKEN, 3, routes=False),
    Case("once, by a client without a sidecar", ONCE, {}, KEPT, 1, sidecar=False),
    Case("three tries, as emitted", TWICE, THRICE, KEPT, 3),
    Case("five tries, as emitted", TWICE, {"calls": {"attempts": 5, "initial": "50ms"}}, KEPT, 5),
    Case("two tries, without the emitted routes", TWICE, {"calls": {"attempts": 2, "initial": "50ms"}}, BROKEN, 3,
         routes=False),
    Case("three tries, and gRPC's four of its own", TWICE, THRICE, BROKEN, 12, client_retries=True),
    Case("three tries by gRPC, as emitted for a client without a sidecar", TWICE, THRICE, KEPT, 3, sidecar=False),
    Case("as many as all layers may make together", TWICE, {"maxAttempts": 12}, KEPT, 3),
    Case("... and with gRPC's four of its own", TWICE, {"maxAttempts": 12}, KEPT, 12, client_retries=True),
)  # fmt: skip


def job_of(case: Case) -> Job:
    """The case's cluster."""
    job = job_of_spec(
        istio={"version": "1.30"}, retries=case.retries, calls=[case.call],
        clients={"trainers": {"sidecar": case.sidecar, "runtime": "core"}},
    )  # fmt: skip
    return job if case.routes else without(job, "VirtualService")


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """Every case; those whose client tries again by itself apart, as it is told so behind the emitted objects' back."""
    with skip_or_fail():
        find_envoy()
    done: dict[str, Report] = {}
    for by_client in (False, True):
        cases = [case for case in CASES if case.client_retries is by_client]
        with pytest.MonkeyPatch.context() as patch:
            if by_client:
                patch.setattr(Emitted, "client_arguments", lambda *_: {"grpc.service_config": SERVICE_CONFIG})
            found = prover.prove_all([job_of(case) for case in cases])
        done |= {case.name: report for case, report in zip(cases, found, strict=True)}
    return done


def attempts(report: Report) -> Finding:
    """What was found about the first claim on attempts."""
    return next(found for found in report.findings if found.claim.kind in {Kind.ONCE, Kind.BOUNDED})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_attempts_are_what_the_layers_make_of_them(case: Case, reports: dict[str, Report]):
    """With real Envoys and a server that fails in three ways."""
    found = attempts(reports[case.name])
    assert (found.verdict, found.value) == (case.verdict, case.most), found.measured


def test_a_crash_after_the_request_is_what_the_default_retries_run_twice(reports: dict[str, Report]):
    """The server's own sidecar words it as UNAVAILABLE; the emitted route tries only what cannot have begun."""
    broken = attempts(reports["once, without the emitted routes"])
    kept = attempts(reports["once, as emitted"])
    assert "3 when its server goes away" in broken.measured
    assert "1 when its server goes away" in kept.measured
    assert "1 when the network to the sidecar of metadata breaks" in kept.measured
    assert kept.claim.place.path == "network.calls[0].idempotent"
    assert replace(kept.claim, words="") == replace(broken.claim, words="")
