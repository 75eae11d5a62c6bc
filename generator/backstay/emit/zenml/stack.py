"""ZenML's stacks: `zenml stack import stack-NAME.yaml`, one for each namespace that pipelines run in.

What a component is configured with is the default of every pipeline on it, so only the cluster's own facts stand here;
an artifact store that other components share is named where the spec has a store.
Source: zenml cli/stack.py (export_stack, import_stack), integrations/kubernetes/flavors/kubernetes_orchestrator_flavor.py
"""

from collections.abc import Iterator

from backstay.core.fact import Fact, join
from backstay.core.feature import Feature
from backstay.core.manifest import Manifest, Role
from backstay.core.units import show_quantity
from backstay.emit.parts import Body, fixed
from backstay.emit.zenml import policy
from backstay.model.cluster import Cluster
from backstay.model.jobs import Cause, JobSystems, Kind
from backstay.model.parts import Store

SOURCE = "zenml cli/stack.py"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for ZenML's own namespace, and one for each other that a pipeline runs in."""
    systems = cluster.jobs.systems
    stack = systems.zenml_stack
    if systems.zenml is None or stack is None or systems.zenml_namespace is None:
        return
    homes = (systems.zenml_namespace, *(one.namespace for one in cluster.jobs.of_kind(Kind.ZENML)))
    for namespace in {home.value: home for home in homes}.values():
        own = namespace.value == systems.zenml_namespace.value
        name = stack if own else join(f"{stack.value}-{namespace.value}", stack, namespace)
        body = _stack(cluster, systems, name, namespace)
        yield Manifest(f"bundle/zenml/stack-{name.value}.yaml", Role.BUNDLE, body, fixed(SOURCE))


def _stack(cluster: Cluster, systems: JobSystems, name: Fact[str], namespace: Fact[str]) -> Body:
    components: Body = {"orchestrator": [_orchestrator(cluster, systems, name, namespace)]}
    if cluster.storage is not None:
        components["artifact_store"] = [_artifact_store(cluster.storage.store, name)]
    version = systems.zenml.to(lambda line: f"{line}.0") if systems.zenml else None
    return {"stack_name": name, "components": components, "zenml_version": version}


def _orchestrator(cluster: Cluster, systems: JobSystems, name: Fact[str], namespace: Fact[str]) -> Body:
    configuration: Body = {"kubernetes_namespace": namespace}
    if systems.zenml_context is None:
        configuration["incluster"] = True
    else:
        configuration["kubernetes_context"] = systems.zenml_context
    default = cluster.jobs.steps.default if cluster.jobs.steps else None
    if default is not None:
        size = {"memory": default.to(show_quantity)}
        configuration["pod_settings"] = {"resources": {"requests": size, "limits": size}}
    if cluster.has(Feature.ZENML_STEP_JOBS):
        configuration["pod_failure_policy"] = {
            "rules": list(policy.pipeline_rules(Fact(frozenset({Cause.DISRUPTION}), ())))
        }
    return {"name": name, "type": "orchestrator", "flavor": "kubernetes", "configuration": configuration}


def _artifact_store(store: Store, name: Fact[str]) -> Body:
    path = join(
        f"s3://{'/'.join(part for part in (store.bucket.value, store.prefix.value) if part)}",
        store.bucket,
        store.prefix,
    )
    configuration: Body = {
        "path": path,
        "client_kwargs": {"endpoint_url": store.url, "region_name": store.region},
    }
    return {"name": name, "type": "artifact_store", "flavor": "s3", "configuration": configuration}
