"""The keys that ZenML reads, per release line: it ignores others without a word.

Written as in `workflows_config`: `name`, `name@since`, `name@since-until`. A key behind `!` is accepted and does
nothing from the line after `!` on. Read from the wheels of 0.80.0 to 0.98.0.

Sources: zenml config/{pipeline_run_configuration,step_configurations,retry_config,resource_settings}.py,
integrations/kubernetes/flavors/kubernetes_orchestrator_flavor.py, integrations/kubernetes/pod_settings.py.
"""

from dataclasses import dataclass

from backstay.upstream.versions import order

_BOTH = "enable_cache enable_artifact_metadata enable_artifact_visualization enable_step_logs settings extra model "
_BOTH += "parameters retry failure_hook_source success_hook_source substitutions cache_policy@0.85 environment@0.90 "
_BOTH += "secrets@0.90 start_hook_source@0.95 end_hook_source@0.95"
_TYPES = {
    "run": (
        f"{_BOTH} run_name schedule build steps tags enable_pipeline_logs@0.81 execution_mode@0.85 init_hook_source@0.90 "
        "init_hook_kwargs@0.90 cleanup_hook_source@0.90 enable_heartbeat@0.94 pause_hook_source@0.95 "
        "resume_hook_source@0.95"
    ),
    "step": (
        f"{_BOTH} step_operator experiment_tracker outputs runtime@0.92 heartbeat_healthy_threshold@0.93 group@0.94"
    ),
    "retry": "max_retries delay backoff",
    "orchestrator": (
        "synchronous service_account_name step_pod_service_account_name privileged pod_settings orchestrator_pod_settings "
        "max_parallelism@0.82 successful_jobs_history_limit@0.83 failed_jobs_history_limit@0.83 "
        "ttl_seconds_after_finished@0.83 prevent_orchestrator_pod_caching@0.83 active_deadline_seconds@0.84 "
        "backoff_limit_margin@0.84 pod_failure_policy@0.84 always_build_pipeline_image@0.84 pod_stop_grace_period@0.84 "
        "job_name_prefix@0.84 orchestrator_job_backoff_limit@0.84 fail_on_container_waiting_reasons@0.84 "
        "job_monitoring_interval@0.84 job_monitoring_delay@0.84 interrupt_check_interval@0.84 concurrency_policy@0.94 "
        "starting_deadline_seconds@0.94 api_request_timeout@0.94 max_api_retries@0.96 timeout!0.84 "
        "pod_startup_timeout@0.81!0.84 pod_failure_max_retries@0.81!0.84 pod_failure_retry_delay@0.81!0.84 "
        "pod_failure_backoff@0.81!0.84 pod_name_prefix@0.82!0.84 stream_step_logs@0.84!0.84"
    ),
    "component": (
        "incluster kubernetes_context kubernetes_namespace local skip_local_validations "
        "parallel_step_startup_waiting_period pass_zenml_token_as_secret skip_owner_references@0.92"
    ),
    "pod": (
        "node_selectors affinity tolerations resources annotations volumes volume_mounts host_ipc image_pull_secrets labels "
        "env env_from scheduler_name@0.82 additional_pod_spec_args@0.82 container_security_context@0.92"
    ),
    "resources": (
        "cpu_count gpu_count memory min_replicas@0.90 max_replicas@0.90 autoscaling_metric@0.90 autoscaling_target@0.90 "
        "max_concurrency@0.90 pool_resources@0.95-0.97 preemptible@0.95-0.97 gpu_class@0.97 resources@0.97 "
        "reclaim_tolerance@0.97 allocation_wait_timeout_seconds@0.97 initialization_lease_seconds@0.97"
    ),
}
RUN_FAILED_EXIT_CODE = 45
"""What the orchestrator's container ends with when the run has failed and trying again is of no use."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of ZenML's configuration; `dead`: the release accepts it and does nothing with it."""

    name: str
    dead: bool


def keys(part: str, line: str) -> dict[str, Key]:
    """The keys of a part (`run`, `step`, `retry`, `orchestrator`, `component`, `pod`, `resources`) in a release line."""
    found = (_key(word, line) for word in _TYPES[part].split())
    return {key.name: key for key in found if key is not None}


def newer(part: str, name: str, line: str) -> str | None:
    """The line from which on a part has a key that it does not have yet; None where it never gets it."""
    for word in _TYPES[part].split():
        own, _, span = word.partition("!")[0].partition("@")
        since = span.partition("-")[0]
        if own == name and since and order(since) > order(line):
            return since
    return None


def _key(word: str, line: str) -> Key | None:
    word, _, dead = word.partition("!")
    name, _, span = word.partition("@")
    since, _, until = span.partition("-")
    if (since and order(line) < order(since)) or (until and order(line) >= order(until)):
        return None
    return Key(name, bool(dead) and order(line) >= order(dead))
