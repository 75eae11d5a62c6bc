"""Named features of upstream versions. The catalog says who has them; nobody else compares versions."""

from enum import StrEnum


class Feature(StrEnum):
    """Something an upstream version can do, or does to you."""

    # Kubeflow Pipelines
    METADATA_STORE = "metadata-store"  # metadata-grpc and metadata-envoy exist
    METADATA_ENVOY_CONFIGMAP = "metadata-envoy-configmap"  # envoy.yaml is mounted, not baked into the image
    METADATA_MESSAGE_SIZE = "metadata-message-size"  # clients read METADATA_GRPC_MESSAGE_SIZE
    METADATA_CLIENT_RETRIES_UNAVAILABLE = "metadata-client-retries-unavailable"
    LAUNCHER_PROVIDERS = "launcher-providers"  # kfp-launcher `providers`
    LAUNCHER_FORCE_PATH_STYLE = "launcher-force-path-style"
    LAUNCHER_MAX_RETRIES = "launcher-max-retries"
    LAUNCHER_PLUGINS = "launcher-plugins"
    LAUNCHER_ENVIRONMENT_KEEPS_ENDPOINT = "launcher-environment-keeps-endpoint"  # fromEnv honours endpoint
    LAUNCHER_OVERRIDE_RETRIES_COPIED = (
        "launcher-override-retries-copied"  # an override's maxRetries is the default's
    )
    LAUNCHER_PREFIX_IS_TEXT = "launcher-prefix-is-text"  # an override's keyPrefix may end inside a word
    LAUNCHER_EMPTY_ENDPOINT_BROKEN = "launcher-empty-endpoint-broken"  # "" becomes "https://"
    STORE_BY_SERVICE_LINKS = "store-by-service-links"  # MINIO_SERVICE_SERVICE_* steer launcher and API server
    API_SERVER_NEEDS_STORE = "api-server-needs-store"  # no start without OBJECTSTORECONFIG_HOST
    API_SERVER_NEEDS_KEYS = "api-server-needs-keys"  # ... nor without both keys
    COMPILER_RETRIES = "compiler-retries"  # set_retry reaches Argo
    RETRY_FACTOR_AS_TEXT = "retry-factor-as-text"  # a factor such as 1.5 fails the node
    PROFILE_ROOT_HARD_CODED = "profile-root-hard-coded"  # profiles ignore bucketName and defaultPipelineRoot
    POSITIONAL_REPLACEMENTS = "positional-replacements"  # kustomize edits artifactRepository by position
    DEFAULT_RETRY_ON_ERROR = "default-retry-on-error"  # workflowDefaults retry OnError only
    PROXY_LIST_LACKS_STORE = "proxy-list-lacks-store"  # the injected NO_PROXY misses seaweedfs
    SHIPS_REMOVED_EXECUTOR = "ships-removed-executor"  # its controller config has containerRuntimeExecutor
    HARDENED_EXECUTOR = "hardened-executor"  # its controller config gives the executor a securityContext
    UI_KEY_FORMAT = "ui-key-format"  # the UI looks for archived logs by ARGO_KEYFORMAT
    UI_KEY_FORMAT_STALE = "ui-key-format-stale"  # ARGO_KEYFORMAT's default is not what the controller writes
    # Argo Workflows
    STRICT_CONTROLLER_CONFIG = "strict-controller-config"  # an unknown key stops the controller
    RETRY_CAP = "retry-cap"  # retryStrategy.backoff.cap
    LAST_RETRY_MESSAGE = "last-retry-message"  # retryStrategy.expression knows lastRetry.message
    S3_ADDRESSING_STYLE = "s3-addressing-style"
    FAILED_POD_RESTART = "failed-pod-restart"
    EXPRESSION_MEANS_ALWAYS = "expression-means-always"  # retryPolicy's default with an expression
    TASK_RESULTS_REQUIRED = "task-results-required"  # executors report by WorkflowTaskResults only
    # Istio
    TARGET_REFS = "target-refs"  # EnvoyFilter.targetRefs
    RETRY_BACKOFF = "retry-backoff"  # VirtualService retries.backoff
    RETRY_BUDGET = "retry-budget"  # DestinationRule retryBudget
    RETRY_BUDGET_INTERVAL = "retry-budget-interval"
    NATIVE_SIDECARS = "native-sidecars"
    HTTP2_KEEPALIVE = "http2-keepalive"  # DestinationRule http2KeepAlive
    CONNECTION_SETTINGS = "connection-settings"  # ProxyConfig connectionSettings
    MERGE_AND_REPLACE_LIST = "merge-and-replace-list"  # EnvoyFilter operation
    STREAMS_LIMITED = "streams-limited"  # 1024 streams a connection where nobody says otherwise
    # Kubernetes
    SIDECAR_CONTAINERS = "sidecar-containers"  # stable: Istio's native sidecars wait for it
    NODE_MONITOR_GRACE_50S = "node-monitor-grace-50s"  # the controller manager's default; 40s before
    PODS_RESIZED_IN_PLACE = "pods-resized-in-place"
    MUTATING_POLICIES = "mutating-policies"  # MutatingAdmissionPolicy v1beta1, behind a feature gate
    MUTATING_POLICIES_STABLE = "mutating-policies-stable"  # ... v1, on by default
    SUSPENDED_JOB_RESOURCES = "suspended-job-resources"  # a suspended Job's requests and limits may change
    # Kueue
    KUEUE_V1BETA2 = "kueue-v1beta2"
    KUEUE_V1BETA1 = "kueue-v1beta1"  # still served
    KUEUE_FAILURE_RECOVERY = "kueue-failure-recovery"  # the FailureRecoveryPolicy gate exists
    KUEUE_FORCEFULLY_DELETE = "kueue-forcefully-delete"  # the annotation's name; `...-terminate` before
    KUEUE_WAITS_FOR_PODS = "kueue-waits-for-pods"  # waitForPodsReady is on by default
    KUEUE_LEAVES_KUBEFLOW_V1 = (
        "kueue-leaves-kubeflow-v1"  # pytorchjob and its like are not in the default frameworks
    )
    # Trainer, JobSet, Training Operator
    RUNTIME_PATCHES = "runtime-patches"  # TrainJob.spec.runtimePatches; podTemplateOverrides before
    TRAINER_CERT_FIELDS_RENAMED = "trainer-cert-fields-renamed"  # certManagement.webhook*Name are gone
    TRAINER_CONFIG = "trainer-config"  # the manager reads a Configuration file; flags before
    TRAINER_STATUS_SERVER = "trainer-status-server"  # ... which has statusServer and featureGates
    TRAINJOB_DEADLINE = "trainjob-deadline"  # TrainJob.spec.activeDeadlineSeconds
    RUNTIME_FAILURE_MESSAGES = "runtime-failure-messages"  # as the next one, inside a training runtime
    JOBSET_FAILURE_MESSAGES = "jobset-failure-messages"  # failurePolicy.rules[].onJobFailureMessagePatterns
    JOBSET_RESTART_JOB = "jobset-restart-job"  # failurePolicy actions RestartJob..., alpha
    JOBSET_IN_PLACE_RESTART = "jobset-in-place-restart"
    # ZenML
    ZENML_STEP_JOBS = "zenml-step-jobs"  # each step is a Job; the pod_failure_* keys do nothing
    ZENML_MAX_PARALLELISM = "zenml-max-parallelism"
    ZENML_POD_FAILURE_POLICY = "zenml-pod-failure-policy"
