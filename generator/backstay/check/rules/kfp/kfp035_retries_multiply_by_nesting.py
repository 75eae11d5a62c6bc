"""Default retries reach DAG templates as well as pods, and this Argo cannot tell them apart.

Breaks: `workflowDefaults.spec.templateDefaults` is merged into every template. When a step is out of tries its
DAG fails, is tried again and runs its steps again: n tries become n times n for each level of nesting. From 3.5 on
the emitted expression keeps DAGs out; before, `lastRetry.message` does not exist.
Bad:
    platform: {pipelines: "2.2", workflows: "3.4"}
    retries: {pipelineSteps: {attempts: 3}}
Good:
    platform: {pipelines: "2.5", workflows: "3.5"}
    retries: {pipelineSteps: {attempts: 3}}
Source: argoproj/argo-workflows workflow/controller/operator.go processNodeRetries, workflow/controller/dag.go
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.feature import Feature

RULE = rule(__doc__, "KFP035", "retries-multiply-by-nesting", Severity.WARNING)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """A warning where default retries are emitted for an Argo without `lastRetry.message`."""
    cluster = ctx.cluster
    if cluster is None or cluster.workflows is None or cluster.retries.steps is None:
        return
    tries = cluster.retries.steps.limit.value + 1
    if tries > 1 and not ctx.has(Feature.LAST_RETRY_MESSAGE):
        yield RULE.report(
            f"{tries} tries of a step become up to {tries**2} inside a nested DAG on Argo {cluster.workflows.version.value}",
            at=cluster.retries.steps.place,
            help="run Argo Workflows 3.5 or later, or lower `attempts` to what may be multiplied",
        )


CHECK = Check(RULE, reads=frozenset({"retries"}), run=check)
