"""Trainer's manager: its Configuration as the installed line reads it. It has no time-outs and no retries.

Source: kubeflow/trainer pkg/apis/config/v1alpha1 of v2.1 to v2.3 and manifests/base/manager/controller_manager_config.yaml;
pkg/config/config.go decodes strictly. v2.0 has flags only; v2.4 renames what certManagement holds, so it is left out
there and the manager's defaults count.
"""

from collections.abc import Iterator

from backstay.core.feature import Feature
from backstay.core.manifest import Manifest, Role
from backstay.emit.parts import Body, fixed
from backstay.model.cluster import Cluster

SOURCE = "kubeflow/trainer manifests/base/manager/controller_manager_config.yaml"
_GROUP = "trainer.kubeflow.org"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The file, where the installed line reads one."""
    if cluster.jobs.systems.trainer is not None and cluster.has(Feature.TRAINER_CONFIG):
        yield Manifest("bundle/trainer.yaml", Role.BUNDLE, _configuration(cluster), fixed(SOURCE))


def _configuration(cluster: Cluster) -> Body:
    kinds = {"TrainJob": 5, "TrainingRuntime": 1, "ClusterTrainingRuntime": 1}
    body: Body = {
        "apiVersion": f"config.{_GROUP}/v1alpha1",
        "kind": "Configuration",
        "health": {
            "healthProbeBindAddress": ":8081",
            "readinessEndpointName": "readyz",
            "livenessEndpointName": "healthz",
        },
        "metrics": {"bindAddress": ":8443", "secureServing": True},
        "webhook": {"port": 9443},
        "leaderElection": {"leaderElect": True, "resourceName": _GROUP},
        "controller": {"groupKindConcurrency": {f"{kind}.{_GROUP}": count for kind, count in kinds.items()}},
        "clientConnection": {"qps": 50, "burst": 100},
    }
    if not cluster.has(Feature.TRAINER_CERT_FIELDS_RENAMED):
        body["certManagement"] = {
            "enable": True,
            "webhookServiceName": "kubeflow-trainer-controller-manager",
            "webhookSecretName": "kubeflow-trainer-webhook-cert",
        }
    if cluster.has(Feature.TRAINER_STATUS_SERVER):
        body["statusServer"] = {"port": 10443, "qps": 5, "burst": 10}
    return body
