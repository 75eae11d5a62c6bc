"""The words of a proof: what was promised, what was measured, and what follows from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from backstay.core.place import Place
from backstay.model.hop import Side
from backstay.prove.mesh.journal import Event
from backstay.prove.report import count
from backstay.prove.words import Verdict


class Kind(StrEnum):
    """The sorts of claims; the words are part of the JSON report."""

    SURVIVES = "survives-silence"
    NOTICES = "notices-dead-peer"
    TOLERATES = "pings-tolerated"
    BOUNDED = "attempts-bounded"
    ONCE = "runs-once"
    DRAINS = "calls-outlive-drain"
    ANSWERED = "answered-by-deadline"
    ENDS = "ends-at-deadline"


@dataclass(frozen=True, slots=True)
class Claim:
    """One promise of the spec, in words and at its place.

    `limit` is what the measured value may be: milliseconds, attempts, or for a drain and for a deadline the milliseconds
    that a call may take; None where there is nothing to compare.
    `side` is who has to notice, on which of the hops over the network (`crossing`); `severed` says that this hop is gone
    and not the peer.
    """

    kind: Kind
    words: str
    place: Place
    limit: int | None = None
    side: Side | None = None
    crossing: int = 0
    severed: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim with its verdict.

    `measured` says in words what was seen, or why nothing was tried; `value` is in the unit of the claim's limit,
    in the spec's time, not the faster one of the trial; `scale` is how many times faster that was.
    """

    claim: Claim
    verdict: Verdict
    measured: str
    value: int | None = None
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Take:
    """One trial as it went, for the picture: its events, and how many times faster than the spec time passed."""

    title: str
    scale: int
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class CallProof:
    """What is known about one call: `hops` are the two ends of each hop in words, `stand_ins` what was not the real thing.

    `notes` are what istiod would leave out of the objects meant for these pods.
    """

    index: int
    client: str
    service: str
    hops: Sequence[tuple[str, str]]
    findings: Sequence[Finding]
    takes: Sequence[Take] = ()
    stand_ins: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def name(self) -> str:
        """`client -> service`."""
        return f"{self.client} -> {self.service}"


@dataclass(frozen=True, slots=True)
class Report:
    """What is known about one cluster."""

    cluster: str
    calls: Sequence[CallProof]

    @property
    def findings(self) -> list[Finding]:
        """Those of all calls."""
        return [finding for call in self.calls for finding in call.findings]

    def count(self, verdict: Verdict) -> int:
        """How many claims ended with a verdict."""
        return count(self.findings, verdict)


def located(report: Report, locate: Callable[[Place], Place]) -> Report:
    """The report with file, line and column at its claims."""
    return replace(report, calls=[_located(call, locate) for call in report.calls])


def _located(call: CallProof, locate: Callable[[Place], Place]) -> CallProof:
    found = [
        replace(finding, claim=replace(finding.claim, place=locate(finding.claim.place)))
        for finding in call.findings
    ]
    return replace(call, findings=found)
