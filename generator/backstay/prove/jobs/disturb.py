"""What is done to pods on nodes that stay alive: eviction, a kill for memory, preemption."""

from time import monotonic

from backstay.prove.jobs.client import Client, Struct
from backstay.prove.jobs.journal import Journal, Life, Watcher

_HIGH = "backstay-prove-high"
_OOM_EXIT = 137


async def evict(speaking: Client, journal: Journal, node: str) -> tuple[float, str]:
    """Evict one pod as a drain does; when, and the uid of the pod."""
    hit = _first(journal, node)
    at = journal.act(f"{hit.name} is evicted")
    await speaking.evict(hit.last["metadata"]["namespace"], hit.name)
    return at, hit.uid


async def preempt(speaking: Client, journal: Journal, node: str) -> tuple[float, str]:
    """Let a pod of a higher priority want a place on a full node; when, and the uid of the pod that goes."""
    hit = _first(journal, node)
    await speaking.apply(
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": _HIGH},
         "value": 1_000_000_000}
    )  # fmt: skip
    at = journal.act("a pod of a higher priority needs the place")
    await speaking.create(_urgent(journal.trial, node))
    return at, hit.uid


async def run_out_of_memory(
    speaking: Client, watcher: Watcher, journal: Journal, seconds: float, most: int
) -> tuple[float, float | None]:
    """Kill every pod of the trial for memory as soon as it runs, as a kernel would that always runs into the limit.

    Until nothing has run for a while, or `most` tries more than allowed were seen; when it began, and None: what has
    to be killed each time does not recover.
    """
    at, give_up = journal.act("every container is killed for memory"), monotonic() + seconds
    killed: set[str] = set()

    def next_one() -> bool:
        return any(life.uid not in killed for life in journal.running())

    while journal.attempts() <= most and (left := give_up - monotonic()) > 0:
        if await watcher.until(next_one, left) is None:
            break
        for life in [one for one in journal.running() if one.uid not in killed]:
            killed.add(life.uid)
            await _kill(speaking, life)
    return at, None


async def _kill(speaking: Client, life: Life) -> None:
    """Write what a kubelet writes for a container that exceeded its limit (KEP-3329: the reason is the runtime's)."""
    status: Struct = life.last["status"]
    ended = {"terminated": {"exitCode": _OOM_EXIT, "reason": "OOMKilled"}}
    containers = [
        {**one, "ready": False, "started": False, "state": ended} for one in status["containerStatuses"]
    ]
    await speaking.set_status(life.last, {"phase": "Failed", "containerStatuses": containers})


def _first(journal: Journal, node: str) -> Life:
    return min((life for life in journal.running() if life.node == node), key=lambda life: life.name)


def _urgent(trial: str, node: str) -> Struct:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{trial}-urgent", "namespace": "default"},
        "spec": {
            "priorityClassName": _HIGH,
            "nodeSelector": {"kubernetes.io/hostname": node},
            "containers": [{"name": "urgent", "image": "urgent"}],
        },
    }
