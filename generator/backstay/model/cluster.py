"""The model of one cluster: everything resolved, nothing rendered."""

from collections.abc import Mapping
from dataclasses import dataclass

from backstay.core.fact import Fact
from backstay.core.feature import Feature
from backstay.model.admission import Admission
from backstay.model.callers import Callers
from backstay.model.conflict import Conflict
from backstay.model.derivation import Derivation
from backstay.model.jobs import NO_SYSTEMS, Jobs
from backstay.model.network import Network
from backstay.model.observability import Observability
from backstay.model.parts import Drain, Gitops, Mesh, Pipelines, Retries, Storage, Workflows
from backstay.model.shutdown import Shutdown
from backstay.model.tuning import NO_TUNING, Tuning

NO_JOBS = Jobs(NO_SYSTEMS, (), (), None, None, ())
"""Nothing about jobs or memory."""
NO_CALLERS = Callers()
"""Nobody to be told anything."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster. `features` are those of all installed versions together; None means not installed.

    `observed` says that its network is as manifests have it, not solved from a spec.
    """

    name: str
    kubernetes: Fact[str]
    features: frozenset[Feature]
    mesh: Mesh | None
    pipelines: Pipelines | None
    workflows: Workflows | None
    network: Network
    storage: Storage | None
    retries: Retries
    drain: Drain | None
    gitops: Gitops | None
    derivations: Mapping[str, Derivation]
    observability: Observability | None = None
    shutdowns: tuple[Shutdown, ...] = ()
    callers: Callers = NO_CALLERS
    jobs: Jobs = NO_JOBS
    conflicts: tuple[Conflict, ...] = ()
    observed: bool = False
    admission: Admission | None = None
    tuning: Tuning = NO_TUNING

    def has(self, feature: Feature) -> bool:
        """Whether an installed version has the feature."""
        return feature in self.features

    @property
    def versions(self) -> dict[str, str]:
        """`major.minor` of each installed system, by name."""
        installed = {"pipelines": self.pipelines, "workflows": self.workflows, "istio": self.mesh}
        known = {name: part.version.value for name, part in installed.items() if part is not None}
        return {"kubernetes": self.kubernetes.value} | known | self.jobs.systems.versions
