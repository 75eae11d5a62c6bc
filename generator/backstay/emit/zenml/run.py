"""ZenML's run configuration of a pipeline: `zenml pipeline run PIPELINE -c run-NAME.yaml`.

Settings of the pipeline hold for the orchestrator's own Job and, where a step says nothing else, for the step's: so
each step says its deadline, and the rule on OOM kills stands with the steps alone. `retry` needs at least one try, so
it is left out where there is none, and of the pipeline where one step has none; delay and backoff are not supported on Kubernetes.
Source: zenml integrations/kubernetes/orchestrators/kubernetes_orchestrator_entrypoint.py, config/compiler.py
"""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.feature import Feature
from backstay.core.manifest import Manifest, Role
from backstay.core.units import show_quantity
from backstay.emit import pods
from backstay.emit.parts import Body, fixed
from backstay.emit.zenml import policy
from backstay.model.cluster import Cluster
from backstay.model.jobs import Kind, Layer, NodePool, Step, Workload
from backstay.upstream.own_pods import ZENML_ORCHESTRATOR_LIMIT, ZENML_POD_REQUEST

SOURCE = "zenml config/pipeline_run_configuration.py"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each pipeline."""
    if cluster.jobs.systems.zenml is None:
        return
    for workload in cluster.jobs.of_kind(Kind.ZENML):
        body = _run(cluster, workload)
        yield Manifest(f"bundle/zenml/run-{workload.name}.yaml", Role.BUNDLE, body, fixed(SOURCE))


def _run(cluster: Cluster, workload: Workload) -> Body:
    run: Body = {"settings": {"orchestrator": _pipeline(cluster, workload)}}
    steps = {step.name: _step(cluster, workload, step) for step in workload.steps}
    return run | _default_retry(workload) | ({"steps": steps} if steps else {})


def _default_retry(workload: Workload) -> Body:
    """For steps that are not named; a step inherits it, and nothing that it could say means no retry at all."""
    bare = any(step.retries.value == 0 for step in workload.steps)
    return {} if bare else _retry(workload.retries(Layer.ZENML))


def _retry(retries: Fact[int] | None) -> Body:
    return {"retry": {"max_retries": retries}} if retries is not None and retries.value else {}


def _pipeline(cluster: Cluster, workload: Workload) -> Body:
    settings: Body = {
        "pod_settings": _pod(cluster, workload),
        "orchestrator_pod_settings": _pod(cluster, workload) | {"resources": _orchestrator()},
    }
    if workload.max_parallelism is not None and cluster.has(Feature.ZENML_MAX_PARALLELISM):
        settings["max_parallelism"] = workload.max_parallelism
    if cluster.has(Feature.ZENML_STEP_JOBS):
        settings |= _ending(workload.grace, workload.deadline)
        settings["pod_failure_policy"] = {"rules": list(policy.pipeline_rules(workload.causes))}
    return settings


def _step(cluster: Cluster, workload: Workload, step: Step) -> Body:
    settings: Body = {}
    if step.memory is not None:
        size = {"memory": step.memory.to(show_quantity)}
        settings["pod_settings"] = {"resources": {"requests": size, "limits": size}}
    if cluster.has(Feature.ZENML_STEP_JOBS):
        settings |= _ending(step.grace, step.deadline or workload.deadline)
        settings["pod_failure_policy"] = {"rules": list(policy.step_rules(workload.causes))}
    return _retry(step.retries) | {"settings": {"orchestrator": settings}}


def _pod(cluster: Cluster, workload: Workload) -> Body:
    """What step pods and the orchestrator's have alike: where they run, and what a lost node does to them."""
    pool = cluster.jobs.pool_of(workload)
    tolerations = [*pods.tolerations(workload.toleration), *(_tolerated(pool) if pool else ())]
    annotations, labels = pods.force_delete(cluster, workload), pods.node_labels(cluster, workload)
    return {
        **({"node_selectors": labels} if labels else {}),
        **({"tolerations": tolerations} if tolerations else {}),
        **({"annotations": annotations} if annotations else {}),
    }


def _tolerated(pool: NodePool) -> Iterator[Body]:
    for taint in pool.taints:
        value: Body = (
            {"operator": "Equal", "value": taint.value} if taint.value.value else {"operator": "Exists"}
        )
        yield {"key": taint.key, "effect": taint.effect, **value}


def _orchestrator() -> Body:
    request, limit = show_quantity(ZENML_POD_REQUEST), show_quantity(ZENML_ORCHESTRATOR_LIMIT)
    return {"requests": {"memory": request, "cpu": "100m"}, "limits": {"memory": limit}}


def _ending(grace: Fact[int], deadline: Fact[int] | None) -> Body:
    ending: Body = {"pod_stop_grace_period": grace.to(pods.whole_seconds)}
    return (
        ending if deadline is None else {**ending, "active_deadline_seconds": deadline.to(pods.whole_seconds)}
    )
