"""The words of a proof about jobs: what was promised, what was measured, and what follows from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from backstay.core.place import Place
from backstay.prove.jobs.journal import Journal
from backstay.prove.report import count
from backstay.prove.words import Verdict


class Kind(StrEnum):
    """The sorts of claims; the words are part of the JSON report."""

    RECOVERS = "recovers-from-node-loss"
    NEEDS_IT = "hangs-without-recovery"
    ALONE = "never-two-at-once"
    EVICTED = "survives-eviction"
    PREEMPTED = "survives-preemption"
    OUT_OF_MEMORY = "memory-kills-bounded"
    BOUNDED = "attempts-bounded"
    ADMITTED = "quota-admits"


@dataclass(frozen=True, slots=True)
class Claim:
    """One promise, in words and at its place in the spec.

    `limit` is what the measured value may be: milliseconds of the spec, tries, or pods; None where there is nothing
    to compare.
    """

    kind: Kind
    words: str
    place: Place
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim with its verdict; `value` is in the unit of the claim's limit, `scale` how many times faster time passed."""

    claim: Claim
    verdict: Verdict
    measured: str
    value: int | None = None
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Take:
    """One trial as it went, for the picture; `at` is when the event happened, `until` when watching ended."""

    title: str
    scale: int
    journal: Journal
    at: float
    until: float


@dataclass(frozen=True, slots=True)
class WorkloadProof:
    """What is known about one workload; `notes` say what was not the real thing."""

    name: str
    kind: str
    findings: Sequence[Finding]
    takes: Sequence[Take] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What is known about one cluster; `notes` are about the control plane that it was tried in."""

    cluster: str
    workloads: Sequence[WorkloadProof]
    notes: Sequence[str] = ()

    @property
    def findings(self) -> list[Finding]:
        """Those of all workloads."""
        return [finding for workload in self.workloads for finding in workload.findings]

    def count(self, verdict: Verdict) -> int:
        """How many claims ended with a verdict."""
        return count(self.findings, verdict)


def located(report: Report, locate: Callable[[Place], Place]) -> Report:
    """The report with file, line and column at its claims."""
    return replace(report, workloads=[_located(one, locate) for one in report.workloads])


def _located(proof: WorkloadProof, locate: Callable[[Place], Place]) -> WorkloadProof:
    found = [
        replace(finding, claim=replace(finding.claim, place=locate(finding.claim.place)))
        for finding in proof.findings
    ]
    return replace(proof, findings=found)
