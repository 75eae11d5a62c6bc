"""Whether quotas, queues and nodes hold what the spec says runs at once: the real numbers, nothing scaled.

The emitted ResourceQuotas, LimitRanges and Kueue objects are applied, the nodes of each pool are there with what pods
may request of them, and one workload after another is submitted in its own namespace, as it is emitted.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from backstay.core.fact import Fact
from backstay.core.failure import CannotTell
from backstay.core.manifest import Role, Settled
from backstay.core.place import Place
from backstay.core.units import show_quantity
from backstay.model.cluster import Cluster
from backstay.model.jobs import Jobs, Kind, NodePool, Workload
from backstay.prove.jobs.client import Refused, Struct
from backstay.prove.jobs.nodes import NONE, node
from backstay.prove.jobs.plane import Plane, until
from backstay.prove.jobs.runnable import queued
from backstay.prove.jobs.trials import SPARE
from backstay.prove.words import stated

_KINDS = frozenset({"ResourceQuota", "LimitRange"})
_MOST_NODES = 64
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """What runs at once in a namespace: objects that make `pods` pods, in words, promised at `place`."""

    name: str
    namespace: str
    objects: tuple[Struct, ...]
    pods: int
    words: str
    place: Place


@dataclass(frozen=True, slots=True)
class Admitted:
    """How many of a crowd's pods ran at once; `why` says what the others waited for."""

    crowd: Crowd
    ran: int
    why: str


def crowds(cluster: Cluster, settled: Sequence[Settled]) -> Iterator[tuple[Workload | None, Crowd]]:
    """Everything that has to fit; without a workload: the steps of pipelines in a namespace."""
    budgets = {budget.namespace.value for budget in cluster.jobs.budgets}
    for workload in cluster.jobs.workloads:
        if workload.namespace.value in budgets:
            made = _steps_of(workload) if workload.kind is Kind.ZENML else _whole(workload, settled)
            if made is not None:
                yield workload, made
    for name in sorted(budgets & _homes(cluster)):
        made = _pipeline_steps(cluster.jobs, name)
        if made is not None:
            yield None, made


async def prepare(plane: Plane, cluster: Cluster, settled: Sequence[Settled]) -> None:
    """The cluster's pools as nodes, and every emitted object that may refuse or hold back a pod."""
    for pool in cluster.jobs.pools:
        for made in _nodes(pool):
            await plane.client.apply(made)
    if not cluster.jobs.pools:
        await plane.client.apply(node("any", SPARE, NONE))
    for name in {budget.namespace.value for budget in cluster.jobs.budgets}:
        await plane.client.apply(_namespace(name))
    for one in settled:
        group = str(one.value.get("apiVersion")).partition("/")[0]
        if one.role is Role.OBJECT and (group == "kueue.x-k8s.io" or one.value.get("kind") in _KINDS):
            await plane.client.apply(dict(one.value))


async def admit(plane: Plane, crowd: Crowd) -> Admitted:
    """Submit a crowd, see how many of its pods run at once, and take it away again."""
    found, refusal = 0, ""
    try:
        for obj in crowd.objects:
            await plane.client.create(obj, strict=False)
    except Refused as refused:
        refusal = refused.message
    give_up = monotonic() + _SECONDS
    while found < crowd.pods and monotonic() < give_up and not refusal:
        await asyncio.sleep(0.3)
        found = len([pod for pod in await _pods(plane, crowd) if pod["status"].get("phase") == "Running"])
    why = "" if found >= crowd.pods else refusal or await _waits_for(plane, crowd)
    await _remove(plane, crowd)
    return Admitted(crowd, found, why)


def _whole(workload: Workload, settled: Sequence[Settled]) -> Crowd | None:
    made = queued(workload, settled)
    if made is None or workload.memory is None:
        return None
    size = show_quantity(workload.memory.value)
    title = f"{workload.namespace.value}/{workload.name}"
    words = f"budget, queue and nodes hold {title}: {made.pods} x {size} at once"
    objects = (*made.objects, made.workload)
    place = stated(workload.memory, workload.place)
    return Crowd(workload.name, workload.namespace.value, objects, made.pods, words, place)


def _steps_of(workload: Workload) -> Crowd | None:
    """As many of a ZenML pipeline's steps as may run at once, each the size of the largest."""
    sizes = [step.memory for step in workload.steps if step.memory is not None]
    if workload.max_parallelism is None or not sizes:
        return None
    size = max(sizes, key=lambda one: one.value)
    count, namespace = workload.max_parallelism.value, workload.namespace.value
    return _alike(workload.name, namespace, count, size, f"steps of {workload.name}", workload.place)


def _pipeline_steps(jobs: Jobs, namespace: str) -> Crowd | None:
    steps = jobs.steps
    if steps is None:
        return None
    count = steps.parallelism or steps.fan_out
    sizes = [size for size in (steps.default, *steps.named.values()) if size is not None]
    if count is None or not sizes:
        return None
    size = max(sizes, key=lambda one: one.value)
    return _alike("steps", namespace, count.value, size, "pipeline steps", stated(count, steps.place))


def _alike(name: str, namespace: str, count: int, size: Fact[int], what: str, place: Place) -> Crowd:
    shown = show_quantity(size.value)
    pods = tuple(_pod(f"{name}-{number}".lower(), namespace, shown) for number in range(count))
    words = f"the budget of {namespace} and the nodes hold {count} {what} of {shown} at once"
    return Crowd(name, namespace, pods, count, words, place)


def _pod(name: str, namespace: str, size: str) -> Struct:
    memory = {"memory": size}
    container = {"name": "main", "image": "step:1", "resources": {"requests": memory, "limits": memory}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }


def _homes(cluster: Cluster) -> set[str]:
    """Where pipelines run."""
    return {one.value for one in cluster.storage.run_namespaces} if cluster.storage else set()


def _nodes(pool: NodePool) -> Iterator[Struct]:
    offers = {"memory": str(pool.allocatable.value), pool.gpu_resource.value: str(pool.gpus.value)}
    labels = {key: value.value for key, value in pool.node_labels.items()}
    taints = [
        {"key": one.key.value, "value": one.value.value, "effect": one.effect.value} for one in pool.taints
    ]
    for number in range(min(pool.nodes.value, _MOST_NODES)):
        yield node(f"pool-{pool.name}-{number}".lower(), SPARE, offers, labels=labels, taints=taints)


def _namespace(name: str) -> Struct:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


async def _pods(plane: Plane, crowd: Crowd) -> list[Struct]:
    found = await plane.client.ask("GET", f"/api/v1/namespaces/{crowd.namespace}/pods")
    return list(found["items"])


async def _waits_for(plane: Plane, crowd: Crowd) -> str:
    """What keeps pods from running, in the words of Kueue, of the scheduler, or of the controller that makes them."""
    group = "/apis/kueue.x-k8s.io/v1beta2"
    known = [pod for pod in await _pods(plane, crowd) if pod["status"].get("phase") == "Pending"]
    known += (await plane.client.ask("GET", f"{group}/namespaces/{crowd.namespace}/workloads"))["items"]
    for one in known:
        for condition in (one.get("status") or {}).get("conditions") or ():
            if condition["status"] == "False" and condition.get("message"):
                return str(condition["message"])
    events = (await plane.client.ask("GET", f"/api/v1/namespaces/{crowd.namespace}/events"))["items"]
    warnings = [str(one.get("message")) for one in events if one.get("type") == "Warning"]
    return warnings[-1] if warnings else "nothing says why"


async def _remove(plane: Plane, crowd: Crowd) -> None:
    for obj in reversed(crowd.objects):
        with suppress(Refused):
            path = await plane.client.path(obj)
            await plane.client.ask("DELETE", path, params={"propagationPolicy": "Background"})

    async def gone() -> bool:
        return not await _pods(plane, crowd)

    with suppress(CannotTell):
        await until(gone, f"the end of {crowd.name}", _SECONDS)
