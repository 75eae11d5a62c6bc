"""Pods carry Kueue's annotation under a name that the installed Kueue does not read.

It was `safe-to-forcefully-terminate` until 0.15.5 and 0.16.2, and is `safe-to-forcefully-delete` from 0.15.6, 0.16.3 and
0.17 on. Pods that carry both are freed by every release.

Not judged: an unknown Kueue version, and one without failure recovery (JOB008 judges that).

Breaks: pods of a lost node stay Terminating, although they are marked.
Bad:
    # --platform kueue=0.19
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      template: {metadata: {annotations: {kueue.x-k8s.io/safe-to-forcefully-terminate: "true"}}}
Good:
    # --platform kueue=0.19
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      template: {metadata: {annotations: {kueue.x-k8s.io/safe-to-forcefully-delete: "true"}}}
Source: kubernetes-sigs/kueue KEP 6757 (history), pkg/controller/constants/constants.go
"""

from collections.abc import Iterator
from functools import partial

from backstay.check import claims, look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, recovery
from backstay.check.rules.kfp import argo
from backstay.claims.claim import Found
from backstay.claims.pods import JOB009
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, Fix, Rename, safe

RULE = rule(__doc__, "JOB009", "force-delete-annotation-of-other-kueue", JOB009.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge pods that carry one of the two names only."""
    yield from claims.judge_defaults(ctx, RULE, JOB009, argo.setting(ctx, "workflowDefaults"))
    yield from claims.judge(ctx, RULE, JOB009, partial(_mend, ctx))


def _mend(ctx: Context, item: Item, found: Found) -> Fix:
    """The name that the release reads; where that is there with another value, the value."""
    read = recovery.DELETE if ctx.has(Feature.KUEUE_FORCEFULLY_DELETE) else recovery.TERMINATE
    route = (*found.route[:-1], read)
    there = look.at(item.value, *route) is not None
    return safe(f"write `{read}`", Edit(route, "true") if there else Rename(found.route, read))


CHECK = Check(RULE, reads=pods.KINDS | pods.SERVICE_KINDS, run=check)
