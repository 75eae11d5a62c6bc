"""What a Job and a JobSet do when a pod fails, in the order in which the first match decides.

A disruption comes first: a drained pod exits with 143 or 137 as well, and must not be taken for a failure. An
OOM kill comes next: the same limit kills the next try too. Where one lost pod makes the whole group useless, the Job
fails and the JobSet starts all anew; where it does not, the pod is replaced and nothing is counted.
Sources: kubernetes/api batch/v1 types.go, kubernetes pkg/controller/job/pod_failure_policy.go (first match, the words
of the failure); kubernetes-sigs/jobset pkg/controllers/failure_policy.go, site failure_policy.md.
"""

from collections.abc import Iterator

from backstay.core.fact import Fact, join
from backstay.core.feature import Feature
from backstay.emit import pods
from backstay.emit.parts import Body
from backstay.emit.training.pods import seconds
from backstay.model.cluster import Cluster
from backstay.model.jobs import Cause, Kind, Layer, Workload

_JOBSETS = frozenset({Kind.JOBSET, Kind.TRAINJOB})
_BY_POLICY = {"onJobFailureReasons": ["PodFailurePolicy"]}


def job_fields(cluster: Cluster, workload: Workload, template: Body) -> Body:
    """A Job's spec but for its size: limits, policies and pods that never restart in place."""
    rules = list(_pod_rules(cluster, workload))
    deadline = {} if workload.deadline is None else {"activeDeadlineSeconds": seconds(workload.deadline)}
    spec = template["spec"]
    assert isinstance(spec, dict)  # noqa: S101 - `template` made it
    return {
        "backoffLimit": workload.retries(Layer.JOB),
        **deadline,
        "podReplacementPolicy": "Failed",
        **({"podFailurePolicy": {"rules": rules}} if rules else {}),
        "template": {**template, "spec": {"restartPolicy": "Never", **spec}},
    }


def is_group(workload: Workload) -> bool:
    """Whether one lost pod makes the others useless: the pods of a distributed run."""
    return workload.kind in _JOBSETS and workload.replicas.value > 1


def _pod_rules(cluster: Cluster, workload: Workload) -> Iterator[Body]:
    """A group fails with the pod that it loses, and leaves it to JobSet to tell one reason from the other."""
    if is_group(workload) or Cause.DISRUPTION not in workload.retry_on:
        yield pods.on_disruption("FailJob", *_shape(workload))
    if not is_group(workload):
        causes = join(workload.retry_on, *_shape(workload))
        yield from pods.failure_rules(causes, workload.container)
    elif _fails_on_oom(cluster, workload):
        yield pods.on_exit("FailJob", workload.container, "In", pods.OOM_KILLED, *_shape(workload))


def _shape(workload: Workload) -> tuple[Fact[object], ...]:
    """What decides which rules there are: what is to be tried again, and whether it is a group."""
    return (workload.causes, *((workload.replicas,) if workload.kind in _JOBSETS else ()))


def _fails_on_oom(cluster: Cluster, workload: Workload) -> bool:
    """A group's Job fails on disruptions, too: without the failure's words JobSet could not tell the two apart."""
    if Cause.OOM in workload.retry_on:
        return False
    return not _restarts(workload) or _tells_messages(cluster, workload)


def _restarts(workload: Workload) -> bool:
    """Whether the JobSet starts all anew when a pod was lost."""
    return is_group(workload) and Cause.DISRUPTION in workload.retry_on


def _tells_messages(cluster: Cluster, workload: Workload) -> bool:
    in_runtime = workload.kind is Kind.TRAINJOB
    return cluster.has(Feature.RUNTIME_FAILURE_MESSAGES if in_runtime else Feature.JOBSET_FAILURE_MESSAGES)


def jobset_policy(cluster: Cluster, workload: Workload) -> Body:
    """A JobSet's failurePolicy; without one the first failed Job would end it."""
    rules = list(_jobset_rules(cluster, workload))
    return {"maxRestarts": workload.retries(Layer.JOBSET), **({"rules": rules} if rules else {})}


def _jobset_rules(cluster: Cluster, workload: Workload) -> Iterator[Body]:
    if workload.deadline is not None:
        yield {"name": "deadline", "action": "FailJobSet", "onJobFailureReasons": ["DeadlineExceeded"]}
    if not _restarts(workload):
        yield {"name": "notRetried", "action": join("FailJobSet", *_shape(workload)), **_BY_POLICY}
        return
    if _fails_on_oom(cluster, workload):
        yield {
            "name": "outOfMemory", "action": join("FailJobSet", *_shape(workload)), **_BY_POLICY,
            "onJobFailureMessagePatterns": [f"failed with exit code {pods.OOM_KILLED} "],
        }  # fmt: skip
    # Uncounted restarts have to end some time: Kueue's label on the job sees to that.
    uncounted = workload.queue is not None and workload.deadline is not None
    action = "RestartJobSetAndIgnoreMaxRestarts" if uncounted else "RestartJobSet"
    ends = [fact for fact in (workload.queue, workload.deadline) if fact is not None]
    yield {"name": "disruption", "action": join(action, *_shape(workload), *ends), **_BY_POLICY}
