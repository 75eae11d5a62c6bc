"""Kueue gives a workload less time to get its pods back than a lost node needs, or puts it back for ever.

`waitForPodsReady.recoveryTimeout` counts from the moment in which a pod of an admitted workload is not ready any more:
when the node is known to be lost. Until the pod runs again the toleration, the grace period, the strategy's own step and
the start of the new pod pass. Left out, it is `timeout`; `0s` turns it off. Without `backoffLimitCount` a workload that
never gets ready is put back into its queue without end.

Not judged: `timeout` against the start of the first pods; the recovery without a spec that says what a lost node does.

Breaks: the job is evicted while its node's pods are being replaced, waits in the queue again, and meets the same time-out.
Bad:
    apiVersion: config.kueue.x-k8s.io/v1beta2
    kind: Configuration
    waitForPodsReady: {timeout: 10m}
Good:
    apiVersion: config.kueue.x-k8s.io/v1beta2
    kind: Configuration
    waitForPodsReady: {timeout: 10m, requeuingStrategy: {backoffLimitCount: 5}}
Source: kubernetes-sigs/kueue apis/config/v1beta2/configuration_types.go (WaitForPodsReady), KEP 349
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import configs
from backstay.check.rules.msh import envoy
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.fix import Edit, unsafe
from backstay.core.units import show_duration
from backstay.model.cluster import NO_JOBS
from backstay.model.jobs import Jobs, Recovery, Workload

RULE = rule(__doc__, "JOB039", "evicted-while-healing")

_MINUTE_MS = 60_000


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge `waitForPodsReady` of each Kueue Configuration that has it."""
    for config in configs.configurations(ctx, configs.KUEUE):
        waiting = config.below("waitForPodsReady")
        if waiting is not None and waiting.value.get("enable") is not False:
            yield from _too_short(ctx, waiting)
            yield from _endless(ctx, waiting)


def _too_short(ctx: Context, waiting: Part) -> Iterator[Diagnostic]:
    key = "recoveryTimeout" if "recoveryTimeout" in waiting.value else "timeout"
    allowed = envoy.milliseconds(waiting.value.get(key))
    jobs = ctx.cluster.jobs if ctx.cluster else NO_JOBS
    recovery, slowest = jobs.recovery, _slowest(jobs)
    if not allowed or recovery is None or slowest is None:
        return
    workload, needed = slowest[0], slowest[1] - recovery.monitor_grace.value
    if allowed < needed:
        yield ctx.report(
            RULE, waiting.item, waiting.to(key),
            f"Kueue waits {show_duration(int(allowed))} for lost pods to come back, and those of "
            f"{workload.name} need {show_duration(needed)}{_made_of(recovery, workload)}",
            f"write `recoveryTimeout: {_rounded(needed)}` or more",
            fix=unsafe(f"write `recoveryTimeout: {_rounded(needed)}`", Edit((*waiting.route, "recoveryTimeout"), _rounded(needed))),
            related=(Related(look.stated(recovery.recover_in, recovery.place), "how soon jobs have to run again"),),
        )  # fmt: skip


def _slowest(jobs: Jobs) -> tuple[Workload, int] | None:
    """The queued workload that takes longest to run again, and how long, from the node's loss."""
    queued = [(one, one.recovers_in.value) for one in jobs.workloads if one.queue and one.recovers_in]
    return max(queued, key=lambda found: found[1], default=None)


def _made_of(recovery: Recovery, workload: Workload) -> str:
    toleration = workload.toleration.value if workload.toleration else recovery.default_toleration.value
    parts = (
        (toleration, "toleration"),
        (workload.grace.value, "grace"),
        (recovery.force_step.value, "until the node's pods are freed"),
        (recovery.pod_start.value, "start"),
    )
    return " (" + ", ".join(f"{show_duration(ms)} {words}" for ms, words in parts) + ")"


def _rounded(ms: int) -> str:
    return show_duration(-(-ms // _MINUTE_MS) * _MINUTE_MS)


def _endless(ctx: Context, waiting: Part) -> Iterator[Diagnostic]:
    if look.at(waiting.value, "requeuingStrategy", "backoffLimitCount") is None:
        place = waiting.below("requeuingStrategy") or waiting
        yield ctx.report(
            RULE, place.item, place.route, "a workload whose pods never get ready is put back without end",
            "set `requeuingStrategy.backoffLimitCount` to how often it may try, such as 5", Severity.WARNING,
            unsafe("write `backoffLimitCount: 5`", Edit((*waiting.route, "requeuingStrategy", "backoffLimitCount"), 5)),
        )  # fmt: skip


CHECK = Check(RULE, reads=configs.KINDS | {"jobs"}, run=check)
