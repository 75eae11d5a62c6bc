"""A container may run as root, and the organisation's baseline does not allow it.

A container's own word counts more than its pod's.

Not judged: where no spec states a baseline (`admission.baseline`); patches that lack the field.

Breaks: who breaks out of the process is root on the node's kernel, and what it writes to shared volumes belongs to root.
Bad:
    admission: {baseline: {}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: team-a}
    spec: {securityContext: {runAsNonRoot: false}, containers: [{name: main}]}
Good:
    admission: {baseline: {}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: team-a}
    spec: {securityContext: {runAsNonRoot: true}, containers: [{name: main}]}
Source: kubernetes/website concepts/security/pod-security-standards (Restricted: Running as Non-root)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.pods import asked
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "SEC003", "container-as-root")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every pod template."""
    yield from asked.judge(ctx, RULE)


CHECK = Check(RULE, reads=asked.READS, run=check)
