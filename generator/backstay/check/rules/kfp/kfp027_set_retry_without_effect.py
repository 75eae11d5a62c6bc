"""Pipeline authors use `set_retry` where Pipelines drops it.

Before 2.5 the compiler emits nothing for it; inside a ParallelFor it is still ignored. It is a warning where the
workflow controller retries every step anyway, by what this cluster's own configuration tells it.

Not judged: what pipelines really use; the spec says it.

Breaks: a task that its author believes to be retried fails its run at the first hiccup.
Bad:
    platform: {pipelines: {version: "2.4"}}
    retries: {pipelineSteps: {attempts: 1, setRetry: {attempts: 4, max: 8h}}}
Good:
    platform: {pipelines: {version: "2.5"}}
    retries: {pipelineSteps: {attempts: 1, setRetry: {attempts: 4, max: 8h}}}
Source: kubeflow/pipelines#9950, #11673 (fixed in 2.5.0), #12389 and #13897 (ParallelFor)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.feature import Feature
from backstay.model.parts import Retries

RULE = rule(__doc__, "KFP027", "set-retry-without-effect")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's set_retry against the installed Pipelines."""
    cluster = ctx.cluster
    stated = cluster.retries.set_retry if cluster else None
    if cluster is None or cluster.pipelines is None or stated is None:
        return
    help_ = "state retries.pipelineSteps.attempts, so that the workflow controller retries"
    if not ctx.has(Feature.COMPILER_RETRIES):
        message = f"Pipelines {cluster.pipelines.version.value} does nothing for set_retry"
        help_ += ", or upgrade to Pipelines 2.5 or later"
    elif stated.in_parallel_for:
        message = "Pipelines ignores set_retry inside a ParallelFor"
    else:
        return
    retried = _retries_anyway(cluster.retries)
    yield RULE.report(
        message + ("; the workflow controller retries these tasks as it does every step" if retried else ""),
        at=stated.place,
        help="tell pipeline authors that this cluster's own retries apply" if retried else help_,
        severity=Severity.WARNING if retried else None,
    )


def _retries_anyway(retries: Retries) -> bool:
    """Whether the controller's own configuration retries every step."""
    return retries.steps is not None and retries.steps.limit.value > 0


CHECK = Check(RULE, reads=frozenset({"retries"}), run=check)
