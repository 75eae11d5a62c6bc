"""What workflow-controller-configmap may hold, per Argo Workflows line: the controller reads it strictly.

Written per type as `name`, `name@since`, `name@since-until` (before `until`), with `:Type` where fields below are
judged too, `:[]Type` for a list of it, `:{}Type` for a mapping of it under names of people's own. `...@4.0`: from
4.0 on the type may have more fields. Types that are not listed are Kubernetes' own or are not judged.

Sources: argoproj/argo-workflows config/{config,sso,rbac,image,node_events,workflow_events,retention_policy}.go and
pkg/apis/workflow/v1alpha1/{workflow_types,artifact_repository_types,info}.go at v3.4.17, v3.5.14, v3.6.10, v3.7.3,
v4.0.5 and v4.1.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from backstay.upstream.versions import order

ROOT = "Config"

_TYPES = {
    "Config": (
        "nodeEvents:NodeEvents workflowEvents@3.6:WorkflowEvents executor mainContainer kubeConfig:KubeConfig "
        "artifactRepository:ArtifactRepository namespace instanceID metricsConfig:MetricsConfig "
        "telemetryConfig:MetricsConfig parallelism namespaceParallelism resourceRateLimit:ResourceRateLimit "
        "persistence:PersistConfig links:[]Link columns:[]Column workflowDefaults:Workflow "
        "podSpecLogStrategy:PodSpecLogStrategy podGCGracePeriodSeconds podGCDeleteDelayDuration "
        "workflowRestrictions:WorkflowRestrictions initialDelay images:{}Image retentionPolicy:RetentionPolicy "
        "navColor sso:SSOConfig synchronization@3.7:SyncConfig artifactDrivers@4.0 "
        "failedPodRestart@4.0:FailedPodRestart disableAgentPodCreation@4.1 initlessPod@4.1:InitlessPod "
        "containerRuntimeExecutor@3.3-3.4 containerRuntimeExecutors@3.3-3.4 dockerSockPath@3.3-3.4 "
        "kubeletPort@3.3-3.4 kubeletInsecure@3.3-3.4"
    ),
    "NodeEvents": "enabled sendAsPod",
    "WorkflowEvents": "enabled",
    "FailedPodRestart": "enabled maxRestarts",
    "InitlessPod": "enabled",
    "KubeConfig": "secretName secretKey volumeName mountPath",
    "MetricsConfig": (
        "enabled disableLegacy metricsTTL path port ignoreErrors secure modifiers@3.6:{}MetricModifier temporality@3.6"
    ),
    "MetricModifier": "disabled disabledAttributes histogramBuckets",
    "ResourceRateLimit": "limit burst",
    "PersistConfig": (
        "postgresql:PostgreSQLConfig mysql:MySQLConfig connectionPool:ConnectionPool nodeStatusOffLoad archive "
        "archiveLabelSelector archiveTTL clusterName skipMigration reconnectionConfig@4.0 connectionTimeoutSeconds@4.0"
    ),
    "SyncConfig": (
        "postgresql:PostgreSQLConfig mysql:MySQLConfig connectionPool:ConnectionPool controllerName skipMigration "
        "limitTableName stateTableName controllerTableName lockTableName pollSeconds heartbeatSeconds "
        "inactiveControllerSeconds semaphoreLimitCacheSeconds ...@4.0"
    ),
    "ConnectionPool": "maxIdleConns maxOpenConns connMaxLifetime",
    "PostgreSQLConfig": "host port database tableName userNameSecret passwordSecret ssl sslMode ...@4.0",
    "MySQLConfig": "host port database tableName userNameSecret passwordSecret options ...@4.0",
    "Link": "name scope url",
    "Column": "name type key",
    "PodSpecLogStrategy": "failedPod allPods",
    "WorkflowRestrictions": "templateReferencing",
    "Image": "entrypoint cmd",
    "RetentionPolicy": "completed failed errored",
    "SSOConfig": (
        "issuer issuerAlias clientId clientSecret redirectUrl rbac:RBACConfig scopes sessionExpiry "
        "customGroupClaimName userInfoPath insecureSkipVerify filterGroupsRegex ...@4.0"
    ),
    "RBACConfig": "enabled",
    "ArtifactRepository": (
        "archiveLogs s3:S3ArtifactRepository gcs:GCSArtifactRepository oss:OSSArtifactRepository "
        "azure:AzureArtifactRepository artifactory:ArtifactoryArtifactRepository hdfs:HDFSArtifactRepository plugin@4.0"
    ),
    "S3ArtifactRepository": (
        "endpoint bucket region insecure accessKeySecret secretKeySecret sessionTokenSecret@3.6 roleARN useSDKCreds "
        "createBucketIfNotPresent:CreateS3BucketOptions encryptionOptions:S3EncryptionOptions caSecret@3.5 "
        "keyFormat keyPrefix addressingStyle@4.1"
    ),
    "CreateS3BucketOptions": "objectLocking",
    "S3EncryptionOptions": "enableEncryption kmsEncryptionContext kmsKeyId serverSideCustomerKeySecret",
    "GCSArtifactRepository": "bucket keyFormat serviceAccountKeySecret",
    "OSSArtifactRepository": (
        "endpoint bucket accessKeySecret secretKeySecret securityToken createBucketIfNotPresent "
        "lifecycleRule:OSSLifecycleRule keyFormat useSDKCreds@3.5"
    ),
    "OSSLifecycleRule": "markDeletionAfterDays markInfrequentAccessAfterDays",
    "AzureArtifactRepository": "endpoint container accountKeySecret useSDKCreds blobNameFormat",
    "ArtifactoryArtifactRepository": "usernameSecret passwordSecret repoURL keyFormat@3.5",
    "HDFSArtifactRepository": (
        "addresses hdfsUser force krbCCacheSecret krbKeytabSecret krbUsername krbRealm krbConfigConfigMap "
        "krbServicePrincipalName dataTransferProtection@3.6 pathFormat"
    ),
    "Workflow": "apiVersion kind metadata spec:WorkflowSpec status",
    "WorkflowSpec": (
        "activeDeadlineSeconds affinity archiveLogs arguments artifactGC:ArtifactGC artifactRepositoryRef "
        "automountServiceAccountToken dnsConfig dnsPolicy entrypoint executor:ExecutorConfig hooks hostAliases "
        "hostNetwork imagePullSecrets metrics nodeSelector onExit parallelism podDisruptionBudget podGC:PodGC "
        "podMetadata:Metadata podPriority@3.4-3.7 podPriorityClassName podSpecPatch priority "
        "retryStrategy:RetryStrategy schedulerName securityContext serviceAccountName shutdown suspend "
        "synchronization:Synchronization templateDefaults:Template templates:[]Template tolerations "
        "ttlStrategy:TTLStrategy volumeClaimGC:VolumeClaimGC volumeClaimTemplates volumes workflowMetadata "
        "workflowTemplateRef ...@4.1"
    ),
    "Template": (
        "activeDeadlineSeconds affinity annotations@3.7 archiveLocation automountServiceAccountToken container "
        "containerSet daemon dag data executor:ExecutorConfig failFast hostAliases http initContainers inputs memoize "
        "metadata:Metadata metrics name nodeSelector outputs parallelism plugin podSpecPatch priority@3.4-3.7 "
        "priorityClassName resource retryStrategy:RetryStrategy schedulerName script securityContext "
        "serviceAccountName sidecars steps suspend synchronization:Synchronization timeout tolerations volumes ...@4.1"
    ),
    "RetryStrategy": "limit retryPolicy backoff:Backoff affinity:RetryAffinity expression",
    "Backoff": "duration factor maxDuration cap@3.7",
    "RetryAffinity": "nodeAntiAffinity",
    "TTLStrategy": "secondsAfterCompletion secondsAfterSuccess secondsAfterFailure",
    "PodGC": "strategy labelSelector deleteDelayDuration@3.5",
    "Synchronization": "mutex@3.4-4.0 semaphore@3.4-4.0 mutexes@3.6 semaphores@3.6 ...@4.1",
    "ArtifactGC": "strategy serviceAccountName podMetadata:Metadata forceFinalizerRemoval@3.5 podSpecPatch@3.5",
    "Metadata": "annotations labels",
    "ExecutorConfig": "serviceAccountName",
    "VolumeClaimGC": "strategy",
}


class Many(StrEnum):
    """Whether a field holds one value of its type, a list of them, or a mapping of them."""

    ONE = ""
    LIST = "[]"
    MAPPING = "{}"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a type: `since` its first line (None: from the start), `until` the first without it, `type` below."""

    name: str
    since: str | None
    until: str | None
    many: Many
    type: str

    def known(self, line: str) -> bool:
        """Whether that line of Argo Workflows has the field."""
        late = self.since is None or order(line) >= order(self.since)
        return late and (self.until is None or order(line) < order(self.until))


@dataclass(frozen=True, slots=True)
class Shape:
    """A type: its fields by lower-case name (the controller's JSON reader ignores case), and since when it is open."""

    fields: Mapping[str, Field]
    open_since: str | None

    def is_open(self, line: str) -> bool:
        """Whether the type may have fields in that line which are not listed."""
        return self.open_since is not None and order(line) >= order(self.open_since)


@cache
def shape(name: str) -> Shape:
    """A type by its name; one without fields and open to all where what is below is not judged."""
    fields = [_field(word) for word in _TYPES.get(name, "...@0.0").split()]
    opened = next((field.since for field in fields if field.name == "..."), None)
    return Shape({field.name.lower(): field for field in fields if field.name != "..."}, opened)


def _field(word: str) -> Field:
    spelled, _, kind = word.partition(":")
    name, _, span = spelled.partition("@")
    since, _, until = span.partition("-")
    many = next(many for many in (Many.LIST, Many.MAPPING, Many.ONE) if kind.startswith(many.value))
    return Field(name, since or None, until or None, many, kind.removeprefix(many.value))
