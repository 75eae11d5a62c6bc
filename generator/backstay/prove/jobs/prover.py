"""Every promise about every workload, tried: one control plane a cluster, its trials side by side."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backstay.core.manifest import Settled
from backstay.model.cluster import Cluster
from backstay.model.jobs import Workload
from backstay.prove.jobs import admission, judge
from backstay.prove.jobs.admission import Admitted, Crowd
from backstay.prove.jobs.claims import Promise, outer_layers, promises, untried
from backstay.prove.jobs.components import Components, find
from backstay.prove.jobs.journal import Watcher
from backstay.prove.jobs.pace import SCALE, Pace
from backstay.prove.jobs.plane import Plane, control_plane
from backstay.prove.jobs.runnable import Runnable, runnable
from backstay.prove.jobs.trials import SPARE, Outcome, Trial, run
from backstay.prove.jobs.words import Report, Take, WorkloadProof
from backstay.prove.together import interruptible, together

AT_ONCE = 32
"""Trials that run side by side; each is a node or two and mostly waits."""

Tell = Callable[[str], None]
_Crowd = tuple[Workload | None, Crowd]


@dataclass(frozen=True, slots=True)
class Job:
    """A cluster's model and its emitted manifests."""

    cluster: Cluster
    settled: Sequence[Settled]


@dataclass(frozen=True, slots=True)
class _Case:
    """A workload with what runs of it and what is promised about it."""

    workload: Workload
    reason: str | None
    promises: tuple[Promise, ...]


def _quiet(_: str) -> None:
    """Tell nobody."""


def prove_all(
    jobs: Sequence[Job], scale: int | None = None, components: Path | None = None, tell: Tell = _quiet
) -> list[Report]:
    """Try what several clusters promise about jobs, one after another.

    `scale` is how many times faster than the spec time passes where it can, `components` the folder of programs.
    Blocks for minutes. Interrupted or terminated, it ends every process that it started and removes its files.
    Raises `CannotTell` when a component is missing, or dies, or refuses what is emitted.
    """
    return interruptible(_all(jobs, scale or SCALE, find(components), tell))


async def _all(jobs: Sequence[Job], scale: int, components: Components, tell: Tell) -> list[Report]:
    return [await _report(job, scale, components, tell) for job in jobs]


async def _report(job: Job, scale: int, components: Components, tell: Tell) -> Report:
    pace = _pace(job.cluster, scale)
    cases = [_case(job, workload, number, pace) for number, workload in enumerate(job.cluster.jobs.workloads)]
    trials = {promise.trial.name: promise.trial for case in cases for promise in case.promises}
    crowds = list(admission.crowds(job.cluster, job.settled))
    seen: dict[str, Outcome] = {}
    admitted: list[tuple[Workload | None, Admitted]] = []
    if trials or crowds:
        async with control_plane(components, pace, kueue_settings(job, components), tell) as plane:
            work = _both(plane, job, list(trials.values()), crowds, tell)
            seen, admitted = await plane.guarded(work)
    proofs = [_proof(case, seen, [a for w, a in admitted if w is case.workload], scale) for case in cases]
    steps = [judge.admitted(one) for workload, one in admitted if workload is None]
    proofs += [WorkloadProof("pipeline steps", "steps", steps)] if steps else []
    return Report(job.cluster.name, proofs, _notes(job, components))


async def _both(
    plane: Plane, job: Job, trials: Sequence[Trial], crowds: Sequence[_Crowd], tell: Tell
) -> tuple[dict[str, Outcome], list[tuple[Workload | None, Admitted]]]:
    """The failures, all at once; then what has to fit, one after another: a crowd has its namespace for itself."""
    seen = await _trials(plane, job, trials, tell)
    if crowds:
        await admission.prepare(plane, job.cluster, job.settled)
    done = []
    for workload, crowd in crowds:
        done.append((workload, await admission.admit(plane, crowd)))
        tell(f"{job.cluster.name}: {crowd.namespace}/{crowd.name}: admission is over")
    return seen, done


async def _trials(plane: Plane, job: Job, trials: Sequence[Trial], tell: Tell) -> dict[str, Outcome]:
    watcher, places = Watcher(plane.client), asyncio.Semaphore(AT_ONCE)
    following = asyncio.create_task(watcher.follow())
    await plane.keep(SPARE)
    await _common(plane, job.settled)

    async def one(trial: Trial) -> Outcome:
        async with places:
            done = await run(trial, plane, watcher)
        tell(f"{job.cluster.name}: {trial.name}: {trial.event} is over")
        return done

    try:
        return {seen.trial.name: seen for seen in await together(one(trial) for trial in trials)}
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _common(plane: Plane, settled: Sequence[Settled]) -> None:
    """What pods of any namespace refer to."""
    for one in settled:
        if one.value.get("kind") == "PriorityClass":
            await plane.client.apply(dict(one.value))


def _case(job: Job, workload: Workload, number: int, pace: Pace) -> _Case:
    made: Runnable | None = runnable(workload, job.settled)
    reason = untried(workload, made)
    if made is None or reason is not None:
        return _Case(workload, reason, ())
    return _Case(workload, None, tuple(promises(job.cluster, workload, made, f"w{number}", pace)))


def _proof(
    case: _Case, seen: Mapping[str, Outcome], admitted: Sequence[Admitted], scale: int
) -> WorkloadProof:
    findings = [judge.judged(promise, seen[promise.trial.name], scale) for promise in case.promises]
    findings += [judge.admitted(one) for one in admitted]
    outcomes = [seen[name] for name in dict.fromkeys(promise.trial.name for promise in case.promises)]
    takes = [Take(one.trial.event.value, scale, one.journal, one.at, one.until) for one in outcomes]
    notes = [case.reason, outer_layers(case.workload), *(note for one in outcomes for note in one.notes)]
    workload = case.workload
    name = f"{workload.namespace.value}/{workload.name}"
    return WorkloadProof(name, workload.kind.value, findings, takes, [*dict.fromkeys(n for n in notes if n)])


def _pace(cluster: Cluster, scale: int) -> Pace:
    recovery = cluster.jobs.recovery
    return Pace(scale) if recovery is None else Pace(scale, recovery.monitor_grace.value)


def kueue_settings(job: Job, components: Components) -> Mapping[str, Any]:
    """Kueue's emitted configuration: whole where the played Kueue is of its line, else its feature gates alone."""
    for one in job.settled:
        if str(one.value.get("apiVersion")).startswith("config.kueue.x-k8s.io/"):
            whole = not _differs(job, components, "kueue")
            return one.value if whole else {"featureGates": one.value.get("featureGates") or {}}
    return {}


def _notes(job: Job, components: Components) -> list[str]:
    """Where the versions that are played are not the cluster's."""
    installed = job.cluster.jobs.systems.versions
    return [
        f"{name} is played by {project.version}, the spec has {installed[_key(name)]}"
        for name, project in components.projects.items()
        if _differs(job, components, name)
    ]


def _differs(job: Job, components: Components, name: str) -> bool:
    """Whether a project is installed in another line than the one that is played."""
    wanted = job.cluster.jobs.systems.versions.get(_key(name))
    played = components.projects[name].version
    return wanted is not None and not f"{played}.".startswith(f"{wanted}.")


def _key(project: str) -> str:
    return project.replace("-", "_")
