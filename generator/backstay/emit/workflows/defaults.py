"""`workflowDefaults`: what Argo merges into every workflow that says nothing else.

Source: argoproj/argo-workflows workflow/controller/operator.go (setWorkflowDefaults: the whole spec is merged;
checkParallelism: no pod beyond `parallelism` starts, however large it is).
"""

from backstay.emit.parts import Body
from backstay.emit.workflows.retry_strategy import retry_strategy
from backstay.model.cluster import Cluster


def workflow_defaults(cluster: Cluster) -> Body:
    """Retries and the number of pods at once, where the spec says anything about them."""
    spec: Body = {}
    if cluster.retries.steps is not None:
        spec["templateDefaults"] = {"retryStrategy": retry_strategy(cluster, cluster.retries.steps)}
    steps = cluster.jobs.steps
    if steps is not None and steps.parallelism is not None:
        spec["parallelism"] = steps.parallelism
    if not spec:
        return {}
    ttl = cluster.pipelines.workflow_ttl_s if cluster.pipelines else None
    if ttl is not None:
        # The install's own text is replaced whole, so what it says beside these is said again.
        spec["ttlStrategy"] = dict.fromkeys(
            ("secondsAfterCompletion", "secondsAfterSuccess", "secondsAfterFailure"), ttl
        )
    return {"spec": spec}
