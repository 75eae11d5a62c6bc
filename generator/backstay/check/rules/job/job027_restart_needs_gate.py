"""A JobSet restarts single Jobs or restarts in place, and the alpha gate for that is off.

`RestartJob`, `RestartJobAndIgnoreMaxRestarts` and the strategy `InPlaceRestart` are refused by JobSet's webhook unless its
Configuration turns the gates `RestartJob` and `InPlaceRestart` on; releases before 0.11 do not know them. `RestartJob`
keeps a count for each Job, so that a replicated Job may have 1024 replicas at most.

Where neither Configuration nor version is at hand the finding is a warning: the gates are off by default.

Breaks: the webhook refuses the JobSet; in a training runtime that happens when the first TrainJob starts, not when it is applied.
Bad:
    # --platform jobset=0.12
    apiVersion: jobset.x-k8s.io/v1alpha2
    kind: JobSet
    metadata: {name: train, namespace: team-a}
    spec: {failurePolicy: {rules: [{name: host, action: RestartJob}]}}
Good:
    # --platform jobset=0.12
    apiVersion: jobset.x-k8s.io/v1alpha2
    kind: JobSet
    metadata: {name: train, namespace: team-a}
    spec: {failurePolicy: {rules: [{name: host, action: RestartJobSet}]}}
Source: kubernetes-sigs/jobset v0.12.0 pkg/webhooks/jobset_webhook.go, pkg/features/features.go
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import configs, pods
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.feature import Feature
from backstay.core.fix import Edit, unsafe

RULE = rule(__doc__, "JOB027", "restart-needs-gate")

_ACTIONS = ("RestartJob", "RestartJobAndIgnoreMaxRestarts")
_IN_PLACE = "InPlaceRestart"
_MOST_REPLICAS = 1024


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge each failure policy: its strategy, its actions, and the replicas that an action covers."""
    for jobset in pods.jobsets(ctx):
        policy = jobset.below("failurePolicy")
        if policy is not None:
            yield from _strategy(ctx, policy)
            acting = [rule for rule in policy.each("rules") if rule.value.get("action") in _ACTIONS]
            yield from _actions(ctx, acting)
            yield from _replicas(ctx, jobset) if acting else ()


def _strategy(ctx: Context, policy: Part) -> Iterator[Diagnostic]:
    if policy.value.get("restartStrategy") == _IN_PLACE:
        yield from _gated(
            ctx, policy, "restartStrategy", _IN_PLACE, Feature.JOBSET_IN_PLACE_RESTART, "Recreate"
        )


def _actions(ctx: Context, acting: list[Part]) -> Iterator[Diagnostic]:
    for rule_ in acting:
        action = str(rule_.value["action"])
        instead = action.replace("RestartJob", "RestartJobSet", 1)
        yield from _gated(ctx, rule_, "action", "RestartJob", Feature.JOBSET_RESTART_JOB, instead)


def _gated(
    ctx: Context, part: Part, key: str, gate: str, since: Feature, instead: str
) -> Iterator[Diagnostic]:
    there = [configs.gate(config, gate) for config in configs.configurations(ctx, configs.JOBSET)]
    old = "jobset" in ctx.versions and not ctx.has(since)
    if any(there) and not old:
        return
    said = f"JobSet {ctx.versions['jobset']} does not know it" if old else f"its gate {gate} is off"
    yield ctx.report(
        RULE, part.item, (*part.route, key),
        f"`{key}: {part.value[key]}` is refused: {said}" + ("" if there or old else " unless somebody turned it on"),
        f"write `{key}: {instead}`" if old else f"write `{key}: {instead}`, or turn `featureGates.{gate}` on in JobSet's Configuration",
        None if there or old else Severity.WARNING, unsafe(f"write `{key}: {instead}`", Edit((*part.route, key), instead)),
    )  # fmt: skip


def _replicas(ctx: Context, jobset: Part) -> Iterator[Diagnostic]:
    for replicated in jobset.each("replicatedJobs"):
        count = replicated.value.get("replicas")
        if isinstance(count, int) and count > _MOST_REPLICAS:
            name = look.text(replicated.value.get("name")) or "a replicated Job"
            yield ctx.report(
                RULE, replicated.item, (*replicated.route, "replicas"),
                f"{name} has {count} replicas, and single Jobs can be restarted among {_MOST_REPLICAS} at most",
                f"write `replicas: {_MOST_REPLICAS}` or fewer, or restart the whole JobSet",
            )  # fmt: skip


CHECK = Check(RULE, reads=pods.JOBSET_KINDS | configs.KINDS, run=check)
