"""The whole spec of one cluster."""

from typing import Annotated, Literal

from pydantic import Field

from backstay.spec.admission import Admission
from backstay.spec.base import Section
from backstay.spec.gitops import Gitops
from backstay.spec.memory import Memory
from backstay.spec.network import Network
from backstay.spec.observability import Observability
from backstay.spec.platform import Platform
from backstay.spec.retries import Retries
from backstay.spec.storage import Storage
from backstay.spec.termination import Termination
from backstay.spec.types import ClusterName, Many, Name
from backstay.spec.workloads import Workload


class Metadata(Section):
    """Who this is."""

    name: ClusterName
    """The cluster's name: the folder of its overlay."""
    owner: Annotated[str, Field(min_length=1)] | None = None
    """The team that answers for it."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Labels to select clusters by."""


class Cluster(Section):
    """One cluster's intent."""

    api_version: Literal["backstay.dev/v1alpha1"]
    """The spec's own version."""
    kind: Literal["Cluster"]
    """`Cluster`, or `Profile` for a partial spec that clusters build on."""
    metadata: Metadata
    """Who this is."""
    extends: Many[Name] = ()
    """Profiles, left to right; the last writer of a leaf wins."""
    platform: Platform
    """What is installed."""
    network: Network = Network()
    """The paths that calls take."""
    storage: Storage | None = None
    """Where artifacts are kept."""
    retries: Retries = Retries()
    """How often things may be tried."""
    termination: Termination = Termination()
    """How things end."""
    memory: Memory = Memory()
    """How much memory there is and who may use it."""
    workloads: dict[Name, Workload] = Field(default_factory=dict)
    """The jobs that matter, by name."""
    observability: Observability | None = None
    """What tells people that a promise is broken; nothing when it is left out."""
    admission: Admission | None = None
    """What the API server refuses; nothing when it is left out."""
    gitops: Gitops | None = None
    """How the overlay reaches the cluster."""
