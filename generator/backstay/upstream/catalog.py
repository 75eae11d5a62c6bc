"""The supported upstream systems, their lines and features. A new version is a word here and a row in its facts.

Sources: kubeflow/pipelines tags 1.8.22 to 2.17.0 and pull request 13986 (3.0); argoproj/argo-workflows tags
v3.3.10 to v4.1.2; istio/istio release notes 1.22 to 1.31 (1.28 is the first with Envoy 1.36); kubernetes/kubernetes changelogs;
kubeflow/trainer CRDs and pkg/apis/config of v2.0.0 to v2.3.0; kubernetes-sigs/jobset CRDs of v0.10.1 to v0.12.0.
"""

from backstay.core.feature import Feature as F  # noqa: N817 - a table of two columns
from backstay.upstream.versions import Span, System

PIPELINES = System(
    "pipelines",
    "Kubeflow Pipelines",
    ("1.8", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.14", "2.15", "2.16", "2.17", "3.0"),
    (
        Span(F.METADATA_STORE, until="3.0"),
        Span(F.METADATA_ENVOY_CONFIGMAP, "2.15", "3.0"),
        Span(F.METADATA_MESSAGE_SIZE, "2.16", "3.0"),
        Span(F.METADATA_CLIENT_RETRIES_UNAVAILABLE, "2.17", "3.0"),
        Span(F.LAUNCHER_PROVIDERS, "2.2"),
        Span(F.LAUNCHER_FORCE_PATH_STYLE, "2.4"),
        Span(F.LAUNCHER_MAX_RETRIES, "2.15"),
        Span(F.LAUNCHER_PLUGINS, "2.17"),
        Span(F.LAUNCHER_ENVIRONMENT_KEEPS_ENDPOINT, "2.17"),
        Span(F.LAUNCHER_OVERRIDE_RETRIES_COPIED, "2.15", "3.0"),
        Span(F.LAUNCHER_PREFIX_IS_TEXT, "2.2", "3.0"),
        Span(F.LAUNCHER_EMPTY_ENDPOINT_BROKEN, "2.15", "2.17"),
        Span(F.STORE_BY_SERVICE_LINKS, until="2.15"),
        Span(F.API_SERVER_NEEDS_STORE, "2.15"),
        Span(F.API_SERVER_NEEDS_KEYS, "2.15", "2.16"),
        Span(F.COMPILER_RETRIES, "2.5"),
        Span(F.RETRY_FACTOR_AS_TEXT, "2.14"),
        Span(F.PROFILE_ROOT_HARD_CODED, "2.15"),
        Span(F.POSITIONAL_REPLACEMENTS, "2.17"),
        Span(F.DEFAULT_RETRY_ON_ERROR, "2.17"),
        Span(F.PROXY_LIST_LACKS_STORE, "2.16"),
        Span(F.HARDENED_EXECUTOR, "2.16"),
        Span(F.UI_KEY_FORMAT, "2.3"),
        Span(F.UI_KEY_FORMAT_STALE, "2.15"),
        Span(F.SHIPS_REMOVED_EXECUTOR, until="2.2"),
    ),
)

WORKFLOWS = System(
    "workflows",
    "Argo Workflows",
    ("3.3", "3.4", "3.5", "3.6", "3.7", "4.0", "4.1"),
    (
        Span(F.STRICT_CONTROLLER_CONFIG, "3.4"),
        Span(F.EXPRESSION_MEANS_ALWAYS, "3.5"),
        Span(F.LAST_RETRY_MESSAGE, "3.5"),
        Span(F.TASK_RESULTS_REQUIRED, "3.6"),
        Span(F.RETRY_CAP, "3.7"),
        Span(F.FAILED_POD_RESTART, "4.0"),
        Span(F.S3_ADDRESSING_STYLE, "4.1"),
    ),
)

ISTIO = System(
    "istio",
    "Istio",
    tuple(f"1.{minor}" for minor in range(22, 32)),
    (
        Span(F.TARGET_REFS, "1.22"),
        Span(F.RETRY_BACKOFF, "1.26"),
        Span(F.RETRY_BUDGET, "1.27"),
        Span(F.NATIVE_SIDECARS, "1.27"),
        Span(F.STREAMS_LIMITED, "1.28"),
        Span(F.HTTP2_KEEPALIVE, "1.31"),
        Span(F.CONNECTION_SETTINGS, "1.31"),
        Span(F.MERGE_AND_REPLACE_LIST, "1.31"),
        Span(F.RETRY_BUDGET_INTERVAL, "1.31"),
    ),
)

KUBERNETES = System(
    "kubernetes",
    "Kubernetes",
    tuple(f"1.{minor}" for minor in range(30, 38)),
    (
        Span(F.SIDECAR_CONTAINERS, "1.33"),
        Span(F.NODE_MONITOR_GRACE_50S, "1.32"),
        Span(F.PODS_RESIZED_IN_PLACE, "1.35"),
        Span(F.SUSPENDED_JOB_RESOURCES, "1.36"),
        Span(F.MUTATING_POLICIES, "1.34"),
        Span(F.MUTATING_POLICIES_STABLE, "1.36"),
    ),
)

KUEUE = System(
    "kueue",
    "Kueue",
    tuple(f"0.{minor}" for minor in range(14, 21)),
    (
        Span(F.KUEUE_V1BETA1, until="0.20"),
        Span(F.KUEUE_V1BETA2, "0.15"),
        Span(F.KUEUE_FAILURE_RECOVERY, "0.15"),
        Span(F.KUEUE_FORCEFULLY_DELETE, "0.17", patched={"0.15": 6, "0.16": 3}),
        Span(F.KUEUE_WAITS_FOR_PODS, "0.19"),
        Span(F.KUEUE_LEAVES_KUBEFLOW_V1, "0.19"),
    ),
)

TRAINER = System(
    "trainer",
    "Kubeflow Trainer",
    ("2.0", "2.1", "2.2", "2.3", "2.4"),
    (
        Span(F.TRAINER_CONFIG, "2.1"),
        Span(F.TRAINER_STATUS_SERVER, "2.2"),
        Span(F.TRAINJOB_DEADLINE, "2.2"),
        Span(F.RUNTIME_PATCHES, "2.2"),
        Span(F.RUNTIME_FAILURE_MESSAGES, "2.1"),
        Span(F.TRAINER_CERT_FIELDS_RENAMED, "2.4"),
    ),
)

TRAINING_OPERATOR = System("training_operator", "Training Operator", ("1.7", "1.8", "1.9"))

JOBSET = System(
    "jobset",
    "JobSet",
    tuple(f"0.{minor}" for minor in range(8, 13)),
    (
        Span(F.JOBSET_FAILURE_MESSAGES, "0.10"),
        Span(F.JOBSET_RESTART_JOB, "0.11"),
        Span(F.JOBSET_IN_PLACE_RESTART, "0.11"),
    ),
)

ZENML = System(
    "zenml",
    "ZenML",
    tuple(f"0.{minor}" for minor in (*range(80, 86), *range(90, 100))),
    (
        Span(F.ZENML_MAX_PARALLELISM, "0.82"),
        Span(F.ZENML_STEP_JOBS, "0.84"),
        Span(F.ZENML_POD_FAILURE_POLICY, "0.84"),
    ),
)

SYSTEMS = {
    system.name: system
    for system in (
        PIPELINES, WORKFLOWS, ISTIO, KUBERNETES, KUEUE, TRAINER, TRAINING_OPERATOR, JOBSET, ZENML,
    )
}  # fmt: skip


def features(**versions: str) -> frozenset[F]:
    """The features of some installed versions together: `features(pipelines="2.15", kueue="0.16.2")`.

    Versions that are not supported bring none.
    """
    found: frozenset[F] = frozenset()
    for name, version in versions.items():
        system = SYSTEMS[name]
        found |= system.features(version) if system.line(version) else frozenset()
    return found
