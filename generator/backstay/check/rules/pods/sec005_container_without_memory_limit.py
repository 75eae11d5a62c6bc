"""A container has no memory limit, and the organisation's baseline asks for one.

Not judged: where no spec states a baseline (`admission.baseline`); patches that lack the field.

Breaks: one container that leaks takes the node's memory, and the kernel kills its neighbours.
Bad:
    admission: {baseline: {}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: team-a}
    spec: {containers: [{name: main}]}
Good:
    admission: {baseline: {}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: team-a}
    spec: {containers: [{name: main, resources: {limits: {memory: 1Gi}}}]}
Source: kubernetes/website concepts/configuration/manage-resources-containers
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.pods import asked
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "SEC005", "container-without-memory-limit")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every pod template."""
    yield from asked.judge(ctx, RULE)


CHECK = Check(RULE, reads=asked.READS, run=check)
