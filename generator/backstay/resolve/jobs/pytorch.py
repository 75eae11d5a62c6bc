"""A PyTorchJob's own knobs: whether its pods start again, and after how many restarts it gives up.

Sources: kubeflow/training-operator pkg/core/job.go PastBackoffLimit (the job fails when the restart counts of all its
running pods together reach backoffLimit; a pod that was made anew counts from zero), pkg/controller.v1/common/job.go
(with a limit of 0 a lost pod ends the job, too), kubeflow/trainer#2072 (with OnFailure a lost node leaves the job in
Restarting for ever, with Never it fails), #2045 (ExitCode retries 137 without bound).
"""

from backstay.core.fact import Fact, from_preset, join
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import Cause, Layer, Recovery, Retrying
from backstay.resolve.jobs.times import Subject


def restart_policy(causes: Fact[frozenset[Cause]], recovery: Recovery | None) -> Fact[str]:
    """OnFailure where something is to be survived and somebody frees lost pods, or failures are to be tried again."""
    if causes.value - {Cause.DISRUPTION} or (causes.value and recovery is not None):
        policy = from_preset("OnFailure", "training-operator", "pods that were lost are made anew")
        return join("OnFailure", causes, *(() if recovery is None else (recovery.strategy,)), policy)
    policy = from_preset("Never", "training-operator", "the only policy that fails cleanly on a lost node")
    return join("Never", causes, policy)


def backoff_limit(subject: Subject, layers: tuple[Retrying, ...], replicas: Fact[int]) -> Derivation:
    """One more than the restarts that are meant: every replica restarts with each try, and the limit itself ends the job."""
    retries = next(one.retries for one in layers if one.layer is Layer.PYTORCHJOB)
    limit = replicas.value * retries.value + 1
    words = f"{replicas.value} replicas restart {retries.value} times each, and the job fails when the sum reaches the limit"
    bound = Bound(
        "limit-above-restarts", ">=", limit, words, "JOB021", join(limit, retries, replicas).origins
    )
    title = f"after how many restarts of its containers {subject.name} gives up"
    return Derivation(
        f"{subject.id}/backoff-limit", limit, "restarts", (bound,), "the smallest that is enough", title
    )
