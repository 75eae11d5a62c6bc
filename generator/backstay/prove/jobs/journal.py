"""What became of pods, as the API server told it: the evidence behind every verdict. Times are seconds of a clock.

A pod's identity is what only one may have at a time: its index within its Job, or its name where the controller gives
fixed names.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Any

from backstay.prove.jobs.client import Client, Struct
from backstay.prove.jobs.nodes import TRIAL_LABEL

_INDEX = "batch.kubernetes.io/job-completion-index"
_JOB = "batch.kubernetes.io/job-name"


@dataclass(slots=True)
class Life:
    """One pod: when it was made, ran, was asked to go, ended and was gone; None: not so far.

    `why` is the reason of its DisruptionTarget condition; `exit` and `reason` those of its first ended container;
    `restarts` how often its containers were restarted in place.
    """

    uid: str
    name: str
    identity: str
    node: str = ""
    made: float = 0.0
    ran: float | None = None
    deleted: float | None = None
    ended: float | None = None
    gone: float | None = None
    phase: str = ""
    why: str = ""
    exit: int | None = None
    restarts: int = 0
    reason: str = ""
    last: Struct = field(default_factory=dict)

    @property
    def over(self) -> float:
        """When it certainly ran no more, as far as the API server knows; never where it does not."""
        return min([at for at in (self.ended, self.gone) if at is not None], default=inf)

    @property
    def running(self) -> bool:
        """Whether it runs and nobody asked it to go."""
        return self.ran is not None and self.deleted is None and self.ended is None and self.gone is None


@dataclass(slots=True)
class Journal:
    """The pods of one trial, in the order in which they were made, and what was done to them."""

    trial: str
    lives: dict[str, Life] = field(default_factory=dict)
    acts: list[tuple[float, str]] = field(default_factory=list)

    def act(self, words: str) -> float:
        """Note what the prover does; when that was."""
        now = monotonic()
        self.acts.append((now, words))
        return now

    def running(self) -> list[Life]:
        """Pods that run now."""
        return [life for life in self.lives.values() if life.running]

    def attempts(self) -> int:
        """How often the identity that was tried most often ran; a container that is restarted in place runs again."""
        counts: dict[str, int] = {}
        for life in self.lives.values():
            tries = 0 if life.ran is None else 1 + life.restarts
            counts[life.identity] = counts.get(life.identity, 0) + tries
        return max(counts.values(), default=0)

    def twins(self, until: float) -> Iterator[tuple[Life, Life, float]]:
        """Pairs of pods with one identity of which the second ran before the first had ended, and for how long.

        What has not ended counts up to `until`.
        """
        ran = [life for life in self.lives.values() if life.ran is not None]
        for first in ran:
            for second in ran:
                if first.identity == second.identity and (first.ran, first.uid) < (second.ran, second.uid):
                    both = min(first.over, second.over, until) - (second.ran or 0.0)
                    if both > 0:
                        yield first, second, both

    def note(self, kind: str, pod: Struct) -> None:
        """Take in a change of a pod."""
        now, metadata = monotonic(), pod["metadata"]
        life = self.lives.setdefault(
            metadata["uid"], Life(metadata["uid"], metadata["name"], identity(pod), made=now)
        )
        status: Struct = pod.get("status") or {}
        life.last, life.phase = pod, status.get("phase", "")
        life.node = pod["spec"].get("nodeName", life.node)
        life.why = life.why or _disruption(status)
        _ending(life, status)
        if life.phase == "Running" and life.ran is None:
            life.ran = now
        if metadata.get("deletionTimestamp") and life.deleted is None:
            life.deleted = now
        if life.phase in {"Failed", "Succeeded"} and life.ended is None:
            life.ended = now
        if kind == "DELETED":
            life.gone = now


def identity(pod: Struct) -> str:
    """What only one running pod of a workload may be at a time."""
    labels: Mapping[str, str] = pod["metadata"].get("labels") or {}
    job = labels.get(_JOB)
    return pod["metadata"]["name"] if job is None else f"{job}[{labels.get(_INDEX, '')}]"


class Watcher:
    """Follows every pod of a control plane and gives each trial's journal what concerns it."""

    def __init__(self, speaking: Client) -> None:
        self._client = speaking
        self._journals: dict[str, Journal] = {}
        self._changed = asyncio.Condition()

    def journal(self, trial: str) -> Journal:
        """A trial's journal, from now on."""
        return self._journals.setdefault(trial, Journal(trial))

    async def follow(self) -> None:
        """Take in changes until cancelled; the server ends a watch now and then."""
        while True:
            async for kind, pod in self._client.watch("/api/v1/pods"):
                trial = (pod["spec"].get("nodeSelector") or {}).get(TRIAL_LABEL)
                if trial in self._journals:
                    self._journals[trial].note(kind, pod)
                    async with self._changed:
                        self._changed.notify_all()

    async def until(self, condition: Any, seconds: float) -> float | None:
        """When a condition became true, looked at after every change; None when it did not within `seconds`."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(condition)
        except TimeoutError:
            return None
        return monotonic()


def _disruption(status: Struct) -> str:
    for condition in status.get("conditions") or []:
        if condition["type"] == "DisruptionTarget" and condition["status"] == "True":
            return str(condition.get("reason", ""))
    return ""


def _ending(life: Life, status: Struct) -> None:
    for container in status.get("containerStatuses") or []:
        life.restarts = max(life.restarts, container.get("restartCount", 0))
        ended = container.get("state", {}).get("terminated")
        if ended and life.exit is None:
            life.exit, life.reason = ended.get("exitCode"), ended.get("reason", "")
