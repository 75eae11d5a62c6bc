"""A server's pod that has to go while calls are in flight: real Envoys drained through their own interface."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from backstay.prove.mesh import prover
from backstay.prove.mesh.words import Finding, Kind, Report, Verdict
from e2e.support.envoy import find_envoy
from e2e.support.missing import skip_or_fail
from support.proving import job_of_spec, patched

pytestmark = pytest.mark.e2e

KEPT, CUT = Verdict.PROVED, Verdict.DISPROVED
CONFIG = "proxy.istio.io/config"


@dataclass(frozen=True)
class Case:
    """A pod: by which Istio, whether it has a sidecar, what its template says; and what becomes of calls of up to 90s."""

    name: str
    istio: str
    verdict: Verdict
    says: str
    template: Any
    sidecar: bool = True


def template(*, grace: int | None = None, hook: int | None = None, proxy: str = "") -> dict[str, Any]:
    """A pod template with what is given."""
    sleep = {"lifecycle": {"preStop": {"sleep": {"seconds": hook}}}} if hook else {}
    spec = {"containers": [{"name": "container", **sleep}]}
    return {
        "metadata": {"annotations": {CONFIG: proxy} if proxy else {}},
        "spec": {**spec, **({"terminationGracePeriodSeconds": grace} if grace else {})},
    }


WAITS = "{proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true'}}"
CASES = (
    Case("classic, as installed", "1.26", CUT, r"8 of 8 calls in flight were cut, the first [5-9]s", {}),
    Case("classic, drain long enough, grace not", "1.26", CUT, "grace 30s",
         template(proxy="{terminationDrainDuration: 100s}")),
    Case("classic, drain and grace", "1.26", KEPT, "all of 8",
         template(grace=120, proxy="{terminationDrainDuration: 100s}")),
    Case("classic, waits for connections", "1.26", KEPT, "all of 8", template(grace=120, proxy=WAITS)),
    Case("classic, a hook that the drain leaves out", "1.26", CUT, "4 of 12",
         template(grace=150, hook=20, proxy="{terminationDrainDuration: 97s}")),
    Case("classic, a hook and a drain", "1.26", KEPT, "all of 12",
         template(grace=150, hook=20, proxy="{terminationDrainDuration: 120s}")),
    Case("native, as installed", "1.30", CUT, r"the first 3\ds", {}),
    Case("native, grace", "1.30", KEPT, "all of 8", template(grace=120)),
    Case("native, a hook and a grace", "1.30", KEPT, "all of 12", template(grace=130, hook=20)),
    Case("no sidecar, as installed", "1.30", CUT, "no sidecar, grace 30s", {}, sidecar=False),
    Case("no sidecar, grace", "1.30", KEPT, "all of 8", template(grace=120), sidecar=False),
)  # fmt: skip


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """Every case, side by side."""
    with skip_or_fail():
        find_envoy()
    jobs = [
        patched(
            job_of_spec(
                istio={"version": case.istio}, termination={"drain": {"longestRequest": "90s"}},
                clients={"trainers": {"sidecar": True}}, services={"metadata": {"sidecar": case.sidecar}},
                calls=[{"from": "trainers", "to": "metadata"}],
            ),
            case.template,
        )
        for case in CASES
    ]  # fmt: skip
    done = prover.prove_all(jobs)
    return {case.name: report for case, report in zip(CASES, done, strict=True)}


def drained(report: Report) -> Finding:
    """What was found about the drain."""
    [found] = [finding for finding in report.findings if finding.claim.kind is Kind.DRAINS]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_calls_outlive_a_pod_that_waits_for_them(case: Case, reports: dict[str, Report]):
    """And no other; the report says by which numbers."""
    found = drained(reports[case.name])
    assert found.verdict is case.verdict, found.measured
    assert re.search(case.says, found.measured)
    assert found.claim.place.path == "termination.drain.longestRequest"
