"""The retries section to Argo's own numbers.

Source: argoproj/argo-workflows workflow/controller/operator.go (processNodeRetries, inferFailedReason):
OnError sees pods that went away and failures of Argo's own containers; an eviction or the step's exit code is a
failure; maxDuration counts from the first try's start and is also the later tries' deadline.
"""

from backstay.core.fact import Fact, Origin, OriginKind
from backstay.core.place import at
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.parts import CallRetries, Retries, SetRetry, StepRetries, Workflows
from backstay.resolve.facts import fact, maybe
from backstay.spec import retries as spec

_ROUTE = ("retries", "pipelineSteps")
_FAILURES = frozenset({"failure", "eviction"})


def resolve_retries(
    retries: spec.Retries, workflows: Workflows | None
) -> tuple[Retries, dict[str, Derivation]]:
    """Argo's limit, policy and backoff, and how they were derived."""
    pins, steps = retries.overrides, retries.pipeline_steps
    derivations: dict[str, Derivation] = {}
    found = None
    if steps is not None and workflows is not None:
        limit = _limit(steps)
        derivations[limit.id] = limit
        found = _steps(steps, pins, limit)
        if found.max_duration_ms is not None:
            longest = _max_duration(steps, found.limit.value)
            derivations[longest.id] = longest
    return (
        Retries(
            maybe(retries, "max_attempts", retries.max_attempts, ("retries",)),
            found,
            _calls(retries.calls) if retries.calls else None,
            _set_retry(steps.set_retry) if steps and steps.set_retry else None,
            maybe(pins, "transient_error_pattern", pins.transient_error_pattern, ("retries", "overrides")),
        ),
        derivations,
    )


def _limit(steps: spec.PipelineSteps) -> Derivation:
    stated = Origin(OriginKind.SPEC, "retries.pipelineSteps.attempts")
    bound = Bound("limit-excludes-first-try", "=", steps.attempts - 1,
                  f"{steps.attempts} attempts, and Argo's limit does not count the first", "KFP028", (stated,))  # fmt: skip
    return Derivation(
        "retries/pipeline-steps/limit",
        steps.attempts - 1,
        "retries",
        (bound,),
        "one less than the attempts",
        "how often Argo tries a failed step again",
    )


def _steps(steps: spec.PipelineSteps, pins: spec.Pins, limit: Derivation) -> StepRetries:
    backoff, route = steps.backoff, (*_ROUTE, "backoff")
    longest = None if steps.longest_step is None else _max_duration(steps, limit.value).fact
    return StepRetries(
        limit.fact,
        _policy(steps, pins),
        frozenset(steps.on),
        fact(backoff, "initial", backoff.initial, route),
        fact(backoff, "factor", backoff.factor, route),
        maybe(backoff, "max", backoff.max, route),
        longest,
        steps.longest_step,
        at(*_ROUTE),
    )


def _policy(steps: spec.PipelineSteps, pins: spec.Pins) -> Fact[str]:
    if pins.retry_policy is not None:
        return fact(pins, "retry_policy", pins.retry_policy, ("retries", "overrides"))
    causes = set(steps.on)
    own = fact(steps, "on", steps.on, _ROUTE)
    if causes == {"transient"}:
        return Fact("OnTransientError", own.origins)
    if not causes & _FAILURES:
        return Fact("OnError", own.origins)
    return Fact("OnFailure" if causes <= _FAILURES else "Always", own.origins)


def _max_duration(steps: spec.PipelineSteps, limit: int) -> Derivation:
    """Long enough that the last try may start and end: every try's run and every wait between them."""
    run = steps.longest_step or 0
    backoff, route = steps.backoff, (*_ROUTE, "backoff")
    waits = [_wait(steps.backoff, number) for number in range(limit)]
    total = run * (limit + 1) + sum(waits)
    facts = (
        maybe(steps, "longest_step", steps.longest_step, _ROUTE),
        fact(steps, "attempts", steps.attempts, _ROUTE),
        fact(backoff, "initial", backoff.initial, route),
        fact(backoff, "factor", backoff.factor, route),
        maybe(backoff, "max", backoff.max, route),
    )
    origins = tuple(origin for one in facts if one is not None for origin in one.origins)
    bound = Bound("every-try-fits", ">=", total,
                  f"{limit + 1} tries of {show_duration(run)} and waits of {show_duration(sum(waits))} in all; Argo "
                  "counts from the first try's start", "KFP028", origins)  # fmt: skip
    return Derivation(
        "retries/pipeline-steps/max-duration",
        total,
        "ms",
        (bound,),
        "the smallest that lets every try run",
        "for how long Argo goes on trying a step",
    )


def _wait(backoff: spec.Backoff, number: int) -> int:
    wait = int(backoff.initial * backoff.factor**number)
    return wait if backoff.max is None else min(wait, backoff.max)


def _calls(stated: spec.Calls) -> CallRetries:
    route = ("retries", "calls")
    attempts = fact(stated, "attempts", stated.attempts, route)
    return CallRetries(attempts, fact(stated, "initial", stated.initial, route), at(*route))


def _set_retry(stated: spec.SetRetry) -> SetRetry:
    return SetRetry(
        stated.attempts, float(stated.factor), stated.max, stated.in_parallel_for, at(*_ROUTE, "setRetry")
    )
