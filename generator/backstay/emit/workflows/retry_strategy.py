"""Retries that really happen, whatever the pipeline's compiler leaves out."""

from backstay.core.feature import Feature
from backstay.core.units import show_duration
from backstay.emit.parts import Body
from backstay.model.cluster import Cluster
from backstay.model.parts import StepRetries

PODS_ONLY = "lastRetry.message != '' && !(lastRetry.message matches \"^child '\")"
"""True for a pod's failure, false for a DAG's: defaults reach DAG templates too, and a DAG that is tried again
runs its steps again, so that n tries become n to the power of the nesting. A failed pod has a message, a failed
DAG has none or names its child (argoproj/argo-workflows workflow/controller/{operator,dag}.go)."""


def retry_strategy(cluster: Cluster, retries: StepRetries) -> Body:
    """What Argo merges into every template of every workflow."""
    backoff: Body = {
        "duration": retries.initial_ms.to(show_duration),
        "factor": retries.factor.to(lambda factor: int(factor) if factor == int(factor) else factor),
    }
    if retries.max_duration_ms is not None:
        backoff["maxDuration"] = retries.max_duration_ms.to(show_duration)
    if retries.cap_ms is not None and cluster.has(Feature.RETRY_CAP):
        backoff["cap"] = retries.cap_ms.to(show_duration)
    strategy: Body = {"limit": retries.limit.to(str), "retryPolicy": retries.policy, "backoff": backoff}
    if cluster.has(Feature.LAST_RETRY_MESSAGE):
        strategy["expression"] = PODS_ONLY
    return strategy
