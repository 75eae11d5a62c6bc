"""Claims put together as policies: what an API server has to ask for one rule and one severity.

Sources for the resources: the CRDs of kubernetes-sigs/jobset, kueue and karpenter, kubeflow/trainer, argoproj/argo-workflows
and istio/istio; kubernetes/kubernetes discovery for its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.claims.cel import Validation, validation
from backstay.claims.claim import Claim, Expressed, Installed, Path
from backstay.core.diagnostic import Severity

RESOURCES: Mapping[str, tuple[str, str]] = {
    "ClusterTrainingRuntime": ("trainer.kubeflow.org", "clustertrainingruntimes"),
    "ClusterWorkflowTemplate": ("argoproj.io", "clusterworkflowtemplates"),
    "ConfigMap": ("", "configmaps"),
    "CronJob": ("batch", "cronjobs"),
    "CronWorkflow": ("argoproj.io", "cronworkflows"),
    "DaemonSet": ("apps", "daemonsets"),
    "Deployment": ("apps", "deployments"),
    "EnvoyFilter": ("networking.istio.io", "envoyfilters"),
    "JAXJob": ("kubeflow.org", "jaxjobs"),
    "Job": ("batch", "jobs"),
    "JobSet": ("jobset.x-k8s.io", "jobsets"),
    "MPIJob": ("kubeflow.org", "mpijobs"),
    "Node": ("", "nodes"),
    "NodePool": ("karpenter.sh", "nodepools"),
    "PaddleJob": ("kubeflow.org", "paddlejobs"),
    "Pod": ("", "pods"),
    "PyTorchJob": ("kubeflow.org", "pytorchjobs"),
    "ReplicaSet": ("apps", "replicasets"),
    "ResourceFlavor": ("kueue.x-k8s.io", "resourceflavors"),
    "StatefulSet": ("apps", "statefulsets"),
    "TFJob": ("kubeflow.org", "tfjobs"),
    "TrainJob": ("trainer.kubeflow.org", "trainjobs"),
    "TrainingRuntime": ("trainer.kubeflow.org", "trainingruntimes"),
    "VirtualService": ("networking.istio.io", "virtualservices"),
    "Workflow": ("argoproj.io", "workflows"),
    "WorkflowTemplate": ("argoproj.io", "workflowtemplates"),
    "XGBoostJob": ("kubeflow.org", "xgboostjobs"),
}
"""The API group and resource of each kind that an API server serves; kinds of files alone are not here."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The checks of one rule that have one severity, and the kinds they are about."""

    rule: str
    severity: Severity
    kinds: tuple[str, ...]
    validations: tuple[Validation, ...]

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """The variables of all checks, each before those that use it."""
        return tuple(variable for one in self.validations for variable in one.variables)

    @property
    def by_group(self) -> dict[str, list[str]]:
        """The kinds by API group, in order."""
        return {
            group: [kind for kind in self.kinds if RESOURCES[kind][0] == group]
            for group in sorted({RESOURCES[kind][0] for kind in self.kinds})
        }


def policies(expressed: Expressed, installed: Installed) -> Iterator[Policy]:
    """A policy for each severity that the claims of a rule have, the rule's own first."""
    claims = expressed.claims(installed)
    severities = dict.fromkeys(
        (expressed.severity, *(claim.severity or expressed.severity for claim in claims))
    )
    for severity in severities:
        meant = [claim for claim in claims if (claim.severity or expressed.severity) is severity]
        kinds = tuple(sorted({kind for claim in meant for kind in claim.over} & RESOURCES.keys()))
        if kinds:
            yield Policy(expressed.rule, severity, kinds, tuple(_validations(expressed.rule, meant)))


def _validations(rule: str, claims: list[Claim]) -> Iterator[Validation]:
    for number, claim in enumerate(claims):
        for place, (path, kinds) in enumerate(_by_path(claim).items()):
            yield validation(claim, path, kinds, f"found_{number}_{place}", rule)


def _by_path(claim: Claim) -> dict[Path, list[str]]:
    found: dict[Path, list[str]] = {}
    for kind, paths in claim.over.items():
        for path in paths if kind in RESOURCES else ():
            found.setdefault(path, []).append(kind)
    return found
