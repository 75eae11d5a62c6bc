"""Deadlines with everything real: who ends a call, and that nobody does so sooner; as emitted, and with broken overlays."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from backstay.prove.mesh import prover
from backstay.prove.mesh.claims import claims
from backstay.prove.mesh.words import Finding, Kind, Report
from backstay.prove.words import Verdict
from e2e.support.envoy import find_envoy
from e2e.support.missing import skip_or_fail
from support.proving import job_of_spec, without

if TYPE_CHECKING:
    from collections.abc import Callable

    from backstay.core.manifest import Settled
    from backstay.prove.mesh.prover import Job

pytestmark = pytest.mark.e2e

KEPT, BROKEN, UNTRIED = Verdict.PROVED, Verdict.DISPROVED, Verdict.NOT_TRIED
ASKED = {Kind.ANSWERED, Kind.ENDS}
SERVED = {"runtime": "core", "workload": {"name": "quotes"}}
SERVICES = {
    "quotes": {"host": "quotes.prod.svc.cluster.local", "port": 9000, "protocol": "grpc", **SERVED},
    "web": {
        "host": "web.prod.svc.cluster.local",
        "port": 80,
        "protocol": "http",
        "workload": {"name": "web"},
    },
}
THRICE = {"calls": {"attempts": 3, "initial": "50ms"}}
ONCE = {"calls": {"attempts": 1, "initial": "50ms"}}
CALL = {"from": "shop", "to": "quotes", "deadline": "40s", "idempotent": True}
SHORT = {**CALL, "deadline": "5s"}
WEB = {**CALL, "to": "web"}
STREAM = {**CALL, "stream": "server", "silentFor": "10m", "deadline": "1h"}
UPLOAD = {**STREAM, "stream": "client"}


@dataclass(frozen=True)
class Case:
    """A call, what is done to the overlay; and what becomes of an answer that takes long and of one that never comes."""

    name: str
    call: dict[str, Any]
    long: Verdict
    never: Verdict
    retries: dict[str, Any] | None = None
    breaks: Callable[[Job], Job] = lambda job: job
    sidecar: bool = True
    says: str = ""


def route(**fields: Any) -> Callable[[Job], Job]:
    """The overlay with other fields in the one route of its VirtualService; None takes one away."""

    def changed(one: Settled) -> Settled:
        if one.value.get("kind") != "VirtualService":
            return one
        [http] = one.value["spec"]["http"]
        told = {key: value for key, value in {**http, **fields}.items() if value is not None}
        return replace(one, value={**one.value, "spec": {**one.value["spec"], "http": [told]}})

    def broken(job: Job) -> Job:
        settled = [changed(one) for one in job.settled]
        assert settled != [*job.settled]
        return replace(job, settled=settled)

    return broken


def config(timeout: str) -> Callable[[Job], Job]:
    """The overlay with another timeout in the service config of its ConfigMap."""

    def changed(one: Settled) -> Settled:
        name = "QUOTES_GRPC_SERVICE_CONFIG"
        data = one.value.get("data")
        if not isinstance(data, dict) or name not in data:
            return one
        text = json.dumps({"methodConfig": [{"name": [{}], "timeout": timeout}]})
        return replace(one, value={**one.value, "data": {**data, name: text}})

    return lambda job: replace(job, settled=[changed(one) for one in job.settled])


def unkept(job: Job) -> Job:
    """The overlay without anything that ends a call: no service config, and a route without its timeout."""
    return without(route(timeout=None, retries=None)(job), "ConfigMap")


CASES = (
    Case("gRPC, as emitted", CALL, KEPT, KEPT, ONCE),
    Case("gRPC, the route gives up sooner", CALL, BROKEN, KEPT, ONCE, route(timeout="15s"),
         says="the sidecar of shop gave the request up after 1"),
    Case("gRPC, the service config gives up sooner", CALL, BROKEN, KEPT, ONCE, config("15s"),
         says="shop gave the request up after 1"),
    Case("gRPC, the route's timeout is gone, the service config's is not", CALL, KEPT, KEPT, ONCE, route(timeout=None)),
    Case("gRPC, nobody gives up", CALL, KEPT, BROKEN, ONCE, unkept, says="the call was still open after 1m"),
    Case("gRPC, three tries, as emitted", CALL, KEPT, KEPT, THRICE),
    Case("gRPC, three tries that are cut sooner", CALL, BROKEN, KEPT, THRICE,
         route(retries={"attempts": 2, "retryOn": "deadline-exceeded,reset", "perTryTimeout": "3s"})),
    Case("gRPC without sidecars, as emitted", CALL, KEPT, KEPT, ONCE, sidecar=False),
    Case("gRPC without sidecars, without its ConfigMap", CALL, KEPT, BROKEN, ONCE,
         lambda job: without(job, "ConfigMap"), sidecar=False),
    Case("gRPC without sidecars, a few seconds, as emitted", SHORT, KEPT, KEPT, ONCE, sidecar=False),
    Case("gRPC without sidecars, C-core is told no more than its deadline", SHORT, BROKEN, KEPT, ONCE, config("5s"),
         sidecar=False, says="shop gave the request up after"),
    Case("HTTP, as emitted", WEB, KEPT, KEPT, ONCE),
    Case("HTTP, three tries, as emitted", WEB, KEPT, KEPT, THRICE),
    Case("HTTP, the route gives up sooner", WEB, BROKEN, KEPT, ONCE, route(timeout="15s")),
    Case("HTTP, the route gives up later", WEB, KEPT, BROKEN, ONCE, route(timeout="55s")),
    Case("HTTP, without its route", WEB, KEPT, BROKEN, ONCE, lambda job: without(job, "VirtualService")),
    Case("HTTP without a sidecar", WEB, KEPT, UNTRIED, ONCE, sidecar=False, says="only the program of shop"),
    Case("a stream, as emitted", STREAM, KEPT, KEPT),
    Case("a stream, the service config gives up sooner", STREAM, BROKEN, KEPT, breaks=config("1200s")),
    Case("an upload, as emitted", UPLOAD, KEPT, KEPT),
)  # fmt: skip


def job_of(case: Case) -> Job:
    """The case's cluster."""
    job = job_of_spec(
        retries=case.retries, services=SERVICES, calls=[case.call],
        clients={"shop": {"sidecar": case.sidecar, "runtime": "core", "namespaces": ["prod"]}},
    )  # fmt: skip
    return case.breaks(job)


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """Every case, side by side; what else their specs promise is tried elsewhere."""
    with skip_or_fail():
        find_envoy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prover, "claims", lambda setting: [one for one in claims(setting) if one.kind in ASKED])
        found = prover.prove_all([job_of(case) for case in CASES])
    return {case.name: report for case, report in zip(CASES, found, strict=True)}


def finding(report: Report, kind: Kind) -> Finding:
    """What was found about a kind of claim."""
    [found] = [one for one in report.findings if one.claim.kind is kind]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_deadline_is_kept_from_both_sides(case: Case, reports: dict[str, Report]):
    """Nobody ends the call sooner, and somebody does then; the report says who."""
    long, never = (finding(reports[case.name], kind) for kind in (Kind.ANSWERED, Kind.ENDS))
    assert (long.verdict, never.verdict) == (case.long, case.never), (long.measured, never.measured)
    assert case.says in long.measured + never.measured
    assert long.claim.place.path == never.claim.place.path == "network.calls[0].deadline"


def test_the_server_hears_of_the_end_of_each_try(reports: dict[str, Report]):
    """Three were made, as none was answered in what one may take."""
    found = finding(reports["HTTP, three tries, as emitted"], Kind.ENDS)
    assert "3 attempts, the end of each of which the server heard of" in found.measured
