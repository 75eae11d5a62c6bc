"""A pod lacks a toleration that the organisation's baseline asks for.

Not judged: where no spec states a baseline (`admission.baseline`); patches that lack the field.

Breaks: on a cluster whose nodes all carry the taint the pod stays Pending, and nothing says which line is missing.
Bad:
    admission: {baseline: {tolerations: [{key: dedicated, operator: Equal, value: ml, effect: NoSchedule}]}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: team-a}
    spec: {containers: [{name: main}]}
Good:
    admission: {baseline: {tolerations: [{key: dedicated, operator: Equal, value: ml, effect: NoSchedule}]}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: team-a}
    spec: {tolerations: [{key: dedicated, value: ml, effect: NoSchedule}], containers: [{name: main}]}
Source: kubernetes/website concepts/scheduling-eviction/taint-and-toleration
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.pods import asked
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "SEC004", "toleration-missing")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every pod template."""
    yield from asked.judge(ctx, RULE)


CHECK = Check(RULE, reads=asked.READS, run=check)
