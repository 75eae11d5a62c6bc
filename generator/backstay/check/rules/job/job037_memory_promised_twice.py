"""A node promises more memory than it has, where it was not to, or gives up too late.

On a pool with `overcommit: false` every container's memory request has to equal its limit: the difference is memory that the
scheduler gives to somebody else. And a kubelet whose `evictionHard` names one signal has lost the defaults of the others,
unless it merges them: the disk fills up and nothing is evicted.

Not judged: pods that select no such pool by its node labels; containers without requests and limits (JOB036); patches.

Breaks: the node runs out of memory and the kernel kills whatever it finds, checkpoint writers included; or disk pressure is never seen.
Bad:
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    evictionHard: {memory.available: 500Mi}
Good:
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    evictionHard: {memory.available: 500Mi}
    mergeDefaultEvictionSettings: true
Source: kubernetes/kubernetes pkg/kubelet/eviction/defaults_linux.go, kubernetes/website docs/tasks/administer-cluster/reserve-compute-resources
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.check.rules.job.pods import Pods
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.fix import Edit, unsafe
from backstay.core.units import read_quantity
from backstay.model.jobs import NodePool

RULE = rule(__doc__, "JOB037", "memory-promised-twice", Severity.WARNING)

_SIGNALS = ("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge pods that select a pool without overcommit, then the kubelets' thresholds."""
    strict = [pool for pool in ctx.cluster.jobs.pools if not pool.overcommit.value] if ctx.cluster else []
    for found in (*pods.of_jobs(ctx), *pods.of_services(ctx)) if strict else ():
        pool = next((pool for pool in strict if _selects(found, pool)), None)
        if pool is not None:
            for container in (*found.spec.each("initContainers"), *found.containers()):
                yield from _container(ctx, container, pool)
    for item in ctx.of_kind("KubeletConfiguration"):
        yield from _kubelet(ctx, whole(item))


def _selects(found: Pods, pool: NodePool) -> bool:
    wanted = {label: value.value for label, value in pool.node_labels.items()}
    return bool(wanted) and wanted.items() <= found.spec.down("nodeSelector").value.items()


def _container(ctx: Context, container: Part, pool: NodePool) -> Iterator[Diagnostic]:
    request, limit = (container.get("resources", key, "memory") for key in ("requests", "limits"))
    if limit is None or request is None or read_quantity(str(request)) == read_quantity(str(limit)):
        return
    route = (*container.route, "resources", "requests", "memory")
    name = look.text(container.value.get("name")) or "a container"
    yield ctx.report(
        RULE, container.item, route,
        f"{name} requests {request} of memory and may use {limit}, and pool `{pool.name}` is not to be overcommitted",
        f"write `requests: {{memory: {limit}}}`", fix=unsafe(f"write `{limit}`", Edit(route, limit)),
        related=(Related(look.stated(pool.overcommit, pool.place), "the pool"),),
    )  # fmt: skip


def _kubelet(ctx: Context, config: Part) -> Iterator[Diagnostic]:
    hard = config.below("evictionHard")
    lost = [signal for signal in _SIGNALS if hard and signal not in hard.value]
    if hard and hard.value and lost and config.value.get("mergeDefaultEvictionSettings") is not True:
        yield ctx.report(
            RULE, config.item, hard.route, f"evictionHard names some signals, and with that {', '.join(lost)} have no threshold",
            "write `mergeDefaultEvictionSettings: true`, or name all of them",
            fix=unsafe("write `mergeDefaultEvictionSettings: true`", Edit(("mergeDefaultEvictionSettings",), value=True)),
        )  # fmt: skip


CHECK = Check(RULE, reads=pods.KINDS | pods.SERVICE_KINDS | {"KubeletConfiguration", "jobs"}, run=check)
