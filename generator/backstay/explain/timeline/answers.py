"""How a workload's controller answers the end of a pod where it does not simply make a new one.

Sources: kubeflow/training-operator pkg/core/status.go, pkg/controller.v1/common/pod.go (Never fails the job as soon as a
pod is being deleted or has failed; ExitCode takes 128 and above for passing), pkg/core/job.go PastBackoffLimit;
kubernetes pkg/kubelet/kuberuntime (a container starts again at once the first time, then after 10 s, 20 s, ...),
pkg/controller/job/pod_failure_policy.go (a rule is looked at once the pod has ended).
"""

from backstay.explain.timeline.moments import Knob, Moment
from backstay.model.jobs import Cause, Kind, Recovery, Workload

OPERATOR = "Training Operator"
FAILED = "it has failed"
_NEVER, _BY_EXIT_CODE = "Never", "ExitCode"
Answer = tuple[str, str]
"""Who, and what."""


def policy(workload: Workload) -> str:
    """A PyTorchJob's restartPolicy; empty for every other kind."""
    return workload.restart_policy.value if workload.restart_policy else ""


def fails_at_once(workload: Workload) -> bool:
    """Whether a pod that is being deleted is enough: nobody waits for its end."""
    return policy(workload) == _NEVER


def to_disruption(workload: Workload) -> Answer | None:
    """What ends a workload whose pod was evicted or lost; None where it is tried again."""
    if workload.kind is Kind.PYTORCHJOB:
        return (
            (OPERATOR, "calls the PyTorchJob Failed: its restartPolicy is Never")
            if fails_at_once(workload)
            else None
        )
    if Cause.DISRUPTION in workload.retry_on:
        return None
    return (
        "kube-controller-manager",
        "fails the Job: `retryOn` has no disruption, so its podFailurePolicy ends it",
    )


def to_oom(workload: Workload, recovery: Recovery | None) -> tuple[tuple[Moment, ...], int | None]:
    """What follows an OOM kill in a PyTorchJob, which knows no exit codes, and when it runs again (None: never)."""
    found = policy(workload)
    if found == _NEVER:
        return (Moment(0, OPERATOR, "calls the PyTorchJob Failed: its restartPolicy is Never"),), None
    if found == _BY_EXIT_CODE:
        start = recovery.pod_start if recovery else None
        what = "takes 137 for a passing fault and makes the pod anew, without any bound: its restartPolicy is ExitCode"
        total = start.value if start else 0
        return (Moment(total, OPERATOR, what, Knob("podStart", start) if start else None),), total
    again = Moment(
        0,
        "kubelet",
        f"starts the container again in its pod, later ones after 10s, 20s, ...: restartPolicy is {found}",
    )
    return (again, *_bounded(workload)), 0


def _bounded(workload: Workload) -> tuple[Moment, ...]:
    if workload.backoff_limit is None or not workload.backoff_limit.value:
        return ()
    limit = workload.backoff_limit.value
    return (
        Moment(
            None,
            OPERATOR,
            f"fails the job when the restarts of all its running pods reach {limit} (backoffLimit)",
        ),
    )
