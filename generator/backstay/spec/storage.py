"""`storage`: where artifacts are kept. One block for the seven places that have to agree."""

from typing import Annotated, Literal

from pydantic import Field

from backstay.spec.base import Section
from backstay.spec.types import BucketName, Many, Name, Prefix, SecretKey, SecretName, StoreUrl, wrong


class External(Section):
    """Where the External Secrets operator fetches the Secret from."""

    store: Name
    """The operator's SecretStore or ClusterSecretStore."""
    store_kind: Literal["ClusterSecretStore", "SecretStore"] = "ClusterSecretStore"
    """Which of the two it is."""
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/:-]+$")]
    """The entry in that store, by its path."""
    access_property: SecretKey = "accesskey"
    """The property of the entry that holds the access key."""
    secret_property: SecretKey = "secretkey"  # noqa: S105 - the name of a property
    """The property of the entry that holds the secret key."""


class Credentials(Section):
    """Where the store's credentials are found. Names only, never values."""

    secret: SecretName | None = None
    """The Secret, in the Pipelines namespace and in each run namespace."""
    access_key: SecretKey = "accesskey"
    """The key inside the Secret that holds the access key."""
    secret_key: SecretKey = "secretkey"  # noqa: S105 - the name of a key
    """The key inside the Secret that holds the secret key."""
    external: External | None = None
    """Have the Secret fetched into every namespace that needs it; else it has to be there already."""
    from_environment: bool = False
    """The pods' own identity (IRSA, workload identity) instead of a Secret."""

    def model_post_init(self, _context: object) -> None:
        """Exactly one of a Secret and the pods' identity."""
        if self.external is not None and self.secret is None:
            raise wrong("credentials", "nothing says how the fetched Secret is called", "add `secret: NAME`")
        if (self.secret is None) == (not self.from_environment):
            raise wrong("credentials", "credentials name neither a Secret nor the environment, or both",
                        "write `secret: NAME` or `fromEnvironment: true`")  # fmt: skip


class Artifacts(Section):
    """The object store."""

    url: StoreUrl
    """http(s)://host[:port]; the scheme decides TLS everywhere."""
    bucket: BucketName
    """The bucket."""
    prefix: Prefix = "v2/artifacts"
    """Where in the bucket pipelines write."""
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = "us-east-1"
    """The region to sign for."""
    provider: Literal["minio", "s3"] = "minio"
    """The scheme of pipeline roots: `minio://` (any S3-compatible store) or `s3://`."""
    credentials: Credentials
    """Where the credentials are found."""


class Pins(Section):
    """Values that people insist on, by the place they end up in. They are checked, never trusted."""

    pipeline_root: str | None = None
    """`defaultPipelineRoot` of kfp-launcher."""
    key_format: str | None = None
    """Argo's `keyFormat` for archived logs and artifacts."""
    launcher: dict[str, str] = Field(default_factory=dict)
    """Further data of the kfp-launcher ConfigMaps."""
    workflow_controller: dict[str, str] = Field(default_factory=dict)
    """Further data of workflow-controller-configmap."""
    api_server_env: dict[str, str] = Field(default_factory=dict)
    """Further environment of the ml-pipeline Deployment."""
    ui_env: dict[str, str] = Field(default_factory=dict)
    """Further environment of the ml-pipeline-ui Deployment."""
    profile_controller_env: dict[str, str] = Field(default_factory=dict)
    """Further environment of the profile controller."""


class Storage(Section):
    """Artifacts and who reads them."""

    artifacts: Artifacts
    """The object store."""
    run_namespaces: Many[Name] = ()
    """Where pipelines run; the Pipelines namespace itself when it is single-user."""
    overrides: Pins = Pins()
    """Pinned values."""
