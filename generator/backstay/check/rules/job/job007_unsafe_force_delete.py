"""Pods that must not run twice are deleted by force.

A forced deletion frees a pod's name without a word from its node. A StatefulSet promises that each name runs at most
once; a job that writes checkpoints to a volume does harm as a pair unless it says that two copies of it do none
(`restartSafe`).

Not judged: Jobs in hand-written manifests, whose annotation is that very statement.

Breaks: split brain, two writers of one checkpoint, a ReadWriteOnce volume torn from a node that still writes to it.
Bad:
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: team-a}
    spec: {template: {metadata: {annotations: {kueue.x-k8s.io/safe-to-forcefully-delete: "true"}}}}
Good:
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: team-a}
    spec: {template: {metadata: {labels: {app: db}}}}
Source: kubernetes/website tasks/run-application/force-delete-stateful-set-pod; kubernetes-sigs/kueue KEP 6757
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, recovery
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, unsafe

RULE = rule(__doc__, "JOB007", "unsafe-force-delete")

_VOLUMES = frozenset({"shared-volume", "own-volume"})


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge what the spec deletes by force, and StatefulSets whose pods ask for it."""
    yield from _in_spec(ctx)
    for one in pods.of_services(ctx, "StatefulSet"):
        for name in (recovery.DELETE, recovery.TERMINATE):
            if one.annotation(name) == "true":
                yield ctx.report(RULE, one.item, (*one.metadata.route, "annotations", name),
                                 "a StatefulSet's pods must not be deleted by force: each may run once only",
                                 "take the annotation out, and remediate nodes instead (NodeHealthCheck with SelfNodeRemediation)",
                                 fix=unsafe("take the annotation out", Edit((*one.metadata.route, "annotations", name), None)))  # fmt: skip


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        forced = workload.pins.force_delete_after
        if (
            forced is None
            or workload.restart_safe is not None
            or workload.checkpoints_to.value not in _VOLUMES
        ):
            continue
        whose = f"{workload.namespace.value}/{workload.name}"
        yield RULE.report(f"`{workload.name}` writes checkpoints to a volume and is deleted by force, and nobody says that two copies of it do no harm",
                          at=look.stated(forced), help=f"take `forceDeleteAfter` out, or add `{whose}` to `restartSafe` if that is so")  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"StatefulSet", "workloads"}), run=check)
