"""Pods are deleted by force while they may still be running.

A pod of a lost node may run until the node counts as lost, its toleration is over and its grace period has passed; where
nodes are fenced, until the fencing is done. Kueue's own wait begins after the grace period and is never too short.

Breaks: the replacement starts beside the old pod: two writers of one checkpoint, two ranks of one name.
Bad:
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    termination: {nodeLoss: {recoverIn: 15m, strategy: self-node-remediation}}
    workloads:
      train:
        kind: job
        namespace: team-a
        memory: 1Gi
        runsFor: 1h
        overrides: {toleration: 60s, gracePeriod: 30s, forceDeleteAfter: 2m}
Good:
    memory: {pools: {gpu: {nodes: 2, capacity: 64Gi}}}
    termination: {nodeLoss: {recoverIn: 15m, strategy: self-node-remediation}}
    workloads:
      train:
        kind: job
        namespace: team-a
        memory: 1Gi
        runsFor: 1h
        overrides: {toleration: 60s, gracePeriod: 30s, forceDeleteAfter: 10m}
Source: kubernetes/website tasks/run-application/force-delete-stateful-set-pod; kubernetes/kubernetes pkg/controller/tainteviction
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, unsafe
from backstay.core.units import show_duration

RULE = rule(__doc__, "JOB006", "force-delete-within-grace")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every pinned time of a forced deletion against the earliest safe one."""
    for workload in ctx.cluster.jobs.workloads if ctx.cluster else ():
        pin, earliest = workload.pins.force_delete_after, workload.earliest_force_delete
        if pin is not None and earliest is not None and pin.value < earliest.value:
            yield RULE.report(
                f"pods are deleted by force {show_duration(pin.value)} after the loss of their node, and may run until {show_duration(earliest.value)} after it",
                at=look.stated(pin), help=f"write {show_duration(earliest.value)} or more, or a shorter `toleration` or `gracePeriod`",
                fix=unsafe(f"write `{show_duration(earliest.value)}`", Edit(look.stated(pin).route, show_duration(earliest.value))),
            )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"workloads"}), run=check)
