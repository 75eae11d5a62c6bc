"""One failure each: a workload runs on nodes of its own, something happens to it, and its pods are watched.

Every trial has a node that is lost, or whose pods are disturbed, and a spare one that pods may go to afterwards.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic

from backstay.core.failure import CannotTell
from backstay.prove.jobs.client import Client, Refused, Struct
from backstay.prove.jobs.disturb import Killing, evict, fail_always, preempt
from backstay.prove.jobs.journal import Journal, Watcher
from backstay.prove.jobs.nodes import trial_node
from backstay.prove.jobs.plane import Plane, Probe, until
from backstay.prove.jobs.templates import joined, placed

SPARE = "spare"
"""The group of all nodes that stay alive."""

_STARTS_SECONDS = 120
_GRACE_AFTER_SECONDS = 3.0


class Event(StrEnum):
    """What happens to a workload."""

    NODE_LOSS = "node-loss"
    EVICTION = "eviction"
    OUT_OF_MEMORY = "out-of-memory"
    FAILURE = "failure"
    PREEMPTION = "preemption"


_UNKNOWN = re.compile(r'unknown field "([^"]+)"')
_WITHOUT = frozenset({"spec.activeDeadlineSeconds"})
"""Fields that a trial can do without: it ends long before."""

_ENDS = {
    Event.OUT_OF_MEMORY: (137, "OOMKilled", "every container is killed for memory"),
    Event.FAILURE: (1, "Error", "every container fails"),
}


class Repair(StrEnum):
    """What somebody outside the control plane does about a lost node: nothing, taint it once it is off, delete it."""

    NONE = "none"
    OUT_OF_SERVICE = "out-of-service-taint"
    DELETE_NODE = "node-deleted"


@dataclass(frozen=True)
class Trial:
    """A workload and what happens to it.

    `name` is a DNS label, and the namespace that it happens in; `objects` are applied first; `workload` is created as
    it stands, but for namespace, nodes and pace; `pods` of it have to run before the `event`; it is watched for
    `seconds` after that. `fenced` is how long after a node counts as lost the `repair` comes, in seconds here.
    `capacity` is what a node offers beyond the usual; `most` how many tries of what always fails are enough.
    """

    name: str
    workload: Struct
    event: Event
    seconds: float
    pods: int = 1
    objects: tuple[Struct, ...] = ()
    repair: Repair = Repair.NONE
    fenced: float = 0.0
    capacity: Mapping[str, str] = field(default_factory=dict)
    most: int = 1


@dataclass(frozen=True)
class Outcome:
    """What a trial showed: `at` is when the event happened, `recovered` when everything ran again, None: it did not.

    `workload` is as it was stored at the end, None when it was gone; `notes` say what a component left out of an
    object because it does not know it; `until` is when watching ended. `refused`: the words of the API server or of a
    webhook that did not take an object, so that nothing happened.
    """

    trial: Trial
    journal: Journal
    at: float
    recovered: float | None
    workload: Struct | None
    notes: tuple[str, ...]
    until: float
    refused: str = ""

    @property
    def unknown(self) -> bool:
        """Whether it was refused for a field that the played version does not know."""
        return bool(_UNKNOWN.search(self.refused))

    @property
    def took(self) -> float | None:
        """Seconds from the event until everything ran again."""
        return None if self.recovered is None else self.recovered - self.at

    @property
    def conditions(self) -> dict[str, str]:
        """The conditions of the workload that hold, with their reasons."""
        return holding(self.workload)


async def run(trial: Trial, plane: Plane, watcher: Watcher) -> Outcome:
    """Make a trial; `CannotTell` when its workload does not start."""
    journal = watcher.journal(trial.name)
    lost = f"{trial.name}-lost"
    await _nodes(trial, plane, lost)
    try:
        notes = await _submit(trial, plane)
    except Refused as refused:
        now = journal.act("an object is refused")
        return Outcome(trial, journal, now, None, None, (), now, refused.message)
    if await watcher.until(lambda: len(journal.running()) >= trial.pods, _STARTS_SECONDS) is None:
        seen = ", ".join(f"{life.name} {life.phase}" for life in journal.lives.values()) or "no pod"
        raise CannotTell(f"{trial.name}: {trial.pods} pods did not run in {_STARTS_SECONDS} s ({seen})")
    await plane.client.merge(_named(f"{trial.name}-{SPARE}"), {"spec": {"unschedulable": False}})
    at, recovered = await _disturbed(trial, plane, watcher, lost)
    await asyncio.sleep(_GRACE_AFTER_SECONDS)  # what comes right after the recovery, such as a second copy
    stored = await plane.client.read(placed(trial.workload, trial.name))
    return Outcome(trial, journal, at, recovered, stored, notes, monotonic())


async def _nodes(trial: Trial, plane: Plane, lost: str) -> None:
    group = trial.name if trial.event is Event.NODE_LOSS else SPARE
    if group != SPARE:
        await plane.keep(group)
    full = {"pods": str(trial.pods)} if trial.event is Event.PREEMPTION else {}
    for name, keeper, capacity, open_ in (
        (lost, group, full, True), (f"{trial.name}-{SPARE}", SPARE, {}, False)
    ):  # fmt: skip
        offered = {**trial.capacity, **capacity}
        await plane.client.apply(trial_node(name, trial.name, keeper, offered, schedulable=open_))
    await until(_is_ready(plane, lost), f"node {lost}")


async def _submit(trial: Trial, plane: Plane) -> tuple[str, ...]:
    """Create everything; what a component left out of an object because it does not know it."""
    await plane.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": trial.name}})
    made = [
        placed(joined(obj, trial.name, plane.pace), trial.name) for obj in (*trial.objects, trial.workload)
    ]
    return tuple([note for obj in made for note in await _created(plane.client, obj)])


async def _created(speaking: Client, obj: Struct) -> list[str]:
    """Create an object, without fields that the played version does not know and that decide nothing in a trial."""
    try:
        await speaking.create(obj)
    except Refused as refused:
        unknown = set(_UNKNOWN.findall(refused.message))
        if not unknown or not unknown <= _WITHOUT:
            raise
        await speaking.create(obj, strict=False)
        return [f"the played {obj['kind']} has no {', '.join(sorted(unknown))}"]
    return []


async def _disturbed(trial: Trial, plane: Plane, watcher: Watcher, lost: str) -> tuple[float, float | None]:
    journal = watcher.journal(trial.name)
    before = {life.identity: life.uid for life in journal.running()}

    def again() -> bool:
        return before.keys() <= {
            life.identity for life in journal.running() if life.uid != before[life.identity]
        }

    if trial.event is Event.NODE_LOSS:
        at = journal.act("the node falls silent")
        await plane.fail(trial.name)
        repairing = asyncio.create_task(_repair(trial, plane, journal, lost))
        try:
            return at, await watcher.until(again, trial.seconds)
        finally:
            repairing.cancel()
    if trial.event in _ENDS:
        killing = Killing(*_ENDS[trial.event], trial.most, _has_failed(trial, plane))
        return await fail_always(plane.client, watcher, journal, killing, trial.seconds), None
    act = evict if trial.event is Event.EVICTION else preempt
    at = await act(plane.client, journal, lost)
    return at, await watcher.until(lambda: _replaced(journal), trial.seconds)


def _replaced(journal: Journal) -> bool:
    """Whether some pod was disrupted, and another runs with the identity of each that was."""
    hit = [life for life in journal.lives.values() if life.why]
    running = {life.identity for life in journal.running() if not life.why}
    return bool(hit) and all(life.identity in running for life in hit)


async def _repair(trial: Trial, plane: Plane, journal: Journal, lost: str) -> None:
    """What self-node-remediation or a cloud's node repair does: both act on nodes that are surely off."""
    if trial.repair is Repair.NONE:
        return
    await until(_is_lost(plane, lost), f"the loss of {lost}")
    await asyncio.sleep(trial.fenced)
    journal.act(trial.repair.value)
    if trial.repair is Repair.DELETE_NODE:
        await plane.client.ask("DELETE", f"/api/v1/nodes/{lost}")
        return
    stored = await plane.client.ask("GET", f"/api/v1/nodes/{lost}")
    taint = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}
    await plane.client.merge(stored, {"spec": {"taints": [*(stored["spec"].get("taints") or []), taint]}})


def _has_failed(trial: Trial, plane: Plane) -> Probe:
    async def failed() -> bool:
        stored = await plane.client.read(placed(trial.workload, trial.name))
        return "Failed" in holding(stored)

    return failed


def holding(stored: Struct | None) -> dict[str, str]:
    """The conditions of a stored object that hold, with their reasons."""
    known = ((stored or {}).get("status") or {}).get("conditions") or []
    return {one["type"]: one.get("reason", "") for one in known if one["status"] == "True"}


def _named(name: str) -> Struct:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


async def _ready_status(plane: Plane, name: str) -> str:
    stored = await plane.client.read(_named(name)) or {}
    conditions = stored.get("status", {}).get("conditions") or []
    taints = stored.get("spec", {}).get("taints") or []
    ready = next((one["status"] for one in conditions if one["type"] == "Ready"), "Unknown")
    return "False" if ready == "True" and any("not-ready" in one["key"] for one in taints) else str(ready)


def _is_ready(plane: Plane, name: str) -> Probe:
    async def ready() -> bool:
        return await _ready_status(plane, name) == "True"

    return ready


def _is_lost(plane: Plane, name: str) -> Probe:
    async def lost() -> bool:
        return await _ready_status(plane, name) == "Unknown"

    return lost
