"""A node is lost: from its last heartbeat until the workload runs again, or why it never does.

Sources: kubernetes pkg/controller/nodelifecycle and tainteviction, pkg/controller/podgc/gc_controller.go; kueue
pkg/controller/failurerecovery; medik8s node-healthcheck-operator and self-node-remediation; kubeflow/trainer v1.9
pkg/controller.v1/control/pod_control.go (a pod that is being deleted is left alone).
"""

from backstay.explain.timeline.answers import FAILED, fails_at_once, to_disruption
from backstay.explain.timeline.moments import Event, Knob, Moment, Timeline, in_order
from backstay.model.jobs import Kind, Recovery, Strategy, Workload

CONTROLLER_MANAGER = "kube-controller-manager"
REMAKES = {
    Kind.PYTORCHJOB: ("Training Operator", "makes the pod anew under its old name"),
    Kind.TRAINJOB: ("JobSet", "has the TrainJob's pods made anew"),
    Kind.JOBSET: ("JobSet", "has the pods made anew"),
    Kind.JOB: (CONTROLLER_MANAGER, "makes a new pod for the Job"),
    Kind.ZENML: (CONTROLLER_MANAGER, "makes a new pod for the step's Job"),
}
"""Who starts a workload's pods again, and how."""
_SHOWS = {
    Kind.PYTORCHJOB: "the PyTorchJob says Restarting",
    Kind.TRAINJOB: "the TrainJob goes on as if nothing were",
    Kind.JOBSET: "the JobSet goes on as if nothing were",
    Kind.JOB: "the Job waits for the pod to end",
    Kind.ZENML: "the step says running",
}


def node_loss(workload: Workload, recovery: Recovery) -> Timeline:
    """The timeline of one workload, with the recovery's target where it is to run again."""
    title = f"the node of {workload.namespace.value}/{workload.name} is lost"
    told, end = _until_over(workload, recovery), to_disruption(workload)
    if end is not None and fails_at_once(workload):
        at = min(told[-2].at or 0, recovery.fenced_at) if recovery.fences else told[-2].at
        over = in_order([*(one for one in told[:-1] if (one.at or 0) <= (at or 0)), Moment(at, *end)])
        return Timeline(Event.NODE_LOSS, workload.name, title, over, FAILED, None)
    freed = _freed(workload, recovery, told[-1].at or 0)
    before = [one for one in told if not recovery.fences or (one.at or 0) <= recovery.fenced_at]
    if end is not None:
        over = in_order([*before, *freed, Moment(freed[-1].at, *end)])
        outcome = FAILED if freed[-1].at is not None else "it never ends by itself"
        return Timeline(Event.NODE_LOSS, workload.name, title, over, outcome, None)
    total = _runs(workload, recovery, freed[-1])
    outcome = "it runs again" if total.at is not None else "it never runs again by itself"
    over = in_order([*before, *freed, total])
    return Timeline(Event.NODE_LOSS, workload.name, title, over, outcome, total.at, recovery.recover_in)


def _until_over(workload: Workload, recovery: Recovery) -> list[Moment]:
    """From the last heartbeat until the pods' time is up; the eviction is the last but one."""
    waits = workload.toleration or recovery.default_toleration
    lost = recovery.monitor_grace.value
    evicted, over = lost + waits.value, lost + waits.value + workload.grace.value
    shows = "the PyTorchJob takes them for failed" if fails_at_once(workload) else _SHOWS[workload.kind]
    return [
        Moment(0, "node", "sends its last heartbeat"),
        Moment(lost, CONTROLLER_MANAGER, "calls the node NotReady and taints it unreachable; its pods count as not ready",
               Knob("--node-monitor-grace-period", recovery.monitor_grace)),
        Moment(evicted, CONTROLLER_MANAGER, f"evicts the pods; nobody on the node hears of it, and {shows}",
               Knob("tolerationSeconds", waits)),
        Moment(over, "kubelet", "would have killed the pods by now; it is silent, so they stay Terminating",
               Knob("terminationGracePeriodSeconds", workload.grace)),
    ]  # fmt: skip


def _freed(workload: Workload, recovery: Recovery, over: int) -> list[Moment]:
    """How the strategy frees the pods' names; a last moment without a time where it does not."""
    if recovery.fences:
        return _fenced(recovery)
    if recovery.strategy.value is Strategy.NONE:
        return [Moment(None, "nobody", "removes the pods: only the kubelet's return or a person does")]
    if workload.restart_safe is None:
        return [Moment(None, "Kueue", "leaves the pods alone: they are not declared safe to restart")]
    return [Moment(over + recovery.force_step.value, "Kueue", "marks the pods Failed and deletes them by force",
                   Knob("FailureRecoveryPolicy", recovery.force_step))]  # fmt: skip


def _fenced(recovery: Recovery) -> list[Moment]:
    cloud = recovery.strategy.value is Strategy.CLOUD_REPAIR
    who = "cloud" if cloud else "SelfNodeRemediation"
    begins = recovery.monitor_grace.value + recovery.unhealthy_for.value
    done = (
        "has removed the machine and its Node object"
        if cloud
        else "has rebooted the node and taints it out-of-service"
    )
    return [
        Moment(begins, "cloud" if cloud else "NodeHealthCheck", "has the node repaired", Knob("unhealthyConditions duration", recovery.unhealthy_for)),
        Moment(recovery.fenced_at, who, f"{done}: nothing of the pods runs any more", Knob("fencing", recovery.fenced_in)),
        Moment(recovery.fenced_at + recovery.force_step.value, "pod collector", "removes the pods", Knob("pod collector", recovery.force_step)),
    ]  # fmt: skip


def _runs(workload: Workload, recovery: Recovery, freed: Moment) -> Moment:
    who, what = REMAKES[workload.kind]
    if freed.at is None:
        return Moment(None, who, "waits for the old pods for ever")
    return Moment(
        freed.at + recovery.pod_start.value, who, f"{what}, and it runs", Knob("podStart", recovery.pod_start)
    )
