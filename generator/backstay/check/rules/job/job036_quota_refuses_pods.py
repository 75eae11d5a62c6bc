"""A namespace's quota counts memory, and a pod in it says nothing about its memory.

A ResourceQuota on `limits.memory` refuses every pod with a container that has no memory limit, and one on
`requests.memory` those without a request (a limit stands for it), unless a LimitRange of the namespace fills it in. What
makes the pods exists all the same: a Job sits there with no pod and an event.

Not judged: quotas with scopes; patches; steps of Argo workflows, whose containers Argo completes.

Breaks: "exceeded quota: must specify limits.memory": the job never starts, and nothing is red.
Bad:
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: memory, namespace: team-a}
    spec: {hard: {limits.memory: 64Gi}}
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec: {template: {spec: {containers: [{name: main}]}}}
Good:
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: memory, namespace: team-a}
    spec: {hard: {limits.memory: 64Gi}}
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec: {template: {spec: {containers: [{name: main, resources: {limits: {memory: 8Gi}}}]}}}
Source: kubernetes/kubernetes pkg/quota/v1/evaluator/core/pods.go (Constraints), plugin/pkg/admission/limitranger
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.check.rules.job.pods import Pods
from backstay.core.diagnostic import Diagnostic, Related

RULE = rule(__doc__, "JOB036", "quota-refuses-pods")

_COUNTED = {
    "limits.memory": ("limits",),
    "requests.memory": ("requests", "limits"),
    "memory": ("requests", "limits"),
}
"""What a quota counts, and where a container may say it."""
_FILLED = {"limits": ("default",), "requests": ("defaultRequest", "default")}
"""What a LimitRange fills in, and from where."""


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge each container of each pod in a namespace whose quota counts memory; one finding a container."""
    quotas = {item.ref.namespace: (item, kind) for item, kind in _quotas(ctx)}
    if not quotas:
        return
    for found in (*pods.of_jobs(ctx), *pods.of_services(ctx)):
        quota = quotas.get(found.item.ref.namespace)
        if quota and not found.partial and not _filled(ctx, found.item.ref.namespace, quota[1]):
            yield from _containers(found, *quota)


def _quotas(ctx: Context) -> Iterator[tuple[Item, str]]:
    """The quotas on memory and what they count, those on limits last so that they win."""
    for wanted in reversed(_COUNTED):
        for item in ctx.of_kind("ResourceQuota"):
            spec = whole(item).down("spec")
            if (
                spec.get("hard", wanted) is not None
                and not spec.get("scopes")
                and not spec.get("scopeSelector")
            ):
                yield item, wanted


def _filled(ctx: Context, namespace: str, wanted: str) -> bool:
    for item in ctx.of_kind("LimitRange"):
        for limit in whole(item).down("spec").each("limits"):
            keys = _FILLED[_COUNTED[wanted][0]]
            own = item.ref.namespace == namespace and limit.value.get("type") == "Container"
            if own and any(limit.get(key, "memory") is not None for key in keys):
                return True
    return False


def _containers(found: Pods, quota: Item, wanted: str) -> Iterator[Diagnostic]:
    if _says(found.spec, wanted):
        return
    for container in (*found.spec.each("initContainers"), *found.containers()):
        if not _says(container, wanted):
            name = look.text(container.value.get("name")) or "a container"
            yield RULE.report(
                f"{name} has no memory {_COUNTED[wanted][0].removesuffix('s')}, and the namespace's quota counts {wanted}: its pods are refused",
                at=found.item.place_of(container.route), object=found.item.ref, field=container.route,
                related=(Related(quota.place_of(("spec", "hard", wanted)), "the quota"),),
                help=f"write `resources: {{{_COUNTED[wanted][0]}: {{memory: ...}}}}`, or add a LimitRange with a default",
            )  # fmt: skip


def _says(part: Part, wanted: str) -> bool:
    """Whether a container, or a pod as a whole (Kubernetes 1.34), says what the quota counts."""
    return any(part.get("resources", key, "memory") is not None for key in _COUNTED[wanted])


CHECK = Check(RULE, reads=pods.KINDS | pods.SERVICE_KINDS | {"ResourceQuota", "LimitRange"}, run=check)
