"""What is done to pods on nodes that stay alive: eviction, preemption, faults that never go away."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from backstay.core.failure import CannotTell
from backstay.prove.jobs.client import Client, Struct
from backstay.prove.jobs.journal import Journal, Life, Watcher
from backstay.prove.jobs.plane import until

_HIGH = "backstay-prove-high"
_LOOK_SECONDS = 2.0
_NOTICES_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Killing:
    """How pods end: exit code and reason, in words; after `most` tries, or when `over` says so, it is enough."""

    exit_code: int
    reason: str
    words: str
    most: int
    over: Callable[[], Awaitable[bool]]


async def evict(speaking: Client, journal: Journal, node: str) -> float:
    """Evict one pod as a drain does; when."""
    hit = min((life for life in journal.running() if life.node == node), key=lambda life: life.name)
    at = journal.act(f"{hit.name} is evicted")
    await speaking.evict(hit.last["metadata"]["namespace"], hit.name)
    return at


async def preempt(speaking: Client, journal: Journal, node: str) -> float:
    """Let a pod of a higher priority want a place on a full node; when. The scheduler chooses who goes."""
    await speaking.apply(
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": _HIGH},
         "value": 1_000_000_000}
    )  # fmt: skip
    at = journal.act("a pod of a higher priority needs the place")
    await speaking.create(_urgent(journal.trial, node))
    return at


async def fail_always(
    speaking: Client, watcher: Watcher, journal: Journal, killing: Killing, seconds: float
) -> float:
    """End every pod of the trial as soon as it runs, as a fault would that never goes away; when that began.

    Until the workload has failed, or more than `killing.most` tries were seen, or `seconds` have passed. A controller
    that counts restarts gets some seconds to notice the one that is too many.
    """
    at, give_up = journal.act(killing.words), monotonic() + seconds
    known: set[tuple[str, int]] = set()

    def fresh() -> list[Life]:
        return [life for life in journal.running() if (life.uid, life.restarts) not in known]

    while journal.attempts() <= killing.most and monotonic() < give_up:
        for life in fresh():
            known.add((life.uid, life.restarts))
            await _kill(speaking, life, killing)
        if await watcher.until(lambda: bool(fresh()), _LOOK_SECONDS) is None and await killing.over():
            return at
    with suppress(CannotTell):
        await until(killing.over, "the end", _NOTICES_SECONDS)
    return at


async def _kill(speaking: Client, life: Life, killing: Killing) -> None:
    """Write what a kubelet writes; a pod that restarts in place goes on as the next try.

    KEP-3329: the exit code is the signal's, the reason is the runtime's word.
    """
    ended = {"terminated": {"exitCode": killing.exit_code, "reason": killing.reason}}
    again = life.last["spec"].get("restartPolicy") in {"OnFailure", "Always"}
    running = {"running": {"startedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}}
    containers = [
        {
            **one, "ready": again, "started": again, "state": running if again else ended,
            "lastState": ended if again else {}, "restartCount": one["restartCount"] + int(again),
        }
        for one in life.last["status"]["containerStatuses"]
    ]  # fmt: skip
    phase = {} if again else {"phase": "Failed"}
    await speaking.set_status(life.last, {**phase, "containerStatuses": containers})


def _urgent(trial: str, node: str) -> Struct:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{trial}-urgent", "namespace": "default"},
        "spec": {
            "priorityClassName": _HIGH,
            "nodeSelector": {"kubernetes.io/hostname": node},
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": "urgent", "image": "urgent"}],
        },
    }
