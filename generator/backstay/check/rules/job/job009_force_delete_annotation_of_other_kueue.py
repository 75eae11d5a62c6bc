"""Pods carry Kueue's annotation under a name that the installed Kueue does not read.

It was `safe-to-forcefully-terminate` until 0.15.5 and 0.16.2, and is `safe-to-forcefully-delete` from 0.15.6, 0.16.3 and
0.17 on. Pods that carry both are freed by every release.

Not judged: an unknown Kueue version, and one without failure recovery (JOB008 judges that).

Breaks: pods of a lost node stay Terminating, although they are marked.
Bad:
    annotations: {kueue.x-k8s.io/safe-to-forcefully-terminate: "true"}
Good:
    annotations: {kueue.x-k8s.io/safe-to-forcefully-delete: "true"}
Source: kubernetes-sigs/kueue KEP 6757 (history), pkg/controller/constants/constants.go
"""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.check.rules.kfp import argo
from backstay.claims.pods import JOB009
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB009", "force-delete-annotation-of-other-kueue", JOB009.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge pods that carry one of the two names only."""
    yield from claims.judge_defaults(ctx, RULE, JOB009, argo.setting(ctx, "workflowDefaults"))
    yield from claims.judge(ctx, RULE, JOB009)


CHECK = Check(RULE, reads=pods.KINDS | pods.SERVICE_KINDS, run=check)
