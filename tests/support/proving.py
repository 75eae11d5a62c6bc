"""Calls of specs as a proof sees them, and reports that nobody had to wait for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from backstay.core.fact import Origin, OriginKind
from backstay.core.manifest import Role, Settled
from backstay.core.place import at
from backstay.model.hop import Side
from backstay.prove.mesh.journal import Event, What
from backstay.prove.mesh.prover import Job
from backstay.prove.mesh.setting import Setting, settings
from backstay.prove.mesh.words import CallProof, Claim, Finding, Kind, Report, Take
from support.casebook import on_base
from support.compiler import compile_spec

if TYPE_CHECKING:
    from typing import Any

    from backstay.prove.words import Verdict

CALL = {"from": "trainers", "to": "metadata", "via": ["box"], "silentFor": "1h", "detectDeadPeerIn": "2m"}


def setting_of(*, istio: dict | None, client: bool = False, server: bool = False, retries: dict | None = None,
               termination: dict | None = None, **network: Any) -> Setting:  # fmt: skip
    """The first call of a cluster that is compiled from a spec; which ends have a sidecar is up to the test."""
    asked = {
        "boxes": {"box": {"idle": "300s"}},
        "clients": {"trainers": {"sidecar": client}},
        "services": {"metadata": {"sidecar": server}},
        "calls": [CALL],
        **network,
    }
    more = {"retries": retries, "termination": termination}
    more = {key: value for key, value in more.items() if value}
    compiled = compile_spec(on_base({"platform": {"istio": istio}, "network": asked, **more}))
    assert compiled.cluster is not None, compiled.findings
    return settings(compiled.cluster, compiled.settled)[0]


def job_of_spec(*, istio: dict | None = None, retries: dict | None = None, termination: dict | None = None,
                **network: Any) -> Job:  # fmt: skip
    """A cluster compiled from a spec with a network of its own."""
    more = {"retries": retries, "termination": termination}
    platform = {"istio": {"version": "1.30", **(istio or {})}}
    asked = {"platform": platform, "network": network, **{key: one for key, one in more.items() if one}}
    compiled = compile_spec(on_base(asked))
    assert compiled.cluster is not None, compiled.findings
    assert not compiled.stops, compiled.findings
    return Job(compiled.cluster, compiled.settled)


def without(job: Job, kind: str) -> Job:
    """The same cluster with an overlay that lacks the objects of a kind."""
    kept = [one for one in job.settled if one.value.get("kind") != kind]
    assert len(kept) < len(job.settled)
    return replace(job, settled=kept)


def patched(job: Job, template: dict[str, Any], name: str = "metadata-grpc-deployment") -> Job:
    """The same cluster with this patch of a Deployment's pods and no other."""
    value = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "kubeflow"},
        "spec": {"template": template},
    }  # fmt: skip
    patch = Settled("p.yaml", Role.PATCH, value, {}, Origin(OriginKind.FIXED, "test"))
    kept = [one for one in job.settled if one.ref.name != name]
    return replace(job, settled=[*kept, patch])


def told(setting: Setting, words: str) -> Any:
    """What istiod tells the Envoy whose name ends so: its listener and its cluster."""
    [found] = [pod.resources for pod in setting.pods if pod.words.endswith(words)]
    return found


EVENTS = (
    Event(10.0, -1, 0, None, What.PHASE, "silent for <1h>"),
    Event(10.0, 0, 0, Side.SENDER, What.OPENED),
    Event(10.1, 0, 0, Side.SENDER, What.DATA),
    Event(11.0, 0, 0, Side.RECEIVER, What.PING),
    Event(12.0, 0, 0, None, What.FORGOT, "fw & co"),
    Event(13.0, 0, 0, Side.RECEIVER, What.GOAWAY, "too_many_pings", 11),
    Event(14.0, 0, 0, Side.SENDER, What.CLOSED),
)
WORDS = 'the <call> works & "lives"\x1b[31m'


def report_of(*verdicts: Verdict) -> Report:
    """A report about one call with a claim a verdict, and one trial."""
    findings = [
        Finding(
            Claim(Kind.SURVIVES, WORDS, at("network", "calls", 0), 3_600_000), verdict, "seen", 60_000, 100
        )
        for verdict in verdicts
    ]
    take = Take("silence", 100, EVENTS)
    call = CallProof(0, "web <1>", "api", [("web", "api")], findings, [take], ["api is played"], ["a note"])
    return Report("prod/../eu", [call])
