"""What each Pipelines release ships: the metadata store's arguments, Argo's line, default stores.

Sources: kubeflow/pipelines manifests/kustomize/base/metadata/base/metadata-grpc-deployment.yaml,
manifests/kustomize/third-party/argo, backend/src/v2/objectstore and backend/src/v2/config at each tag.
"""

from dataclasses import dataclass

MiB = 2**20
_DATED = "{{workflow.name}}/{{workflow.creationTimestamp.Y}}/{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}"

METADATA_ARGS = (
    "--grpc_port=8080",
    "--mysql_config_database=$(MYSQL_DATABASE)",
    "--mysql_config_host=$(MYSQL_HOST)",
    "--mysql_config_port=$(MYSQL_PORT)",
    "--mysql_config_user=$(DBCONFIG_USER)",
    "--mysql_config_password=$(DBCONFIG_PASSWORD)",
    "--enable_database_upgrade=true",
)

INJECTED_NO_PROXY = "localhost,127.0.0.1,.svc.cluster.local,kubernetes.default.svc,metadata-grpc-service,minio-service.kubeflow"
"""What steps get as NO_PROXY when the API server has a proxy and no NO_PROXY (backend/src/apiserver/config/proxy)."""


@dataclass(frozen=True, slots=True)
class Release:
    """One line of Pipelines.

    `channel` are the gRPC channel arguments that it ships, `workflow_ttl_s` the ttlStrategy in its workflowDefaults, which a patch of that key has to keep.
    """

    line: str
    workflows: str
    default_store: str
    key_format: str = f"artifacts/{_DATED}"
    channel: tuple[tuple[str, int], ...] = ()
    workflow_ttl_s: int | None = None


_METADATA_SIZE = (("grpc.max_metadata_size", 16384),)
_MESSAGES = (
    *_METADATA_SIZE,
    ("grpc.max_receive_message_length", 100 * MiB),
    ("grpc.max_send_message_length", 100 * MiB),
)
_MINIO, _SEAWEED = "minio-service.kubeflow:9000", "seaweedfs.kubeflow:9000"
_PRIVATE = f"private-artifacts/{{{{workflow.namespace}}}}/{_DATED}"

RELEASES = {
    release.line: release
    for release in (
        Release("1.8", "3.3", _MINIO),
        Release("2.0", "3.3", _MINIO),
        Release("2.1", "3.3", _MINIO),
        Release("2.2", "3.4", _MINIO),
        Release("2.3", "3.4", _MINIO),
        Release("2.4", "3.4", _MINIO),
        Release("2.5", "3.5", _MINIO),
        Release("2.14", "3.6", _MINIO, channel=_METADATA_SIZE),
        Release("2.15", "3.7", _MINIO, _PRIVATE, _METADATA_SIZE),
        Release("2.16", "3.7", _SEAWEED, _PRIVATE, _MESSAGES),
        Release("2.17", "4.0", _SEAWEED, _PRIVATE, _MESSAGES, 3600),
        Release("3.0", "4.1", _SEAWEED, _PRIVATE, workflow_ttl_s=3600),
    )
}
