"""A pod lacks a toleration that the organisation's baseline asks for.

Not judged: where no spec states a baseline (`admission.baseline`); patches that lack the field.

Breaks: on a cluster whose nodes all carry the taint the pod stays Pending, and nothing says which line is missing.
Bad:
    spec: {tolerations: []}
Good:
    spec: {tolerations: [{key: dedicated, operator: Exists, effect: NoSchedule}]}
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
