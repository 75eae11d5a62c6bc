"""Every emitter, in output order. An object that is not made here is not made."""

from collections.abc import Callable, Iterator

from backstay.core.manifest import Manifest
from backstay.emit.admission import gatekeeper, mutating, policies
from backstay.emit.callers import config_map, revision, server, snippets
from backstay.emit.controllers import jobset as jobset_config
from backstay.emit.controllers import kueue as kueue_config
from backstay.emit.controllers import trainer as trainer_config
from backstay.emit.controllers import training_operator as training_operator_flags
from backstay.emit.memory import cluster_queue, limit_range, priority_class, resource_flavor, resource_quota
from backstay.emit.mesh import (
    destination_rule,
    gateway_filter,
    inbound_filter,
    sidecar,
    stream_idle,
    upstream_filter,
    virtual_service,
    workload,
)
from backstay.emit.nodes import kubelet, remediation
from backstay.emit.observability import dashboard, prometheus_rule, proxy_stats, reset_script, tracing_policy
from backstay.emit.pipelines import (
    api_server,
    install_config,
    launcher,
    metadata_grpc,
    profile_controller,
    run_access,
    ui,
)
from backstay.emit.storage import external_secret
from backstay.emit.training import job, jobset, pytorchjob, runtime, trainjob
from backstay.emit.workflows import artifact_repositories, controller_config
from backstay.emit.zenml import run as zenml_run
from backstay.emit.zenml import stack as zenml_stack
from backstay.model.cluster import Cluster

EMITTERS: tuple[Callable[[Cluster], Iterator[Manifest]], ...] = (
    inbound_filter.emit,
    gateway_filter.emit,
    upstream_filter.emit,
    stream_idle.emit,
    destination_rule.emit,
    sidecar.emit,
    virtual_service.emit,
    workload.emit,
    config_map.emit,
    server.emit,
    revision.emit,
    metadata_grpc.emit,
    launcher.emit,
    api_server.emit,
    ui.emit,
    install_config.emit,
    profile_controller.emit,
    run_access.emit,
    controller_config.emit,
    artifact_repositories.emit,
    external_secret.emit,
    resource_quota.emit,
    limit_range.emit,
    priority_class.emit,
    resource_flavor.emit,
    cluster_queue.emit,
    zenml_run.emit,
    zenml_stack.emit,
    runtime.emit,
    trainjob.emit,
    jobset.emit,
    job.emit,
    pytorchjob.emit,
    remediation.emit,
    kubelet.emit,
    trainer_config.emit,
    kueue_config.emit,
    jobset_config.emit,
    training_operator_flags.emit,
    prometheus_rule.emit,
    dashboard.emit,
    tracing_policy.emit,
    proxy_stats.emit,
    reset_script.emit,
    snippets.emit,
    policies.emit,
    gatekeeper.emit,
    mutating.emit,
)


def emit(cluster: Cluster) -> list[Manifest]:
    """All objects and patches of a cluster."""
    return [manifest for emitter in EMITTERS for manifest in emitter(cluster)]
