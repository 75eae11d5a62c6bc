"""The operators whose kinds example clusters emit, and the releases that a test server judges them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from e2e.support.crds import GetCrds
    from e2e.support.kubeapi import Apiserver

OPERATORS = (
    ("prometheus-operator", "0.85", "PrometheusRule"),
    ("external-secrets", "1.3", "ExternalSecret"),
    ("knative-serving", "0.51", "Service"),
    ("kueue", "0.19", "ClusterQueue"),
    ("kueue", "0.19", "LocalQueue"),
    ("kueue", "0.19", "ResourceFlavor"),
    ("kueue", "0.19", "WorkloadPriorityClass"),
    ("jobset", "0.12", "JobSet"),
    ("training-operator", "1.9", "PyTorchJob"),
    ("trainer", "2.3", "TrainingRuntime"),
    ("trainer", "2.3", "TrainJob"),
)


def install_operators(apiserver: Apiserver, crds: GetCrds) -> None:
    """Have the server know every kind that a Go module publishes."""
    for project, line, kind in OPERATORS:
        apiserver.install_crds(crds(project, line, kind))
