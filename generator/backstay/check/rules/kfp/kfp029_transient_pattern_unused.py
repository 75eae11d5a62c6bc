"""TRANSIENT_ERROR_PATTERN is set, but no retry policy looks at it, or it is no regular expression.

Only OnTransientError compares a step's message with the pattern; Always, OnError and OnFailure look at its phase.

Not judged: controllers whose workflowDefaults are not at hand; where Pipelines is not installed, controllers
without a default policy; patterns of more than 1000 characters.

Breaks: steps that the pattern was written for are retried, or not, by other rules than people believe.
Bad:
    retries: {pipelineSteps: {on: [error]}, overrides: {transientErrorPattern: "(?i)preempt"}}
Good:
    retries: {pipelineSteps: {on: [transient]}, overrides: {transientErrorPattern: "(?i)preempt"}}
Source: argoproj/argo-workflows util/errors/errors.go (matchTransientErrPattern), workflow/controller/operator.go
"""

import re
import warnings
from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import argo
from backstay.core.diagnostic import Diagnostic, Severity

RULE = rule(__doc__, "KFP029", "transient-pattern-unused", Severity.WARNING)

_NAME, _POLICY = "TRANSIENT_ERROR_PATTERN", "OnTransientError"
_BROKEN = "is no regular expression of Go's, and the controller ignores it"
_LONGEST = 1_000  # characters that are looked at: compiling a class of all letters takes 14 ms, and 50 have room here
_NOT_IN_GO = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:[=!>#]|<[=!])|\\[1-9])")
_ONLY_IN_GO = ((r"\(\?[imsU]{1,8}(?:-[imsU]{1,8})?\)", ""), (r"\(\?[imsU]{0,8}U[imsU]{0,8}:", "(?:"), (r"\(\?<(?=[A-Za-z_])", "(?P<"),
               (r"\\z", r"\\Z"), (r"\\[pP](?:\{\^?\w+\}|\w)", "x"), (r"\\Q.*?(?:\\E|$)", "x"), (r"\\C", "x"))  # fmt: skip


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the spec's pattern; else the pattern of every workflow controller."""
    found = list(_in_spec(ctx))
    yield from found or _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    retries = ctx.cluster.retries if ctx.cluster else None
    pattern = retries.transient_pattern if retries else None
    if retries is None or pattern is None:
        return
    if not _is_go_regexp(pattern.value):
        yield RULE.report(
            f"the pattern {_BROKEN}", at=look.stated(pattern), help=_mend(), severity=Severity.ERROR
        )
    elif retries.steps is not None and retries.steps.policy.value != _POLICY:
        yield RULE.report(f"the pattern has no effect: steps retry {retries.steps.policy.value}", at=look.stated(pattern),
                          help="write `on: [transient]`, or take the pattern out")  # fmt: skip


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    for item in ctx.named("Deployment", "workflow-controller"):
        for container in look.containers(item, "workflow-controller"):
            pattern = look.environment(ctx, container).get(_NAME)
            if pattern is None or not pattern.value:
                continue
            if not _is_go_regexp(pattern.value):
                yield ctx.report(RULE, item, pattern.route, f"{_NAME} {_BROKEN}", _mend(), Severity.ERROR)
            elif _nobody_looks(ctx):
                yield ctx.report(RULE, item, pattern.route, f"{_NAME} has no effect: no retry policy is {_POLICY}",
                                 f"write `retryPolicy: {_POLICY}` in templateDefaults, or take the pattern out")  # fmt: skip


def _nobody_looks(ctx: Context) -> bool:
    """Whether surely no node's policy is OnTransientError; Pipelines itself never states one."""
    stating = [strategy for strategy in argo.strategies(ctx) if "retryPolicy" in strategy.part.value]
    if any(strategy.part.value["retryPolicy"] == _POLICY for strategy in stating):
        return False
    stated = any(strategy.all_workflows for strategy in stating)
    return stated or (_defaults_at_hand(ctx) and "pipelines" in ctx.versions)


def _defaults_at_hand(ctx: Context) -> bool:
    """Whether the manifests tell the controller's workflowDefaults, be it that there are none."""
    configs = list(ctx.named("ConfigMap", argo.CONTROLLER_CONFIG))
    return any(not item.partial or "workflowDefaults" in look.data(item) for item in configs)


def _is_go_regexp(pattern: str) -> bool:
    """Whether Go would compile the pattern, as far as Python can tell: what only Go knows is taken out first."""
    if len(pattern) > _LONGEST:
        return True
    if _NOT_IN_GO.search(pattern):
        return False
    for only, instead in _ONLY_IN_GO:
        pattern = re.sub(only, instead, pattern)
    with warnings.catch_warnings(action="ignore"):  # Python warns of what it may read differently one day
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            return False
    return True


def _mend() -> str:
    return "close every bracket and do without lookaround and backreferences, which Go does not have"


CHECK = Check(RULE, reads=argo.KINDS | {"Deployment", "retries"}, run=check)
