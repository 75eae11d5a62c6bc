"""A pod ends while its node lives: it is evicted, or the kernel kills it for its memory.

Sources: kubernetes pkg/kubelet/eviction, pkg/controller/job/job_controller.go (10 s before the first retry, also after
an ignored disruption: kubernetes#130881), pkg/controller/job/pod_failure_policy.go; kernel cgroup v2 memory.oom.group.
"""

from backstay.core.fact import Fact, from_preset
from backstay.explain.timeline.answers import FAILED, to_disruption, to_oom
from backstay.explain.timeline.moments import Event, Knob, Moment, Timeline, in_order
from backstay.explain.timeline.node_loss import REMAKES
from backstay.model.jobs import Cause, Kind, Recovery, Workload

_BACKOFF = from_preset(10_000, "kubernetes", "what a Job waits before its first new pod")
_WAITING = frozenset({Kind.JOB, Kind.ZENML})
"""Kinds whose Job makes the next pod itself, after its back-off."""


def eviction(workload: Workload, recovery: Recovery | None) -> Timeline:
    """A drain, a preemption or pressure on the node takes a pod away."""
    grace, moments = workload.grace, [Moment(0, "kubelet", "sends SIGTERM to the pod's containers")]
    if workload.checkpoint is not None:
        written = Knob("checkpoint", workload.checkpoint)
        moments.append(Moment(workload.checkpoint.value, "the job", "has written its checkpoint", written))
    killed = Knob("terminationGracePeriodSeconds", grace)
    moments.append(Moment(grace.value, "kubelet", "kills what still runs; the pod is gone", killed))
    title = f"a pod of {workload.namespace.value}/{workload.name} is evicted"
    end = to_disruption(workload)
    if end is not None:
        over = [*moments, Moment(grace.value, *end)]
        return Timeline(Event.EVICTION, workload.name, title, in_order(over), FAILED, None)
    ready = _ready(workload, recovery, grace.value)
    over = [*moments, *ready]
    return Timeline(
        Event.EVICTION, workload.name, title, in_order(over), "it runs again, at the latest", ready[-1].at
    )


def oom(workload: Workload, recovery: Recovery | None) -> Timeline:
    """The kernel kills a container at its memory limit."""
    title = f"a pod of {workload.namespace.value}/{workload.name} is killed for its memory"
    killed = Moment(0, "kernel", "kills every process of the container: exit code 137, OOMKilled")
    again = "it runs again, with the limit that it had"
    if workload.kind is Kind.PYTORCHJOB:
        after, total = to_oom(workload, recovery)
        return Timeline(
            Event.OOM, workload.name, title, (killed, *after), FAILED if total is None else again, total
        )
    if Cause.OOM not in workload.retry_on:
        failed = Moment(
            0, REMAKES[Kind.JOB][0], "fails the Job at once: its podFailurePolicy names exit code 137"
        )
        nothing = "it has failed: nothing is tried again with the same limit"
        return Timeline(Event.OOM, workload.name, title, (killed, failed), nothing, None)
    ready = _ready(workload, recovery, 0)
    return Timeline(Event.OOM, workload.name, title, (killed, *ready), again, ready[-1].at)


def _ready(workload: Workload, recovery: Recovery | None, gone: int) -> list[Moment]:
    """From the pod's end until the next one runs."""
    who, what = REMAKES[workload.kind]
    waits = (
        [Moment(gone + _BACKOFF.value, who, "has waited its back-off", Knob("back-off", _BACKOFF))]
        if workload.kind in _WAITING
        else []
    )
    start: Fact[int] | None = recovery.pod_start if recovery else None
    since = waits[-1].at if waits and waits[-1].at is not None else gone
    at = since + (start.value if start else 0)
    return [*waits, Moment(at, who, f"{what}, and it runs", Knob("podStart", start) if start else None)]
