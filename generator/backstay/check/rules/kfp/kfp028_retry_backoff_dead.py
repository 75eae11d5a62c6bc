"""A retry backoff ends retries: by a factor that is no whole number, no duration, or too short a maxDuration.

maxDuration counts from the start of the first attempt: a step that runs as long never gets a second one, nor one
whose first wait is longer. set_retry has one of 3600s unless told otherwise.

Not judged: how long steps run where the spec does not say; parameters such as `{{inputs.parameters.factor}}`.

Breaks: the first failure ends the step with an error of the controller, or with "Max duration limit exceeded".
Bad:
    retries: {pipelineSteps: {backoff: {factor: 1.5}}}
Good:
    retries: {pipelineSteps: {backoff: {factor: 2}}}
Source: argoproj/argo-workflows workflow/controller/operator.go (processNodeRetries), util/intstr; kubeflow/pipelines sdk/python/kfp/dsl/structures.py (RetryPolicy)
"""

import re
from collections.abc import Iterator

from backstay.check import claims, look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import argo
from backstay.claims.claim import Found
from backstay.claims.pipelines import KFP028
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, Fix, under, unsafe
from backstay.core.units import show_duration
from backstay.model.parts import SetRetry, StepRetries

RULE = rule(__doc__, "KFP028", "retry-backoff-dead", KFP028.severity)

_GO_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|us|ns|h|m|s))+\Z")
_SECONDS = re.compile(r"[0-9]{1,12}\Z")
_STEP = re.compile(r"(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)")
_UNIT_MS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1, "us": 1e-3, "ns": 1e-6}


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge what the spec says of backoffs; else every backoff in objects."""
    found = list(_in_spec(ctx))
    yield from found or _in_objects(ctx)


def _in_spec(ctx: Context) -> Iterator[Diagnostic]:
    retries = ctx.cluster.retries if ctx.cluster else None
    if retries is None or retries.steps is None:
        return
    steps = retries.steps
    if not _is_whole(steps.factor.value):
        yield RULE.report(
            f"backoff factor {steps.factor.value} is no whole number, and Argo stops the step at its first failure",
            at=look.stated(steps.factor, steps.place), help="write a whole number, such as 2",
        )  # fmt: skip
    if retries.set_retry is not None and ctx.has(Feature.COMPILER_RETRIES):
        yield from _set_retry(ctx, retries.set_retry, steps)


def _set_retry(ctx: Context, stated: SetRetry, steps: StepRetries) -> Iterator[Diagnostic]:
    if not _is_whole(stated.factor):
        effect = (
            "fails the task at its first failure"
            if ctx.has(Feature.RETRY_FACTOR_AS_TEXT)
            else "is cut to a whole number"
        )
        yield RULE.report(f"backoff_factor {stated.factor} of set_retry {effect}", at=stated.place,
                          help="let pipeline authors use whole numbers")  # fmt: skip
    longest = steps.longest_step_ms
    if longest is not None and stated.max_ms <= longest:
        yield RULE.report(
            f"set_retry gives up {show_duration(stated.max_ms)} after the first start, and a step may run {show_duration(longest)}",
            at=stated.place,
            help=f"let pipeline authors set backoff_max_duration to {_enough(stated, longest)} or more, and state it as `max`",
        )


def _enough(stated: SetRetry, longest: int) -> str:
    """Room for every attempt to run its full time."""
    return show_duration(longest * stated.attempts + 60_000)


def _in_objects(ctx: Context) -> Iterator[Diagnostic]:
    yield from claims.judge_defaults(ctx, RULE, KFP028, argo.setting(ctx, "workflowDefaults"))
    yield from claims.judge(ctx, RULE, KFP028, _mend)
    for strategy in argo.strategies(ctx):
        backoff = strategy.part.below("backoff")
        if backoff is not None:
            for key, message, help_ in _faults(backoff):
                yield ctx.report(RULE, backoff.item, backoff.to(key), message, help_)


def _faults(backoff: look.Part) -> Iterator[tuple[str, str, str]]:
    first, last = _ms(backoff.value.get("duration")), _ms(backoff.value.get("maxDuration"))
    if first is not None and last is not None and last <= first:
        yield (
            "maxDuration",
            "maxDuration ends before the first wait does, so nothing is ever retried",
            ("make it longer than every attempt and every wait together, or leave it out"),
        )


def _is_whole(value: float) -> bool:
    return float(value).is_integer()


def _ms(value: object) -> float | None:
    """A duration as Argo reads it: Go's, or seconds when it is a bare number; None when it is neither."""
    text = str(value) if isinstance(value, int) else look.text(value) or ""
    if _SECONDS.match(text):
        return int(text) * 1000.0
    if not _GO_DURATION.match(text):
        return None
    return sum(float(count) * _UNIT_MS[unit] for count, unit in _STEP.findall(text))


def _mend(_item: Item, found: Found) -> Fix:
    """The numbers that the help names: whether they are the right ones, somebody has to say."""
    key, value = ("factor", 2) if "factor" in found.message else ("duration", "30s")
    return unsafe(f"write `{key}: {value}`", Edit(under(found.route, key), value))


CHECK = Check(RULE, reads=argo.KINDS | {"retries"}, run=check)
