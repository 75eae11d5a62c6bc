"""Pods say that they may be deleted by force, and nobody does it.

Kueue looks for the text "true", and only while its gate FailureRecoveryPolicy is on, which it is not by default.

Not judged: the gate, where neither a spec nor Kueue's version, configuration or flags are at hand.

Breaks: people believe that lost nodes are taken care of; the pods stay Terminating like any others.
Bad:
    # --platform kueue=0.19
    apiVersion: config.kueue.x-k8s.io/v1beta2
    kind: Configuration
    featureGates: {FailureRecoveryPolicy: true}
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec: {template: {metadata: {annotations: {kueue.x-k8s.io/safe-to-forcefully-delete: "yes"}}}}
Good:
    # --platform kueue=0.19
    apiVersion: config.kueue.x-k8s.io/v1beta2
    kind: Configuration
    featureGates: {FailureRecoveryPolicy: true}
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec: {template: {metadata: {annotations: {kueue.x-k8s.io/safe-to-forcefully-delete: "true"}}}}
Source: kubernetes-sigs/kueue pkg/controller/constants/constants.go, pkg/features/kube_features.go (FailureRecoveryPolicy)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, recovery
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Fix, safe
from backstay.core.route import Route

RULE = rule(__doc__, "JOB008", "force-delete-annotation-without-effect")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the annotation of every pod template and pod."""
    for one in (*pods.of_jobs(ctx), *pods.of_services(ctx)):
        for name in (recovery.DELETE, recovery.TERMINATE):
            value = one.annotation(name)
            fault = None if value in (None, "false") else _fault(ctx, value)
            if fault is not None:
                yield ctx.report(RULE, one.item, (*one.metadata.route, "annotations", name), *fault,
                                 fix=_mend(value, (*one.metadata.route, "annotations", name)))  # fmt: skip


def _mend(value: object, route: Route) -> Fix | None:
    """Words for yes become the one that is read."""
    meant = str(value).strip().lower() in {"true", "yes", "on", "1", "y"} and value != "true"
    return safe('write `"true"`', Edit(route, "true")) if meant else None


def _fault(ctx: Context, value: object) -> tuple[str, str] | None:
    if value != "true":
        return (
            'Kueue does not see the annotation: its value is not the text "true"',
            'write `"true"`, in quotes',
        )
    if recovery.gate_on(ctx) is False:
        return (f"the annotation has no effect: Kueue's gate {recovery.GATE} is off",
                f"write `featureGates: {{{recovery.GATE}: true}}` into Kueue's configuration (0.15 or later), or take the annotation out")  # fmt: skip
    return None


CHECK = Check(RULE, reads=pods.KINDS | pods.SERVICE_KINDS | recovery.GATE_KINDS, run=check)
