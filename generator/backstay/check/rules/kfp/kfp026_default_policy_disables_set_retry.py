"""The controller's default retry policy is merged into tasks that use `set_retry`, whose failures are then not retried.

Pipelines compiles set_retry to a limit and a backoff without a policy, which alone would mean OnFailure. A
retryPolicy in templateDefaults fills that gap: OnError sees vanished pods only, OnTransientError known messages only.

Not judged: without a spec, manifests that hold no workflow whose retryStrategy names no policy.

Breaks: a task with set_retry(3) that exits 1, runs out of memory or is evicted fails at its first attempt.
Bad:
    retries: {pipelineSteps: {on: [error, preemption], setRetry: {attempts: 3, max: 8h}}}
Good:
    retries: {pipelineSteps: {on: [error, preemption, failure], setRetry: {attempts: 3, max: 8h}}}
Source: kubeflow/pipelines backend/src/v2/compiler/argocompiler/container.go, manifests/kustomize/third-party/argo/base/workflow-controller-configmap-patch.yaml (2.17.0); argoproj/argo-workflows workflow/controller/operator.go (processNodeRetries)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import argo
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, unsafe

RULE = rule(__doc__, "KFP026", "default-policy-disables-set-retry")

_NARROW = frozenset({"OnError", "OnTransientError"})


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's policy against its set_retry; else the controller's default against workflows at hand."""
    found = list(_in_spec(ctx))
    yield from found or _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    retries = ctx.cluster.retries if ctx.cluster else None
    if (
        retries is None
        or retries.set_retry is None
        or retries.steps is None
        or not ctx.has(Feature.COMPILER_RETRIES)
    ):
        return
    policy = retries.steps.policy
    if policy.value in _NARROW:
        yield RULE.report(
            f"{_words(policy.value)}, and so do tasks that use set_retry",
            at=look.stated(policy, retries.steps.place),
            help="add `failure` to retries.pipelineSteps.on (and drop a pinned retryPolicy), or do without setRetry",
        )


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    every = list(argo.strategies(ctx))
    silent = [s for s in every if not s.all_workflows and "retryPolicy" not in s.part.value]
    for strategy in every if silent else ():
        policy = look.text(strategy.part.value.get("retryPolicy"))
        if strategy.default and strategy.all_workflows and policy in _NARROW:
            names = sorted({str(s.part.item.ref) for s in silent})
            yield ctx.report(
                RULE, strategy.part.item, strategy.part.to("retryPolicy"),
                f"{_words(policy)}, and so do {', '.join(names[:3])}, whose retryStrategy names no policy",
                "write `retryPolicy: Always` in templateDefaults, or take retryPolicy out of it",
                fix=unsafe("write `retryPolicy: Always`", Edit(strategy.part.to("retryPolicy"), "Always")),
            )  # fmt: skip


def _words(policy: str | None) -> str:
    return f"by default steps retry {policy} only, not when their own code fails"


CHECK = Check(RULE, reads=argo.KINDS | {"retries"}, run=check)
